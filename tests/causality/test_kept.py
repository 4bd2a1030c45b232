"""Parts that keep what they have seen, and so may know it, or hide that they do."""

import numpy as np
import pytest

import rotation as rt


def centred(close):
    padded = np.pad(close, ((5, 5), (0, 0)), mode="edge")
    return close / np.stack([padded[k : k + len(close)] for k in range(11)]).mean(axis=0)


def by_shape(close):
    return close.shape


def by_length(close):
    return len(close)


def by_id(close):
    return id(close)


def by_first_row(close):
    return close[0].tobytes()


def by_first_year(close):
    return close[:100].tobytes()


def by_last_row(close):
    return close[-1].tobytes()


def by_both_ends(close):
    return close[[0, -1]].tobytes()


def by_columns(close):
    return close.shape[1]


KEYS = [by_shape, by_length, by_id, by_first_row, by_first_year, by_last_row, by_both_ends]


def cached(key, look=centred):
    """A function that keeps its answers."""
    answers = {}

    def signal(close):
        name = key(close)
        if name not in answers:
            answers[name] = look(close)
        return answers[name].copy()

    return signal


def cached_and_cut(key):
    """Of a shorter history it gives what it has, as far as that goes."""
    whole = cached(key)
    return lambda close: whole(close)[: len(close)]


class Cached:
    """An object that does."""

    def __init__(self, key):
        self.signal, self.key, self.answers = centred, key, {}

    def __call__(self, close):
        return self.answers.setdefault(self.key(close), self.signal(close))


class CachedRule(Cached):
    """A rule that holds what is best when all is over."""

    __call__ = None

    def decide(self, scores):
        best = np.broadcast_to(np.nan_to_num(scores[-1]).argmax(axis=1), scores.shape[:2])
        return self.answers.setdefault(self.key(scores), best)


@pytest.mark.parametrize("make", [cached, Cached], ids=["function", "object"])
@pytest.mark.parametrize("key", KEYS)
def test_answers_kept_under_a_wrong_key_hide_no_look_ahead(key, make, closes):
    whole = closes[["A", "B"]]
    with pytest.raises(rt.LookAheadError):
        rt.check_causal(make(key), whole)
    with pytest.raises(rt.LookAheadError):
        rt.backtest(whole, rt.Strategy(make(key), rt.Switch(), rt.Schedule("W")))


@pytest.mark.parametrize("key", [by_shape, by_length, by_id, by_first_row, by_columns])
def test_a_rule_that_keeps_its_decisions_hides_none(key, closes):
    whole = closes[["A", "B"]]
    with pytest.raises(rt.LookAheadError):
        rt.check_causal(CachedRule(key), whole)
    with pytest.raises(rt.LookAheadError):
        rt.backtest(whole, rt.Strategy(rt.Momentum(5), CachedRule(key), rt.Schedule("W")))


def test_a_prefix_of_what_is_kept_is_no_alibi(closes):
    with pytest.raises(rt.LookAheadError, match="takes one history for another"):
        rt.check_causal(cached_and_cut(by_first_row), closes[["A", "B"]])


@pytest.mark.parametrize("key", KEYS)
def test_honest_answers_may_be_kept_under_the_right_key(key, closes):
    def right(close):
        return key(close), close.tobytes()

    rt.check_causal(cached(right, rt.Momentum(5)), closes)


class FitsOnce:
    """It knows the mean of what it saw first."""

    mean = None

    def __call__(self, close):
        if self.mean is None:
            self.mean = np.nanmean(close, axis=0)
        return close / self.mean


class Remembers:
    """Honest when it is asked first; of a shorter history it then knows what comes after."""

    def __init__(self):
        self.seen = np.empty((0, 2))

    def __call__(self, close):
        seen, self.seen = self.seen, close.copy()
        score = np.full(close.shape, np.nan)
        score[1:] = close[1:] / close[:-1]
        there = min(len(seen) - 1, len(close))
        if there > 1:
            score[:there] = seen[1 : there + 1] / close[:there]
        return score


class BindsOnce:
    """It goes on with the history that it was bound to first."""

    scores = None

    def bind(self, history):
        if self.scores is None:
            self.scores = centred(history.close)
        return lambda close: self.scores[: len(close)]


class Counts:
    """It gives another answer each time."""

    times = 0

    def __call__(self, close):
        self.times += 1
        return close * self.times


@pytest.mark.parametrize("make", [FitsOnce, Remembers, BindsOnce, Counts])
def test_what_it_has_seen_before_must_not_matter(make, closes):
    whole = closes[["A", "B"]]
    with pytest.raises(rt.LookAheadError):
        rt.check_causal(make(), whole)
    strategy = rt.Strategy(make(), rt.Switch(), rt.Schedule("W"))
    with pytest.raises(rt.LookAheadError):
        rt.backtest(whole, strategy)


def test_what_is_kept_where_no_copy_has_its_own_is_not_found_out(closes):
    """As the page on it says: it cannot be told from constants that were known before."""
    fitted = []

    def keeps_around(close):
        if not fitted:
            fitted.append(np.nanmean(close, axis=0))
        return close / fitted[0]

    class KeepsInItsClass:
        mean = None

        def __call__(self, close):
            if KeepsInItsClass.mean is None:
                KeepsInItsClass.mean = np.nanmean(close, axis=0)
            return close / KeepsInItsClass.mean

    for part in (keeps_around, KeepsInItsClass()):
        rt.check_causal(part, closes)


def test_that_it_answers_otherwise_when_asked_again_is_said(closes):
    for make in (Counts, Remembers):
        with pytest.raises(rt.LookAheadError, match="changes with how often it was asked"):
            rt.check_causal(make(), closes[["A", "B"]])


def test_a_part_is_asked_by_copies(closes):
    """So that it is none the worse for being tried."""
    part = FitsOnce()
    with pytest.raises(rt.LookAheadError):
        rt.check_causal(part, closes)
    assert part.mean is None


def test_what_cannot_be_copied_is_asked_itself(closes):
    class Single:
        def __deepcopy__(self, memo):
            raise TypeError("there is one of me")

        def __call__(self, close):
            return centred(close)

    with pytest.raises(rt.LookAheadError):
        rt.check_causal(Single(), closes)


TABLE = np.random.default_rng(3).normal(size=(750, 2))


class Explicit:
    """Honest: it was told its scores, weights or layers before, whatever the closes."""

    def __call__(self, close):
        return TABLE


class ExplicitAsFarAsItGoes:
    def __call__(self, close):
        return TABLE[: len(close)]


class ExplicitByRow:
    def __call__(self, close):
        return np.resize(TABLE, close.shape)


class Weights:
    def weigh(self, scores):
        return np.abs(TABLE[: len(scores), None, :]) / 10


class Constant:
    def decide(self, scores):
        return np.zeros(scores.shape[:2], dtype=int)


@pytest.mark.parametrize(
    "part",
    [Explicit(), ExplicitAsFarAsItGoes(), ExplicitByRow(), Weights(), Constant()],
)
def test_what_pays_no_heed_to_closes_is_left_alone(part, closes):
    rt.check_causal(part, closes[["A", "B"]])
    if callable(part):
        strategy = rt.Strategy(part, rt.Switch(), rt.Schedule("W"))
    else:
        strategy = rt.Strategy(rt.Momentum(5), part, rt.Schedule("W"))
    rt.backtest(closes[["A", "B"]], strategy)
