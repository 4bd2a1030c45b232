"""Blocks of a sweep, worked through: here, in threads, or by workers somewhere else.

Who does a block, and in which order, changes nothing in it.
"""

import os
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import numpy as np

from rotation.checks import check_count
from rotation.digest import content_hash
from rotation.engine.switching import MEASURES, Switches
from rotation.errors import ArgumentError
from rotation.evaluation import Block, Evaluation
from rotation.store import Ragged, Store

__all__ = ["work_through"]

_AHEAD = 4  # blocks that a worker has waiting, so that it never does

_known: dict[str, Evaluation] = {}  # what this process was sent before, as a worker


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
    finished : called with the first strategy of a block, and the one after its last
    """
    check_count("jobs", jobs, 1, "threads")
    if executor is not None and not (isinstance(executor, Executor) or hasattr(executor, "submit")):
        raise ArgumentError(f"executor: want a concurrent.futures.Executor, got {executor!r}")
    total = len(evaluation.grid)
    spans = [(n, min(n + size, total)) for n in range(0, total, size)]
    store = None
    if out is not None:
        made_by = {name: version(name) for name in ("rotation", "numpy")}
        store = Store.open(out, _manifest(evaluation, size), recorded=made_by)
    done: dict[int, Block] = {}
    todo = list(range(len(spans)))
    if store is not None:
        todo = store.missing()
        for number in sorted(set(range(len(spans))) - set(todo)):
            done[number] = _from_columns(store.load(number))
            finished(*spans[number])
    bar = _bar(total, sum(spans[n][1] - spans[n][0] for n in done), progress)
    with bar, suppress(KeyboardInterrupt):
        for number, block in _results(evaluation, todo, spans, jobs, executor):
            if store is not None:
                store.save(number, _to_columns(block))
            done[number] = block
            finished(*spans[number])
            bar.update(spans[number][1] - spans[number][0])
    return done


def _results(
    evaluation: Evaluation,
    todo: list[int],
    spans: list[tuple[int, int]],
    jobs: int,
    executor: Executor | None,
) -> Iterator[tuple[int, Block]]:
    if executor is not None:
        payload = pickle.dumps(evaluation)
        token = sha256(payload).hexdigest()

        def ask(pool: Executor, number: int, known: bool) -> "Future[Block | None]":
            return pool.submit(_remote, token, None if known else payload, *spans[number])

        yield from _gathered(executor, ask, todo, _AHEAD * (os.cpu_count() or 1))
    elif jobs > 1:

        def here(pool: Executor, number: int, _: bool) -> "Future[Block | None]":
            return pool.submit(evaluation.block, *spans[number])

        with ThreadPoolExecutor(jobs) as pool:
            yield from _gathered(pool, here, todo, 2 * jobs)
    else:
        for number in todo:
            yield number, evaluation.block(*spans[number])


def _gathered(
    pool: Executor,
    ask: Callable[[Executor, int, bool], "Future[Block | None]"],
    todo: list[int],
    ahead: int,
) -> Iterator[tuple[int, Block]]:
    """Blocks as they come; a worker that does not know the strategies yet is asked once more."""
    left = list(reversed(todo))
    asked: dict[Future[Block | None], int] = {}
    try:
        while left or asked:
            while left and len(asked) < ahead:
                number = left.pop()
                asked[ask(pool, number, True)] = number
            for future in wait(asked, return_when=FIRST_COMPLETED).done:
                number, block = asked.pop(future), future.result()
                if block is None:
                    asked[ask(pool, number, False)] = number
                else:
                    yield number, block
    finally:
        for future in asked:
            future.cancel()


def _remote(token: str, payload: bytes | None, start: int, stop: int) -> Block | None:
    """A block done by a worker; None if it has not been sent the strategies yet."""
    if payload is not None and token not in _known:
        _known.clear()
        _known[token] = pickle.loads(payload)  # noqa: S301 - from the process that sweeps
    return _known[token].block(start, stop) if token in _known else None


def _bar(total: int, done: int, progress: bool) -> Any:
    from tqdm.auto import tqdm

    return tqdm(total=total, initial=done, unit=" strategies", disable=not progress)


def _manifest(evaluation: Evaluation, size: int) -> dict[str, str | int]:
    grid = evaluation.grid
    keys = sha256()
    for start in range(0, len(grid), 1 << 17):
        keys.update(np.ascontiguousarray(grid.keys(start, start + (1 << 17))).tobytes())
        keys.update(grid.numbers(start, start + (1 << 17))[:, 3].astype(np.int64).tobytes())
    return {
        "strategies": len(grid),
        "block": size,
        "grid": keys.hexdigest(),
        "data": content_hash((evaluation.history.close, evaluation.history.sessions)),
        "terms": content_hash((evaluation.terms, evaluation.grid.costs)),
        "window": evaluation.start,
        "benchmark": content_hash(evaluation.benchmark),
    }


def _to_columns(block: Block) -> dict[str, Any]:
    switches = block.switches
    figures = {name: block.measures[:, n] for n, name in enumerate(MEASURES)}
    ragged = {
        "row": Ragged(switches.row, switches.first),
        "held": Ragged(switches.held, switches.first),
    }
    return {**figures, "single": block.single, **ragged}


def _from_columns(columns: dict[str, Any]) -> Block:
    row, held = columns["row"], columns["held"]
    return Block(
        np.column_stack([columns[name] for name in MEASURES]),
        Switches(row.offsets, row.values, held.values),
        columns["single"],
    )
