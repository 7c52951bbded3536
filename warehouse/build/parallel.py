"""Several tables at a time: each begins as soon as its inputs are made.

Belongs here: the order in which the SQL of a build runs, and how many tables are made at once.
Does not belong here: how one table is made (engine.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from graphlib import TopologicalSorter
from queue import SimpleQueue
from threading import RLock

import duckdb

from indicator_defs.errors import PayungError
from warehouse.build.engine import DATASETS, Build, attach_inputs, connect, dataset_files, inputs_of, make_attached
from warehouse.connection import define_functions, parquet_rows

# Planning a query, and writing the rows that fill no group of their own, keeps one core busy; also in database.py.
AT_ONCE = 2
# With more staged rows than this, a table keeps all cores busy, and needs the memory, by itself.
MANY_ROWS = 1_000_000

MakeTable = Callable[[duckdb.DuckDBPyConnection, Build, str], int]


class TableError(PayungError):
    """A table could not be made; the message is `SCHEMA.TABLE: reason`."""


def make_all(
    build: Build, names: Sequence[str], make_table: MakeTable = make_attached, many_rows: int = MANY_ROWS
) -> Iterator[tuple[str, int]]:
    """Makes several tables, two at a time where they are small; yields each with the number of its rows once it is made.

    The work goes on while the caller is busy with what came. Raises TableError for a table that cannot be made; those
    under way are then interrupted, and no other is begun. `make_table` makes each, with its inputs attached;
    `many_rows`: with more staged rows, one is made at a time.
    """
    with (
        _cursors(_at_once(build, many_rows)) as cursors,
        _TableThreads(build, names, cursors, make_table) as threads,
    ):
        for _ in names:
            yield threads.next_made()


def _at_once(build: Build, many_rows: int) -> int:
    if not build.has(DATASETS):
        return 1  # the first table that needs the list reports that it is missing
    with connect() as con:
        paths = dataset_files(con, build, "staged.observation")
        (rows,) = con.execute(parquet_rows(paths)).fetchall()[0] if paths else (0,)
    return 1 if rows > many_rows else AT_ONCE


class _TableThreads:
    """The threads that make the tables of one build, each with a connection."""

    def __init__(
        self,
        build: Build,
        names: Sequence[str],
        cursors: Sequence[duckdb.DuckDBPyConnection],
        make_table: MakeTable,
    ) -> None:
        self._build = build
        inputs = {n: [i for i in inputs_of(n) if i in names] for n in names}
        self._graph = TopologicalSorter(inputs)
        self._tables_behind = _tables_behind(inputs)
        self._ready: list[tuple[int, str]] = []  # a heap: first the table that most others wait for, one after another
        self._cursors = cursors
        self._attached: dict[int, set[str]] = {id(cursor): set() for cursor in cursors}
        self._make_table = make_table
        self._spare: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        self._ended: SimpleQueue[tuple[str, Future[int]]] = SimpleQueue()
        self._pool = ThreadPoolExecutor(len(cursors))
        self._started: list[Future[None]] = []
        self._changing = RLock()
        self._stopped = False

    def __enter__(self) -> _TableThreads:
        for cursor in self._cursors:
            self._spare.put(cursor)
        self._graph.prepare()
        with self._changing:
            self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changing:
            self._stopped = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        while unfinished := [f for f in self._started if not f.done()]:
            for cursor in self._cursors:  # one whose query has not started yet takes no notice, so more than once
                cursor.interrupt()
            wait(unfinished, timeout=0.05)
        self._pool.shutdown()

    def next_made(self) -> tuple[str, int]:
        """Waits for the next table that is made: its name and rows."""
        name, future = self._ended.get()
        try:
            return name, future.result()
        except PayungError as error:
            raise TableError(f"{name}: {error}") from error
        except duckdb.Error as error:
            raise TableError(f"{name}: {type(error).__name__}: {error}") from error

    def _begin(self) -> None:
        names = self._graph.get_ready()
        for name in names:
            heapq.heappush(self._ready, (-self._tables_behind[name], name))
        for _ in names:
            self._started.append(self._pool.submit(self._make_next))

    def _make_next(self) -> None:
        with self._changing:
            _, name = heapq.heappop(self._ready)
        made: Future[int] = Future()
        try:
            made.set_result(self._make(name))
        except BaseException as error:  # noqa: BLE001 - raised by next_made, where the table is named
            made.set_exception(error)
        self._end(name, made)

    def _make(self, name: str) -> int:
        cursor = self._spare.get()
        try:
            attached = self._attached[id(cursor)]
            # A table is attached once for all that read it: it does not change once it is made.
            missing = [i for i in inputs_of(name) if i not in attached]
            attach_inputs(cursor, self._build, missing)
            attached |= set(missing)
            return self._make_table(cursor, self._build, name)
        finally:
            self._spare.put(cursor)

    def _end(self, name: str, made: Future[int]) -> None:
        with self._changing:
            if not self._stopped and made.exception() is None:
                self._graph.done(name)
                self._begin()
        self._ended.put((name, made))


def _tables_behind(inputs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """For each table, how many others have to be made one after another once it is."""
    behind = dict.fromkeys(inputs, 0)
    for name in reversed(list(TopologicalSorter(inputs).static_order())):
        for source in inputs[name]:
            behind[source] = max(behind[source], behind[name] + 1)
    return behind


@contextmanager
def _cursors(n: int) -> Iterator[list[duckdb.DuckDBPyConnection]]:
    """Further connections to the engine of this process, with its limits; each has a catalogue of views of its own."""
    with connect() as con:
        cursors = [con.cursor() for _ in range(n)]
    for i, cursor in enumerate(cursors):
        cursor.execute(f"ATTACH ':memory:' AS tables_{i}")
        cursor.execute(f"USE tables_{i}")
        define_functions(cursor)
    try:
        yield cursors
    finally:
        for i, cursor in enumerate(cursors):
            cursor.execute("USE memory")
            cursor.execute(f"DETACH tables_{i}")
            cursor.close()
