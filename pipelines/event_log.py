"""Dagster's event log in SQLite with open connections, and without the planned steps that a failed run did not reach.

Dagster's own class creates an engine and a connection for every event: each commit and each close waits for the disk,
and every statement is compiled again. Together this takes more than half of the time that a refresh spends in Dagster.
This class keeps its connections open, and SQLite waits for the disk only at its checkpoints (in WAL mode a power failure
loses at most the last events and never damages the file). Releases do not depend on this log.

A run plans every asset and every check when it starts. If it fails, Dagster shows all of them as failed, including those
that it did not reach. This class removes the plans that were not reached when it stores the failure: such an asset
shows its last materialisation, such a check its last result, and anything that never ran shows as not executed. The
events of what the run did stay in the log.
dagster.yaml names this class.
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
BUSY_SECONDS = 30  # Dagster's own timeout for a lock


class KeptConnectionEventLogStorage(ConsolidatedSqliteEventLogStorage):
    """ConsolidatedSqliteEventLogStorage with one engine and open connections, stored in DAGSTER_HOME.

    Without that variable (Dagster's own commands, run manually in the project) it is stored in a temporary folder that is
    removed when the process ends, like the rest of such an instance.
    """

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """`base_dir`: a folder other than DAGSTER_HOME."""
        return {"base_dir": dg.Field(dg.StringSource, is_required=False)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> KeptConnectionEventLogStorage:
        """The log in the folder that the settings or DAGSTER_HOME name."""
        folder = config_value.get("base_dir") or settings.of_system("DAGSTER_HOME")
        if not folder:
            temporary = TemporaryDirectory(prefix="payung-dagster-")
            atexit.register(temporary.cleanup)
            folder = temporary.name
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
        """Stores an event; when a run fails or is cancelled, also removes the plans that it did not reach."""
        super().store_event(event)
        if event.dagster_event_type in (DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_CANCELED):
            self._remove_plans_not_reached(event.run_id)

    def _remove_plans_not_reached(self, run_id: str) -> None:
        failed = self._failed_assets(run_id)
        with self.index_transaction() as connection:
            assets = connection.execute(
                db.select(AssetKeyTable.c.asset_key, AssetKeyTable.c.last_materialization).where(
                    AssetKeyTable.c.last_run_id == run_id
                )
            ).all()
            for asset, stored in assets:
                record = deserialize_value(stored, EventLogRecord) if stored else None
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
        """The assets at which a run failed. In a step that makes many tables, it is the table that the error names."""
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
        """Closes the open connections."""
        self._engine.dispose()
        super().dispose()
