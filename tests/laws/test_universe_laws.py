"""What must hold of universes, of memberships, and of layers that are made of them."""

import copy
import pickle
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation.data.membership import Membership, Stay
from rotation.digest import content_hash

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = texts.map(str.strip).filter(lambda text: text and text != "cash")
dates = st.dates(date(1900, 1, 1), date(2100, 12, 31))
some_days = st.integers(0, 40).map(lambda count: date(2020, 1, 1) + timedelta(count))


@st.composite
def times(draw, days, *, most=3):
    """Times of one ticker that share no day, ends open or not, in any order."""
    edges = sorted(draw(st.sets(days, min_size=1, max_size=2 * most)))
    ends = [*edges[1::2], None]
    spans = list(zip(edges[::2], ends, strict=False))
    if spans[-1][1] is not None and draw(st.booleans()):
        spans[-1] = (spans[-1][0], None)
    return draw(st.permutations(spans))


@st.composite
def members(draw, days=dates):
    """Members of one layer, some by their ticker alone."""
    found = []
    for ticker in draw(st.lists(names, min_size=1, max_size=5, unique=True)):
        if draw(st.booleans()):
            found.append(draw(st.sampled_from([ticker, rt.Member(ticker)])))
        elif draw(st.booleans()):
            found.append(rt.Member(ticker, end=draw(days)))
        else:
            found += [rt.Member(ticker, *time) for time in draw(times(days))]
    return draw(st.permutations(found))


universes = st.builds(
    rt.Universe,
    st.dictionaries(names, members(), min_size=1, max_size=4),
    st.none() | dates,
    texts,
    st.lists(texts, max_size=3),
)


@st.composite
def memberships(draw, tickers=markets.NAMES):
    """Stays of a few tickers in a few groups, some of them in several at once."""
    stays = []
    for ticker in draw(st.lists(st.sampled_from(tickers), min_size=1, unique=True)):
        for group in draw(st.lists(st.sampled_from("xyz"), min_size=1, unique=True)):
            stays += [Stay(ticker, group, *time) for time in draw(times(some_days))]
    return Membership(draw(st.permutations(stays)))


def inside(ticker, groups, day, stays):
    """Whether a ticker is in a group on a day: the slow and plain way."""
    for stay in stays:
        if stay.ticker == ticker and stay.group in groups and stay.start <= day:
            if stay.end is None:
                return True
            if day <= stay.end:
                return True
    return False


@given(universes)
def test_what_is_written_is_read_back(universe):
    again = rt.Universe.from_toml(universe.to_toml())
    assert again == universe
    assert list(again.layers) == list(universe.layers)
    assert hash(again) == hash(universe)
    assert content_hash(again) == content_hash(universe)
    assert again.note == universe.note
    assert again.to_toml() == universe.to_toml()


@given(universes)
def test_copies_are_equal(universe):
    for again in (pickle.loads(pickle.dumps(universe)), copy.deepcopy(universe)):
        assert again == universe
        assert list(again.layers) == list(universe.layers)


@given(universes, st.lists(dates, max_size=4))
def test_as_chosen_holds_the_same_from_its_day_and_nobody_before(universe, days):
    try:
        held = universe.as_chosen()
    except rt.ArgumentError:
        chosen = universe.chosen_on
        assert chosen is None or any(
            all(m.end is not None and m.end < chosen for m in universe.members(name))
            for name in universe.layers
        )
        return
    assert not held.hindsight
    chosen = universe.chosen_on
    day_before = chosen - timedelta(1) if chosen > date.min else chosen
    edges = [d for name in universe.layers for m in universe.members(name) for d in m_edges(m)]
    for day in {*days, chosen, day_before, *edges}:
        for name in universe.layers:
            want = {m.ticker for m in universe.members(name) if there(m, day)}
            got = {m.ticker for m in held.members(name) if there(m, day)}
            assert got == (want if day >= chosen else set())


def m_edges(member):
    return [day for day in (member.start, member.end) if day is not None]


def there(member, day):
    return (member.start or date.min) <= day <= (member.end or date.max)


@given(memberships(), some_days, st.sets(st.sampled_from("xyz"), min_size=1))
def test_who_is_in_on_a_day_is_what_the_stays_say(was, day, groups):
    assume(groups <= set(was.groups))
    want = [name for name in sorted(markets.NAMES) if inside(name, groups, day, was.stays)]
    assert list(was.on(day, *groups)) == want
    assert list(was.on(day)) == [
        name for name in sorted(markets.NAMES) if inside(name, "xyz", day, was.stays)
    ]


@given(memberships(), st.sets(st.sampled_from("xyz"), min_size=1))
def test_members_share_no_day_and_touch_nowhere(was, groups):
    assume(groups <= set(was.groups))
    found = was.universe({"all": sorted(groups)}).members("all")
    assert found == was.members(*groups)
    for day in (date(2020, 1, 1) + timedelta(count) for count in range(42)):
        tickers = [m.ticker for m in found if there(m, day)]
        assert len(set(tickers)) == len(tickers)
        assert tuple(tickers) == was.on(day, *groups)
    for one, other in pairwise(found):
        if one.ticker == other.ticker:
            assert one.end + timedelta(1) < other.start


@given(memberships(), memberships())
def test_within_is_to_be_in_both(inner, outer):
    days = [date(2020, 1, 1) + timedelta(count) for count in range(42)]
    want = {
        (day, group): [name for name in inner.on(day, group) if name in outer.on(day)]
        for day in days
        for group in inner.groups
    }
    if not any(want.values()):
        try:
            inner.within(outer)
        except rt.DataError:
            return
        raise AssertionError("nobody is in both")
    both = inner.within(outer)
    for (day, group), tickers in want.items():
        got = both.on(day, group) if group in both.groups else ()
        assert list(got) == tickers
    without = {
        day: set(outer.on(day)) - set(both.on(day))
        for day in days
        if min(s.start for s in inner.stays) <= day <= max(s.end or date.max for s in inner.stays)
    }
    told = [text for text in both.remarks if "without" in text]
    assert bool(told) == any(without.values())
    for text in told:
        most = max(map(len, without.values()))
        worst = min(day for day, names in without.items() if len(names) == most)
        assert text.endswith(f"; at worst {most} of {len(outer.on(worst))} on {worst}.")
        assert "..." in text or all(name in text for name in set().union(*without.values()))


@given(st.data())
def test_layers_hold_nobody_on_a_day_that_the_table_does_not_give(data):
    closes = data.draw(markets.closes(assets=(2, 6), whole=False))
    sessions = [session.date() for session in closes.index]
    near = st.sampled_from(sessions) | st.sampled_from(sessions).map(lambda d: d + timedelta(1))
    stays = [
        Stay(ticker, group, *time)
        for ticker in closes.columns
        for group in data.draw(st.sets(st.sampled_from("xy"), min_size=1))
        for time in data.draw(times(near, most=2))
    ]
    was = Membership(stays)
    universe = was.universe({f"of {group}": [group] for group in was.groups})
    try:
        layers = rt.build_layers(closes, universe, costs=rt.Costs.bps(10))
    except rt.DataError as error:
        assume("no member" not in str(error))
        raise
    for group in was.groups:
        weights = layers.weights(f"of {group}")
        for ticker in weights:
            held = [day.date() for day in weights.index[weights[ticker] > 0]]
            assert all(inside(ticker, [group], day, stays) for day in held)
