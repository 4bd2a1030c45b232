"""Blocks of a sweep, worked through: here, in threads, or by workers somewhere else.

Who does a block, and in which order, changes nothing in it.
"""

import os
import pickle
import platform
import traceback
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, Self, TypeAlias
from uuid import uuid4

import numpy as np

from rotation.checks import check_count
from rotation.digest import content_hash
from rotation.engine.switching import MEASURES, Switches
from rotation.errors import ArgumentError, RotationError
from rotation.evaluation import Block, Evaluation
from rotation.store import Ragged, Store

__all__ = ["work_through"]

_AHEAD = 2  # blocks asked for at first, for each core of this machine
_LOOK = 2.0  # seconds without an answer after which somebody looks whether a process is gone
_REMEMBERED = 2  # sweeps that a worker remembers, so that two may share it

_known: dict[str, Evaluation] = {}  # what this process was sent, as a worker
_learning = Lock()


def work_through(
    evaluation: Evaluation,
    size: int,
    *,
    jobs: int = 1,
    executor: Executor | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: bool = True,
    finished: Callable[[int, int], None],
) -> dict[int, Block]:
    """Blocks by number; those that are finished, if the user interrupts it.

    Parameters
    ----------
    evaluation : all strategies
    size : strategies in a block
    jobs : threads on this machine
    executor : does the blocks instead
    out : folder in which finished blocks are kept
    progress : show a bar
    finished : called with the first strategy of a block, and the one after its last; of the first
        strategy alone before any work, so that a ledger which cannot be written is known by then

    Raises
    ------
    RotationError
        If the workers of the executor are gone, or it takes no work.
    Exception
        Whatever a signal or a rule raises, wherever it was at work, with a note of what is
        finished.
    """
    check_count("jobs", jobs, 1, "threads")
    if executor is not None and not isinstance(executor, Executor):
        hint = "; client.get_executor() makes one" if hasattr(executor, "get_executor") else ""
        raise ArgumentError(f"executor: want a concurrent.futures.Executor, got {executor!r}{hint}")
    total = len(evaluation.grid)
    spans = [(n, min(n + size, total)) for n in range(0, total, size)]
    todo, store = list(range(len(spans))), None
    if out is not None:
        made_by = {name: version(name) for name in ("rotation", "numpy")}
        store = Store.open(out, _manifest(evaluation, size), recorded=made_by)
        todo = store.missing()
    done: dict[int, Block] = {}
    finished(0, 1)
    try:
        if store is not None:
            for number in sorted(set(range(len(spans))) - set(todo)):
                finished(*spans[number])
                done[number] = _from_columns(store.load(number))
        with (
            _bar(total, sum(spans[n][1] - spans[n][0] for n in done), progress) as bar,
            closing(_results(evaluation, todo, spans, jobs, executor)) as results,
        ):
            for number, block in results:
                # Counted first: what an interrupt drops before it is kept was tried all the same.
                finished(*spans[number])
                if store is not None:
                    store.save(number, _to_columns(block))
                done[number] = block
                bar.update(spans[number][1] - spans[number][0])
    except KeyboardInterrupt:
        pass
    except Exception as error:
        said = _said(sum(spans[n][1] - spans[n][0] for n in done), total, store)
        if isinstance(error, (BrokenExecutor, CancelledError)):
            why = f" ({error})" if str(error) else ""
            raise RotationError(
                f"executor: its workers are gone, or it takes no work{why}; {said}"
            ) from error
        error.add_note(f"sweep: {said}")
        raise
    return done


def _said(finished: int, total: int, store: Store | None) -> str:
    if store is None:
        return (
            f"{finished:,} of {total:,} strategies were finished; with out= they would be kept, "
            "and a second run go on from there"
        )
    return (
        f"{finished:,} of {total:,} strategies are finished and kept in {store.folder}; "
        "run the sweep again with the same out to go on"
    )


def _results(
    evaluation: Evaluation,
    todo: list[int],
    spans: list[tuple[int, int]],
    jobs: int,
    executor: Executor | None,
) -> Generator[tuple[int, Block]]:
    """Blocks as they are finished, each with its number."""
    if executor is None and jobs == 1:
        for number in todo:
            yield number, evaluation.block(*spans[number])
        return

    def here(number: int, _: bool) -> "Future[_Answer]":
        return pool.submit(evaluation.block, *spans[number])

    def there(number: int, whole: bool) -> "Future[_Answer]":
        sent = payload if whole else None
        # No two calls are alike, or Dask would give what it remembers of the first.
        return pool.submit(_remote, token, sent, *spans[number], uuid4().hex)

    pool = ThreadPoolExecutor(jobs) if executor is None else executor
    try:
        if type(pool) is ThreadPoolExecutor:  # whose workers know all that is known here
            yield from _gathered(here, todo, pool)
        else:
            payload = _packed(evaluation)
            token = sha256(payload).hexdigest()
            yield from _gathered(there, todo, pool)
    finally:
        if executor is None:
            pool.shutdown(wait=False)  # after Ctrl-C nobody wants what is under way to be finished


def _gathered(
    ask: "Callable[[int, bool], Future[Any]]", todo: list[int], pool: Executor
) -> Iterator[tuple[int, Block]]:
    """Blocks as they come, each with its number.

    ``ask`` is first called without the strategies. A worker that does not know them says who it
    is; then one call takes them along, not one for every block that it has waiting.
    """
    left = list(reversed(todo))
    asked: dict[Future[_Answer], tuple[int, str]] = {}
    ready: SimpleQueue[Future[_Answer]] = SimpleQueue()
    taught: set[str] = set()  # workers for whose sake the strategies are on their way

    def put(number: int, worker: str = "") -> None:
        try:
            future = ask(number, bool(worker))
        except Exception as error:
            raise BrokenExecutor(str(error)) from error
        asked[future] = number, worker
        future.add_done_callback(ready.put)

    # With each block that comes back one more is asked for ahead: nobody can say how many workers
    # there are, and so a cluster of any size is soon busy.
    room = _AHEAD * (os.cpu_count() or 1)
    try:
        while left or asked:
            while left and len(asked) < room:
                put(left.pop())
            future = _next(ready, pool)
            number, worker = asked.pop(future)
            answer = future.result()
            taught.discard(worker)
            if isinstance(answer, Block):
                room += 1
                yield number, answer
            elif isinstance(answer, _Failure):
                raise answer.error()
            elif answer in taught:
                put(number)
            else:
                taught.add(answer)
                put(number, answer)
    finally:
        for future in asked:
            future.cancel()


def _next(ready: "SimpleQueue[Future[_Answer]]", pool: Executor) -> "Future[_Answer]":
    """The next of the futures that are done, however long that takes.

    A process that is killed while it sends an answer leaves half of one in the pipe. The thread
    that minds a pool of processes then waits for the other half for ever, and so does whoever waits
    for the pool. A process that is gone at two looks running is one that this thread did not see.

    Raises
    ------
    BrokenExecutor
        If the pool cannot be told.
    """
    gone: set[int] = set()
    told = False
    while True:
        try:
            return ready.get(timeout=_LOOK)
        except Empty:
            processes = _processes(pool)
        now = {pid for pid, process in processes.items() if process.exitcode is not None}
        if told:
            raise BrokenExecutor("a process was killed while it sent an answer")
        told, gone = bool(gone & now), now
        if told:
            for process in processes.values():
                process.kill()
            # With no process left to write into it the pipe ends, which that thread does see.
            pool._result_queue._writer.close()  # type: ignore[attr-defined]


def _processes(pool: Executor) -> dict[int, Any]:
    """Processes of a pool by their numbers; none of one that has no such pipe."""
    if isinstance(pool, ProcessPoolExecutor) and hasattr(
        getattr(pool, "_result_queue", None), "_writer"
    ):
        return dict(getattr(pool, "_processes", None) or {})
    return {}


def _remote(token: str, payload: bytes | None, start: int, stop: int, _: str) -> "_Answer":
    """A block done by a worker; its name if it has not been sent the strategies yet."""
    try:
        with _learning:
            if token not in _known and payload is not None:
                _known[token] = pickle.loads(payload)  # noqa: S301 - from the process that sweeps
                for old in list(_known)[:-_REMEMBERED]:
                    del _known[old]
            evaluation = _known.get(token)
        if evaluation is None:
            return f"{platform.node()} {os.getpid()}"
        return evaluation.block(start, stop)
    except Exception as error:
        return _Failure.of(error)


@dataclass(frozen=True, slots=True)
class _Failure:
    """What went wrong in a worker; as an exception it might not survive the way back.

    Parameters
    ----------
    pickled : the exception
    where : its traceback
    """

    pickled: bytes
    where: str

    @classmethod
    def of(cls, error: Exception) -> Self:
        where = "".join(traceback.format_exception(error))
        try:
            pickled = _pickle().dumps(error)
            pickle.loads(pickled)  # noqa: S301 - made here
        except Exception:  # whatever an exception of a user's own raises
            pickled = pickle.dumps(RotationError(f"{type(error).__name__}: {error}"))
        return cls(pickled, where)

    def error(self) -> Exception:
        """The exception, with a note of where it was raised."""
        error: Exception = pickle.loads(self.pickled)  # noqa: S301 - from a worker of the user's
        error.add_note(f"in a worker:\n{self.where}")
        return error


_Answer: TypeAlias = Block | _Failure | str


def _pickle() -> Any:
    """The module that pickles what a notebook defines too, where it is installed."""
    try:
        return import_module("cloudpickle")
    except ImportError:
        return pickle


def _packed(evaluation: Evaluation) -> bytes:
    module = _pickle()
    try:
        packed: bytes = module.dumps(evaluation, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # whatever a part of a user's own raises
        way = "define signals and rules in a module"
        if module is pickle:
            way += ", or install cloudpickle here and where the workers are"
        raise ArgumentError(
            f"executor: want strategies that can be sent to its workers, got {error}; {way}"
        ) from error
    return packed


def _bar(total: int, done: int, progress: bool) -> Any:
    from tqdm.auto import tqdm

    return tqdm(
        total=total, initial=done, unit=" strategies", unit_scale=True, disable=not progress
    )


def _manifest(evaluation: Evaluation, size: int) -> dict[str, str | int]:
    """What must be the same for a finished block to be one of this sweep."""
    grid = evaluation.grid
    keys = sha256()
    for start in range(0, len(grid), 1 << 17):
        keys.update(np.ascontiguousarray(grid.keys(start, start + (1 << 17))).tobytes())
        keys.update(grid.numbers(start, start + (1 << 17))[:, 3].astype(np.int64).tobytes())
    return {
        "strategies": len(grid),
        "block": size,
        "grid": keys.hexdigest(),
        "data": content_hash((evaluation.prices, evaluation.history, evaluation.parts)),
        "terms": content_hash((evaluation.terms, evaluation.grid.costs)),
        "window": evaluation.start,
        "benchmark": content_hash(evaluation.benchmark),
    }


def _to_columns(block: Block) -> dict[str, Any]:
    first = block.switches.first
    with_none = replace(block.switches, first=np.append(first, first[-1]))  # its last has no switch
    switches = with_none.take(block.which)
    figures = {name: block.measures[:, n] for n, name in enumerate(MEASURES)}
    ragged = {
        "row": Ragged(switches.row, switches.first),
        "held": Ragged(switches.held, switches.first),
    }
    return {**figures, "single": block.which >= 0, **ragged}


def _from_columns(columns: dict[str, Any]) -> Block:
    row, held = columns["row"], columns["held"]
    return Block(
        np.column_stack([columns[name] for name in MEASURES]),
        Switches(row.offsets, row.values, held.values),
        np.where(columns["single"], np.arange(len(columns["single"])), -1),
    )
