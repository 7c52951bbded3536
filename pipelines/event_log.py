"""Dagster's event log in SQLite, with its connections kept open, and without plans that a failed run did not reach.

Dagster's own class makes a new engine and a new connection for every event: each commit and each close then waits for
the disk, and every statement is compiled anew, together more than half of a refresh's time in Dagster. Here the engine
keeps its connections, and SQLite waits for the disk at its checkpoints only (in WAL mode that loses at most the last
events when the power fails, and never damages the file). A release does not depend on this log.

At its start a run plans every asset and every check. Where it fails, Dagster shows all that it had planned as failed,
also what it never came to. Here the plans that were not reached are taken out of the log when the failure is stored:
such an asset shows what the last run that made it left, such a check its last result, and what never ran shows as not
executed. All that the run did stays in the log.
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
from dagster import AssetKey, DagsterEventType, EventLogEntry, EventLogRecord
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import AssetKeyTable, ConsolidatedSqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._serdes import ConfigurableClassData, deserialize_value

from indicator_defs.system import settings
from pipelines.run_failures import failed_table

PLANNED = DagsterEventType.ASSET_MATERIALIZATION_PLANNED
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

    def store_event(self, event: EventLogEntry) -> None:
        """Stores an event; with the end of a run that did not succeed also takes back the plans it did not reach."""
        super().store_event(event)
        if event.dagster_event_type in (DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_CANCELED):
            self._take_back_plans(event.run_id)

    def _take_back_plans(self, run_id: str) -> None:
        failed = self._failed_assets(run_id)
        with self.index_transaction() as connection:
            assets = connection.execute(
                db.select(AssetKeyTable.c.asset_key, AssetKeyTable.c.last_materialization).where(
                    AssetKeyTable.c.last_run_id == run_id
                )
            ).all()
            for asset, made in assets:
                record = deserialize_value(made, EventLogRecord) if made else None
                if asset not in failed and (record is None or record.run_id != run_id):
                    last = record.run_id if record is not None else None
                    connection.execute(
                        AssetKeyTable.update().where(AssetKeyTable.c.asset_key == asset).values(last_run_id=last)
                    )
                    connection.execute(
                        SqlEventLogStorageTable.delete().where(
                            SqlEventLogStorageTable.c.run_id == run_id,
                            SqlEventLogStorageTable.c.asset_key == asset,
                            SqlEventLogStorageTable.c.dagster_event_type == PLANNED.value,
                        )
                    )
            connection.execute(
                AssetCheckExecutionsTable.delete().where(
                    AssetCheckExecutionsTable.c.run_id == run_id,
                    AssetCheckExecutionsTable.c.execution_status == AssetCheckExecutionRecordStatus.PLANNED.value,
                )
            )

    def _failed_assets(self, run_id: str) -> set[str]:
        """The assets that a run failed at. Of a step that makes many tables it is the one that its error names."""
        kinds = {DagsterEventType.STEP_FAILURE, PLANNED}
        events = [e.event_log_entry.dagster_event for e in self.get_records_for_run(run_id, of_type=kinds).records]
        planned: dict[str | None, list[AssetKey]] = {}
        for event in events:
            if event is not None and event.is_asset_materialization_planned and event.asset_key is not None:
                planned.setdefault(event.step_key, []).append(event.asset_key)
        out: set[str] = set()
        for event in events:
            if event is not None and event.is_step_failure:
                keys = planned.get(event.step_key, [])
                named = failed_table(event.step_failure_data.error)
                out |= {k.to_string() for k in keys if len(keys) == 1 or ".".join(k.path) == named}
        return out

    def dispose(self) -> None:
        """Closes the connections that were kept."""
        self._engine.dispose()
        super().dispose()
