"""A part, its output on the true history, and the search for a row that feels what comes after it.

Nothing is claimed but on outputs that were seen: what is honest is not accused on suspicion.
"""

import warnings
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rotation.arrays import BoolArray, FloatArray, IntArray
from rotation.causality.futures import ended, going_on, mixed
from rotation.causality.outputs import near, output, same
from rotation.errors import LookAheadError
from rotation.protocols import History
from rotation.strategy import Strategy

__all__ = ["Probe"]

_FELT = {
    "closes": "closes as late as {day}, those of {layers}",
    "members": "closes as late as {day}, those of the members of {layers}",
    "belongs": "who belongs to {layers} as late as {day}",
    "sessions": "the dates of sessions as late as {day}",
}
_JUMPS = (3.0, -3.0, 0.3, -0.3)  # pairs, so that whoever leads does not in one of the two
_ROUNDING = 1e-9  # of the size of an output
_Way = tuple[str, int]
_CUT_OFF: _Way = ("cut off", 0)
_WAYS: tuple[_Way, ...] = (
    _CUT_OFF,
    *((kind, turn) for turn in range(len(_JUMPS)) for kind in ("goes on", "another length")),
)
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Probe:
    """A part's output on the true history, to be compared with that on others.

    Parameters
    ----------
    part : what is tried
    used : a copy of it that has seen the whole history
    history : the true one
    days : sessions of the momentum that a rule is tried on
    truth : (T, C) what ``used`` made of it: scores, then what is wanted
    early : (C,) whether a column is of parts that see no date of a next session
    """

    part: object
    used: object
    history: History
    days: int
    truth: FloatArray
    early: BoolArray

    @classmethod
    def of(cls, part: object, history: History) -> "Probe":
        """A part that has seen a history."""
        parts = (part.signal, part.rule) if isinstance(part, Strategy) else (part,)
        binds = [hasattr(each, "bind") for each in parts]
        if not any(binds):
            history = replace(history, members=None)  # nobody would look at them
        used, days = _copy(part), max(1, min(20, len(history.close) // 4))
        truth = output(used, ended(history, len(history.close)), days, None)
        early = np.full(truth.shape[1], not any(binds))
        early[: history.close.shape[1]] = not binds[0]
        return cls(part, used, history, days, truth, early)

    @classmethod
    def alone(cls, part: object, history: History) -> "Probe | None":
        """A part that another holds, None if it takes not even the true history by itself."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return cls.of(part, history)
        except Exception:  # what only its holder can ask is tried inside it
            return None

    def places(self, cuts: int) -> list[int]:
        """Rows to cut after: something happens, is decided, a month ends or begins; and others."""
        wanted = self.truth[:, self.history.close.shape[1] :]
        decided = np.flatnonzero((~np.isnan(wanted)).any(axis=1))
        events = [_changes(np.isnan(self.history.close)), decided[1:][_changes(wanted[decided])]]
        events += [_changes(each.belongs) for each in self.history.members or ()]
        ends = _changes(self.history.sessions.astype("M8[M]")[:, None])
        last = len(self.truth) - 2
        says = np.flatnonzero((~np.isnan(self.truth)).any(axis=1))
        every = np.arange(min([*says[:1].tolist(), last]), last + 1)
        rng = np.random.default_rng(cuts)
        found = every[-1:]
        pools = (np.concatenate(events), decided, np.concatenate([ends, ends + 1]), every)
        for share, pool in enumerate(pools, start=1):
            left = np.setdiff1d(pool[pool <= last], found)
            most = min(cuts * share // len(pools) - len(found), len(left))
            if most > 0:
                # One from each of as many spans, the early ones shorter: less history to go over.
                turn = np.arange(most)
                rows = (((turn + rng.random(most)) / most) ** 2 * len(left)).astype(int)
                rows = np.maximum.accumulate(rows - turn) + turn  # each once
                found = np.union1d(found, left[np.minimum(rows, len(left) - most + turn)])
        return [int(row) for row in found]

    def search(self, at: Sequence[int]) -> tuple[int, int]:
        """Change what comes after some rows: how many histories that made, how many were refused.

        Raises
        ------
        LookAheadError
            If a row feels what comes after it.
        """
        tried = refused = 0
        for turn, cut in enumerate(reversed(at)):
            answers = {_CUT_OFF: self.answer(cut, _CUT_OFF)}
            if answers[_CUT_OFF] is None or turn % 8 == 2:
                way = ("goes on", turn % len(_JUMPS))
                answers[way] = self.answer(cut, way)
            elif turn % 2 == 0 or not self.early.all():
                way = ("another length", turn // 2 % len(_JUMPS))
                answers[way] = self.answer(cut, way)
            for way, answer in answers.items():
                moved = self.moved(answer, cut, way)
                rows = np.flatnonzero(moved.any(axis=1))
                if len(rows):
                    self.accuse(int(rows[0]), moved[rows[0]], way)
            tried += len(answers)
            refused += sum(answer is None for answer in answers.values())
        if refused:
            self.refuse_kept_answers()
        return tried, refused

    def answer(self, cut: int, way: _Way) -> FloatArray | None:
        """Output of a history with another future after ``cut``, None if it is refused."""
        past, length = cut + 1, len(self.truth)
        kind, turn = way
        if kind == "cut off":
            return self.ask(self.used, ended(self.history, past), past)
        if kind == "another length":
            length = past + 2 + length // 20
        for calm in (False, True):
            rng, jump = np.random.default_rng((cut, calm)), _JUMPS[turn]
            other = going_on(self.history, past, length, rng, jump=jump, calm=calm)
            answer = self.ask(_copy(self.part), other, past)
            if answer is not None:
                break
        return answer

    def ask(self, part: object, history: History, past: int) -> FloatArray | None:
        """Output of a history whose first ``past`` rows are true, None if the part refuses it."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = output(part, history, self.days, self.truth[:past])
        except Exception:  # whatever a user's part raises on another history is no look ahead
            answer = None
        return answer if answer is not None and answer.shape[1] == len(self.early) else None

    def moved(self, answer: FloatArray | None, cut: int, way: _Way) -> BoolArray:
        """Where (cut + 1, C) what was said up to ``cut`` is not what it was."""
        truth = self.truth[: cut + 1]
        if answer is None:
            return np.zeros(truth.shape, dtype=bool)
        answer = answer[: cut + 1]
        still = same(answer, truth)
        if way[0] != "goes on":
            # Sums over fewer rows may round differently: a last digit is no look ahead.
            still |= near(answer, truth, self.history.close)
        if way == _CUT_OFF:
            # Whether its newest session ends a period, no history can tell.
            layers = self.history.close.shape[1]
            still[-1, layers:] |= np.isnan(answer[-1, layers:])
            still[-1] |= ~self.early
        return ~still

    def accuse(self, row: int, moved: BoolArray, way: _Way) -> None:
        """Raise what is found out about the first ``row`` that was seen to feel what comes later.

        Parameters
        ----------
        row : the first one that moved
        moved : (C,) the columns that did
        way : in which

        Raises
        ------
        LookAheadError
            Naming the part of a strategy that it is, the first row and what it feels.
        """
        part, used = self.part, self.used
        if isinstance(part, Strategy) and isinstance(used, Strategy):
            layers = self.history.close.shape[1]
            if moved[:layers].any():
                truth, early = self.truth[:, :layers], self.early[:layers]
                signal = replace(self, part=part.signal, used=used.signal, truth=truth, early=early)
                signal.accuse(row, moved[:layers], way)
            part = part.rule  # the scores up to there are what they were
        row = self.earliest(row, way)
        raise LookAheadError(
            f"{part!r}: its output of {self.history.sessions[row]} changes "
            f"with {self.what_moves(row)}{self.how_little(row)}"
        )

    def earliest(self, row: int, way: _Way) -> int:
        """First row that looks ahead if all after it do, given that ``row`` does in one ``way``."""
        # What goes on for as long as before takes longest to ask, and the others tell as much.
        short = [each for each in _WAYS if each[0] != "goes on"]
        ways = sorted(_WAYS if way not in short else short, key=lambda each: each != way)
        low, high = -1, row
        while high - low > 1:
            middle = (low + high) // 2
            # What moved a row before is the likeliest to move another.
            for turn, each in enumerate(ways):
                row = self.first_moved(middle, each)
                if row <= middle:
                    ways.insert(0, ways.pop(turn))
                    high = row
                    break
            else:
                low = middle
        return min(high, *(self.first_moved(high, each) for each in _WAYS))

    def first_moved(self, cut: int, way: _Way) -> int:
        """First row that feels what comes after ``cut``, ``cut`` + 1 if none does."""
        moved = self.moved(self.answer(cut, way), cut, way).any(axis=1)
        return int(np.append(moved, True).argmax())

    def what_moves(self, row: int) -> str:
        """The input that the output of ``row`` feels, and how late."""
        names, length = self.history.names, len(self.truth)
        for _ in range(2):  # the second time it has just seen the whole
            again = self.ask(self.used, ended(self.history, length), 0)
            if again is not None and not same(again[row], self.truth[row]).all():
                return "how often it was asked"
        every = list(range(len(names)))
        for kind, text in _FELT.items():
            if self.feels(row, row + 1, kind, every):
                layers = [n for n in every if self.feels(row, row + 1, kind, [n])] or every
                near, far = 1, length - row  # a change so many rows later is felt, and is not
                while far - near > 1:
                    middle = max(near + 1, int((near * far) ** 0.5))  # for most look not far ahead
                    felt = self.feels(row, row + middle, kind, layers)
                    near, far = (middle, far) if felt else (near, middle)
                which = _enumerated([names[n] for n in layers])
                return text.format(day=self.history.sessions[row + near], layers=which)
        return "how long the history goes on after it"

    def feels(self, row: int, start: int, kind: str, layers: list[int]) -> bool:
        """Whether ``row`` changes with one kind of input of some layers from ``start`` on."""
        for turn, jump in enumerate(_JUMPS):
            rng, calm = np.random.default_rng(start), turn > 1
            other = going_on(self.history, start, len(self.truth), rng, jump=jump, calm=calm)
            other = mixed(self.history, other, start, kind, layers)
            answer = self.ask(_copy(self.part), other, start)
            if answer is not None and not same(answer[row], self.truth[row]).all():
                return True
        return False

    def how_little(self, row: int) -> str:
        """By how much ``row`` moves with what comes after it, if that is rounding alone."""
        length, largest = len(self.truth), 0.0
        for jump in _JUMPS:
            rng = np.random.default_rng(row)
            other = going_on(self.history, row + 1, length, rng, jump=jump, calm=True)
            answer = self.ask(_copy(self.part), other, row + 1)
            if answer is None:
                continue
            moved = ~same(answer[row], self.truth[row])
            now, before = answer[row, moved], self.truth[row, moved]
            if not np.isfinite([now, before]).all():
                return ""
            off, size = np.abs(now - before).max(initial=0.0), np.abs(before).max(initial=0.0)
            if off > _ROUNDING * size:
                return ""
            largest = max(largest, float(off / size) if off else 0.0)
        if not largest:
            return ""
        return f", but by {largest:.0e} of its size: it rounds otherwise, as an FFT does"

    def refuse_kept_answers(self) -> None:
        """Refuse a part that gives the answer to one history for others that begin alike.

        Raises
        ------
        LookAheadError
            If no output feels what comes after the first rows, but some feel another beginning.
        """
        length = len(self.truth)
        late = 1 + length // 4
        kept = []
        for seed, start in enumerate((late, late, late, 0)):
            rng = np.random.default_rng(seed)
            other = going_on(self.history, start, length, rng, jump=_JUMPS[seed], calm=True)
            answer = self.ask(_copy(self.part), other, 0)
            kept.append(answer is None or bool(same(answer, self.truth).all()))
        if all(kept[:3]) and not kept[3]:
            raise LookAheadError(
                f"{self.part!r}: its output of {self.history.sessions[late]} and after stays as it "
                "was when closes from there on are others; it keeps answers, and takes one history "
                "for another that begins alike"
            )


def _copy(part: _Part) -> _Part:
    try:
        return deepcopy(part)
    except Exception:  # what cannot be copied is asked itself
        return part


def _changes(table: NDArray[np.generic]) -> IntArray:
    """Rows (T - 1,) that the next one (T, N) differs from."""
    return np.flatnonzero((table[1:] != table[:-1]).any(axis=1))


def _enumerated(names: Sequence[str]) -> str:
    some = [*names[:3], f"{len(names) - 3} more"] if len(names) > 4 else list(names)
    return " and ".join([", ".join(some[:-1]), some[-1]] if len(some) > 1 else some)
