"""Every way to pay and to hold against the slow ledger, alone and several together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets import FEATURES, closes, features, targets, terms
from oracles.agreement import assert_agree

TOGETHER = [name for name in FEATURES if name != "lots"]
WITH_LOTS = ("rates", "slippage", "actions", "haircut")


def assert_agree_on(data, market, wanted, *, gross=None):
    """Draw targets and terms with the wanted features, and compare."""
    weights = data.draw(targets(market, gross=gross))
    quoted, on = data.draw(features(market, data.draw(terms(market)), frozenset(wanted)))
    assert_agree(quoted, weights, on)


@pytest.mark.parametrize("feature", FEATURES)
@given(data=st.data(), market=closes())
def test_long_only(feature, data, market):
    assert_agree_on(data, market, {feature})


@pytest.mark.parametrize("feature", TOGETHER)
@given(data=st.data(), market=closes(), gross=st.floats(0.5, 2.0))
def test_with_shorts_and_leverage(feature, data, market, gross):
    assert_agree_on(data, market, {feature}, gross=gross)


@given(
    data=st.data(),
    market=closes(),
    gross=st.none() | st.floats(0.5, 2.0),
    wanted=st.sets(st.sampled_from(TOGETHER), min_size=2),
)
def test_several_together(data, market, gross, wanted):
    assert_agree_on(data, market, wanted, gross=gross)


@given(data=st.data(), market=closes(sessions=(20, 60), swings=(0.1,)), gross=st.floats(2.5, 3.5))
def test_all_close_to_ruin_and_beyond(data, market, gross):
    assert_agree_on(data, market, TOGETHER, gross=gross)


@given(
    data=st.data(),
    market=closes(assets=(2, 6), always={"gone"}),
    wanted=st.sets(st.sampled_from(TOGETHER)),
)
def test_when_assets_leave(data, market, wanted):
    assert_agree_on(data, market, wanted, gross=data.draw(st.none() | st.floats(0.5, 2.0)))


@given(data=st.data(), market=closes(), wanted=st.sets(st.sampled_from(WITH_LOTS)))
def test_lots_with_others(data, market, wanted):
    assert_agree_on(data, market, {"lots", *wanted})
