"""Making several tables at a time: each is started as soon as its inputs exist.

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

# Planning a query, and writing the rows of an incomplete row group, use one core; also in database.py.
AT_ONCE = 2
# With more staged rows than this, one table alone uses all cores and most of the memory.
MANY_ROWS = 1_000_000

MakeTable = Callable[[duckdb.DuckDBPyConnection, Build, str], int]


class TableError(PayungError):
    """A table could not be made; the message is `SCHEMA.TABLE: reason`."""


def make_all(
    build: Build, names: Sequence[str], make_table: MakeTable = make_attached, many_rows: int = MANY_ROWS
) -> Iterator[tuple[str, int]]:
    """Makes several tables, two at a time where they are small; yields the name and row count of each finished table.

    Work continues in the background between two results. Raises TableError for a table that cannot be made; running
    ones are then interrupted, and no other is started. `make_table` makes a table whose inputs are attached;
    `many_rows`: with more staged rows than this, one table is made at a time.
    """
    with (
        _cursors(_at_once(build, many_rows)) as cursors,
        _TableThreads(build, names, cursors, make_table) as threads,
    ):
        for _ in names:
            yield threads.next_made()


def _at_once(build: Build, many_rows: int) -> int:
    if not build.has(DATASETS):
        return 1  # the first table that reads the list raises the error that it is missing
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
        self._tables_after = _tables_after(inputs)
        self._ready: list[tuple[int, str]] = []  # a heap: first the table with the longest chain of tables after it
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
            for cursor in self._cursors:  # repeated, because it has no effect on a query that has not started yet
                cursor.interrupt()
            wait(unfinished, timeout=0.05)
        self._pool.shutdown()

    def next_made(self) -> tuple[str, int]:
        """Waits for the next finished table; returns its name and number of rows."""
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
            heapq.heappush(self._ready, (-self._tables_after[name], name))
        for _ in names:
            self._started.append(self._pool.submit(self._make_next))

    def _make_next(self) -> None:
        with self._changing:
            _, name = heapq.heappop(self._ready)
        made: Future[int] = Future()
        try:
            made.set_result(self._make(name))
        except BaseException as error:  # noqa: BLE001 - raised again by next_made, with the name of the table
            made.set_exception(error)
        self._end(name, made)

    def _make(self, name: str) -> int:
        cursor = self._spare.get()
        try:
            attached = self._attached[id(cursor)]
            # A table is attached only once for all tables that read it, because it does not change after it is made.
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


def _tables_after(inputs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """For each table, the length of the longest chain of tables that have to be made after it."""
    chain = dict.fromkeys(inputs, 0)
    for name in reversed(list(TopologicalSorter(inputs).static_order())):
        for source in inputs[name]:
            chain[source] = max(chain[source], chain[name] + 1)
    return chain


@contextmanager
def _cursors(n: int) -> Iterator[list[duckdb.DuckDBPyConnection]]:
    """`n` more connections to the engine of this process, each with its own catalogue of views."""
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
