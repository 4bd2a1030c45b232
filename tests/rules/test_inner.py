"""What a rule that stands inside another gives is looked at as if it stood alone."""

import numpy as np
import pytest

import rotation as rt
from rotation.deciding import want
from rotation.protocols import bind
from rotation.rules import EventSwitch, History, Hold, Refuge, VolTarget

NAMES = ("a", "b", "c")
SCORES = np.full((6, 1, 3), 0.5)
CLOSE = np.exp(np.random.default_rng(0).normal(0, 0.01, (6, 3)).cumsum(axis=0))
HISTORY = History(CLOSE, np.arange(6).astype("datetime64[D]"), NAMES, rows=np.arange(6))


class Mine:
    """A user's rule, which gives what it was made with."""

    def __init__(self, given, reasons=None):
        self.given, self.said = given, reasons

    def __repr__(self):
        return "Mine()"

    def reasons(self, scores, moves, names):
        return self.said


class Deciding(Mine):
    def decide(self, scores):
        return self.given


class Weighing(Mine):
    def weigh(self, scores):
        return self.given


wrappers = pytest.mark.parametrize(
    "wrap", [Refuge, lambda rule: VolTarget(rule, 0.1, 2)], ids=["Refuge", "VolTarget"]
)


def bare(rule):
    """Message with which it is refused where no other rule is around it."""
    with pytest.raises(rt.ArgumentError) as refused:
        want(rule, SCORES, rt.Schedule("D"), HISTORY)
    return str(refused.value)


layers = np.zeros((6, 1), dtype=int)


@wrappers
@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Deciding(layers + 7), "holds layer 7; want 0 to 2, or -1 for cash"),
        (Deciding(layers - 2), "holds layer -2; want 0 to 2, or -1 for cash"),
        (Deciding(layers + 0.5), "gives float64; want int64"),
        (Deciding(layers + np.nan), "gives float64; want int64"),
        (Deciding(layers[1:]), r"gives shape \(5, 1\); want \(6, 1\)"),
        (Deciding(layers[:, 0]), r"gives shape \(6,\); want \(6, 1\)"),
        (Deciding([[0], [0, 1]]), r"gives \[\[0\], \[0, 1\]\]; want an array of shape \(6, 1\)"),
        (Deciding(None), r"gives None; want an array of shape \(6, 1\)"),
        (Weighing(None), r"gives None; want an array of shape \(6, 1, 3\)"),
        (Weighing(SCORES[:, 0]), r"gives shape \(6, 3\); want \(6, 1, 3\)"),
        (Weighing(SCORES * np.nan), "gives a weight that is not finite; want 0 for none"),
        (Weighing(SCORES + np.inf), "gives a weight that is not finite; want 0 for none"),
        (Weighing(SCORES.astype(str)), "gives <U32; want float64"),
    ],
)
def test_what_it_holds_must_be_layers_or_weights(wrap, rule, message):
    bound = bind(wrap(rule), HISTORY)
    with pytest.raises(rt.ArgumentError, match=rf"^rule: Mine\(\) {message}$"):
        bound.weigh(SCORES)
    with pytest.raises(rt.ArgumentError, match=rf"^rule: Mine\(\) {message}$"):
        bind(Refuge(wrap(rule)), HISTORY).weigh(SCORES)


@pytest.mark.parametrize("given", [layers + 7, layers - 2, layers + 0.5, layers[1:]])
def test_it_is_refused_in_the_words_it_is_refused_in_alone(given):
    with pytest.raises(rt.ArgumentError) as inside:
        Refuge(Deciding(given)).decide(SCORES)
    assert str(inside.value) == bare(Deciding(given))


@wrappers
@pytest.mark.parametrize("said", [None, "because", ["one", "two"], [], 3])
def test_it_gives_one_reason_for_each_decision(wrap, said):
    bound = bind(wrap(Deciding(layers, said)), HISTORY)
    match = r"^rule: want a list of 3 reasons, one for each decision, of Mine\(\), got "
    with pytest.raises(rt.ArgumentError, match=match):
        bound.reasons(SCORES[:, 0], np.arange(3), NAMES)


@wrappers
def test_it_may_write_on_the_scores_it_gets(wrap):
    class Careless(Deciding):
        def decide(self, scores):
            scores[:] = np.nan
            return self.given

        def reasons(self, scores, moves, names):
            scores[:] = np.nan
            return ["so"] * len(moves)

    scores = SCORES.copy()
    bound = bind(wrap(Careless(layers)), HISTORY)
    bound.weigh(scores)
    bound.reasons(scores[:, 0], np.arange(3), NAMES)
    np.testing.assert_array_equal(scores, SCORES)


@pytest.mark.parametrize(
    "rule",
    [
        EventSwitch(["1970-01-03"], "a", "b", back_after=2),
        VolTarget(Hold(1), 0.1, 2),
        VolTarget(Refuge(VolTarget(Hold(1), 0.1, 2), to=2), 0.1, 2),
    ],
)
def test_a_message_names_the_rule_and_not_what_it_learnt_from_the_history(rule):
    assert repr(rule.bind(HISTORY)) == repr(rule)
