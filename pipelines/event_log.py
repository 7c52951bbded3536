"""Dagster's event log in SQLite, with its connections kept open.

Dagster's own class makes a new engine and a new connection for every event: each commit and each close then waits for
the disk, and every statement is compiled anew, together more than half of a refresh's time in Dagster. Here the engine
keeps its connections, and SQLite waits for the disk at its checkpoints only (in WAL mode that loses at most the last
events when the power fails, and never damages the file). A release does not depend on this log.
Named in dagster.yaml. Belongs here: nothing else.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import sqlalchemy as db
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._serdes import ConfigurableClassData

from indicator_defs.system import settings

BUSY_SECONDS = 30  # as Dagster waits for a lock


class KeptConnectionEventLogStorage(ConsolidatedSqliteEventLogStorage):
    """ConsolidatedSqliteEventLogStorage that keeps its engine and connections; it lies in DAGSTER_HOME.

    Without that variable (Dagster's own commands, called by hand in the project) it lies in a folder that goes when the
    process ends, as the rest of such an instance does.
    """

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """`base_dir`: another folder."""
        return {"base_dir": dg.Field(dg.StringSource, is_required=False)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> KeptConnectionEventLogStorage:
        """The log in the folder that the settings or DAGSTER_HOME name."""
        folder = config_value.get("base_dir") or settings.of_system("DAGSTER_HOME")
        if not folder:
            passing = TemporaryDirectory(prefix="payung-dagster-")
            atexit.register(passing.cleanup)
            folder = passing.name
        return cls(base_dir=folder, inst_data=inst_data)

    @cached_property
    def _engine(self) -> db.Engine:
        engine = db.create_engine(self._conn_string, connect_args={"timeout": BUSY_SECONDS})

        @db.event.listens_for(engine, "connect")
        def _relax(connection: Any, record: Any) -> None:
            connection.execute("PRAGMA synchronous=NORMAL")

        return engine

    @contextmanager
    def _connect(self) -> Iterator[db.Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def dispose(self) -> None:
        """Closes the connections that were kept."""
        self._engine.dispose()
        super().dispose()
