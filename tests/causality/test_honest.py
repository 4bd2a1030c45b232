"""What is honest is left alone, whatever the market."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import markets
import rotation as rt
from rotation import rules, signals
from rotation.vote import Vote

# Signals and rules of a user's own, by algorithms that round in many ways.


def expanding_mean(close):
    return close / pd.DataFrame(close).expanding().mean().to_numpy()


def expanding_mean_by_a_matrix(close):
    filled = np.nan_to_num(close)
    count = np.arange(1, len(close) + 1)[:, None]
    return filled - np.tril(np.ones((len(close), len(close)))) @ filled / count


def side_of_the_mean(close):
    """Discrete, and on a price that stays decided by rounding."""
    return np.sign(close - pd.DataFrame(close).rolling(5).mean().to_numpy())


def mean_of_windows(close):
    out = np.full(close.shape, np.nan)
    if len(close) >= 9:
        windows = np.lib.stride_tricks.sliding_window_view(np.log(close), 9, axis=0)
        out[8:] = np.log(close[8:]) - windows.mean(axis=-1)
    return out


def running_sums(close):
    sums = np.vstack([np.zeros((1, close.shape[1])), np.nancumsum(close, axis=0)])
    out = np.full(close.shape, np.nan)
    out[6:] = close[6:] * 7 - (sums[7:] - sums[:-7])
    return out


def smoothed_by_recursion(close):
    out = close.copy()
    for row in range(1, len(close)):
        before = np.where(np.isnan(out[row - 1]), close[row], out[row - 1])
        out[row] = 0.1 * close[row] + 0.9 * before
    return out


def smoothed_by_pandas(close):
    return close / pd.DataFrame(close).ewm(span=9).mean().to_numpy()


def zscore(close):
    window = pd.DataFrame(close).rolling(7)
    spread = window.std().to_numpy()
    score = np.full(close.shape, np.nan)
    np.divide(close - window.mean().to_numpy(), spread, out=score, where=spread > 1e-12)
    return score


def below_the_peak(close):
    return close / np.fmax.accumulate(close, axis=0) - 1


def rank_among_layers(close):
    return pd.DataFrame(close).pct_change(3, fill_method=None).rank(axis=1).to_numpy()


def refitted_each_day(close):
    out = np.full(close.shape, np.nan)
    log = np.log(np.where(np.isnan(close), 1.0, close))
    for row in range(4, len(close)):
        out[row] = np.polyfit(np.arange(5), log[row - 4 : row + 1], 1)[0]
    return out


def last_known(close):
    """A delisted layer keeps its last close."""
    return pd.DataFrame(close).ffill().to_numpy()


def none_at_all(close):
    return np.full(close.shape, np.nan)


OWN_SIGNALS = [
    expanding_mean,
    expanding_mean_by_a_matrix,
    side_of_the_mean,
    mean_of_windows,
    running_sums,
    smoothed_by_recursion,
    smoothed_by_pandas,
    zscore,
    below_the_peak,
    rank_among_layers,
    refitted_each_day,
    last_known,
    none_at_all,
]


class Best:
    def decide(self, scores):
        none = np.isnan(scores).all(axis=2)
        return np.where(none, -1, np.nan_to_num(scores, nan=-np.inf).argmax(axis=2))


class BestForGood:
    """What is best at first, until it has no score."""

    def decide(self, scores):
        best = Best().decide(scores)
        for row in range(1, len(best)):
            same = best[row - 1]
            there = ~np.isnan(scores[row, np.arange(scores.shape[1]), same])
            best[row] = np.where((same >= 0) & there, same, best[row])
        return best


class AboveAverage:
    def weigh(self, scores):
        count = np.maximum((~np.isnan(scores)).sum(axis=2, keepdims=True), 1)
        above = scores > np.nansum(scores, axis=2, keepdims=True) / count
        return above / np.maximum(above.sum(axis=2, keepdims=True), 1)


class Waits:
    """It trades a tenth of the way each time."""

    def weigh(self, scores):
        weights = np.zeros(scores.shape)
        wanted = AboveAverage().weigh(scores)
        for row in range(len(scores)):
            before = weights[row - 1] if row else 0.0
            mixed = before + 0.1 * (wanted[row] - before)
            weights[row] = np.where(np.isnan(scores[row]), 0.0, mixed)
        return weights


class LessWhenItSwings:
    """Bound to the closes: weights by the inverse of what the last five returns were."""

    def bind(self, history):
        size = np.abs(pd.DataFrame(history.close).pct_change(fill_method=None))
        size = size.rolling(5).mean().to_numpy()[history.rows]

        def weigh(scores):
            inverse = np.divide(1, size, out=np.zeros_like(size), where=size > 1e-9)
            inverse *= ~np.isnan(scores[:, 0])
            return (inverse / np.maximum(inverse.sum(axis=1, keepdims=True), 1e-9))[:, None]

        return type("Told", (), {"weigh": staticmethod(weigh)})()


OWN_RULES = [Best(), BestForGood(), AboveAverage(), Waits(), LessWhenItSwings()]

# The package's own.

SIGNALS = [
    rt.Momentum(3, skip=1),
    signals.Crossover(2, 5),
    signals.Donchian(5),
    signals.Drawdown(),
    signals.Drawdown(7),
    signals.Listed(),
    signals.MovingAverageGap(4),
    signals.Published(["1995-01-31", "2000-03-31", "2010-06-30"], [0.5, -0.5, 1.0], lag=45),
    signals.RiskAdjustedMomentum(5, skip=1),
    signals.RotationPlane(4, 2),
    signals.VolatilityRegime(3, 9),
    signals.ZScore(6),
    signals.Rank(rt.Momentum(2)),
    signals.Standardise(rt.Momentum(2), 5),
    signals.Sum([rt.Momentum(2), signals.Drawdown(5)], [0.3, 0.7]),
    signals.Voted([rt.Momentum(2), rt.Momentum(5), signals.Drawdown(5)]),
    signals.Where(signals.VolatilityRegime(3, 9), rt.Momentum(2), zscore),
]
RULES = [
    rt.Switch(0.02),
    rt.Switch(0.01, confirm=2, min_hold=3),
    rules.Blend(5.0, 0.3),
    rules.DipBuyer(0.05, 3),
    rules.EventSwitch(["2000-01-03", "2010-01-04"], start=0, to="cash", back_after=5),
    rules.Hold(0),
    rules.Refuge(rt.Switch(0.01)),
    rules.Refuge(rules.TopK(2), to=0),
    rules.TopK(2, buffer=1),
    rules.VolTarget(rt.Switch(), target=0.2, days=5),
    rules.Wait(0.05, 3, layer=0),
    Vote([rt.Strategy(rt.Momentum(n), rt.Switch(), rt.Schedule(n)) for n in (2, 3, 5)]),
]

schedules = st.builds(
    rt.Schedule,
    st.sampled_from("DWMQY") | st.integers(1, 9),
    offset=st.integers(0, 3),
    tranches=st.integers(1, 3),
)


@given(market=markets.closes(sessions=(3, 60)))
def test_no_honest_signal_is_flagged(market):
    for signal in (*OWN_SIGNALS, *SIGNALS):
        rt.check_causal(signal, market, cuts=6)


@given(market=markets.closes(sessions=(3, 60)))
def test_no_honest_rule_is_flagged(market):
    for rule in (*OWN_RULES, *RULES):
        rt.check_causal(rule, market, cuts=6)


@given(
    market=markets.closes(sessions=(12, 90)),
    signal=st.sampled_from([*OWN_SIGNALS, *SIGNALS]),
    rule=st.sampled_from([*OWN_RULES, *RULES]),
    schedule=schedules,
)
def test_no_honest_strategy_is_flagged(market, signal, rule, schedule):
    rt.check_causal(rt.Strategy(signal, rule, schedule), market, cuts=12)


def of_layers(market):
    """Layers of all and of some, both with one that is there throughout."""
    whole = market.columns[market.notna().all()][:1]
    some = market.columns[::2].union(whole, sort=False)
    return rt.build_layers(market, rt.Universe({"all": list(market), "some": list(some)}))


@given(
    market=markets.closes(sessions=(12, 90), assets=(2, 6)),
    signal=st.sampled_from(
        [signals.Breadth(3), signals.Rank(signals.Breadth(2)), signals.LeadLag("all", 2, 5)]
    ),
    rule=st.sampled_from([*OWN_RULES, *RULES]),
    schedule=schedules,
)
def test_no_honest_strategy_on_layers_is_flagged(market, signal, rule, schedule):
    layers = of_layers(market)
    rt.check_causal(signal, layers, cuts=6)
    rt.check_causal(rt.Strategy(signal, rule, schedule), layers, cuts=6)


def test_no_decision_hangs_on_how_a_sum_was_rounded():
    """Of two layers that are the same one leads by rounding: which, goes by the length."""
    steps = np.random.default_rng(2).normal(0, 0.01, (200, 1)).cumsum(axis=0)
    days = pd.bdate_range("2024-01-01", periods=200)
    twins = pd.DataFrame(np.exp(steps) * [1.0, 1.0], index=days, columns=["A", "B"])

    def rounded(close):
        last_digit = np.array([0.0, 3e-16]) * (-1.0) ** len(close)
        return close * (1 + last_digit)

    for every in ("D", "M"):
        rt.check_causal(rt.Strategy(rounded, rt.Switch(), rt.Schedule(every)), twins)


def test_each_part_of_the_package_is_among_them():
    tried = {type(part).__name__ for part in (*SIGNALS, *RULES, rt.Momentum)}
    parts = {
        name
        for module in (signals, rules)
        for name in module.__all__
        if name[0].isupper() and hasattr(getattr(module, name), "__dataclass_fields__")
    }
    assert parts - tried == {"Breadth", "History", "LeadLag"}
