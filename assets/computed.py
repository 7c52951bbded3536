"""The tables that SQL makes: one asset for each file of warehouse/sql/, with the dependencies read from the SQL.

These are harmonised, indicator set, baseline, and the tables about them in lineage and quality. One step makes them all,
so that independent tables are made at the same time. The group of an asset is the schema of its table.
"""
# No lazy annotations in this file: Dagster evaluates the type of `context`.

from collections.abc import Iterator, Sequence

import dagster as dg

from assets.reference import key_of
from assets.staged import staged_key
from assets.table_metadata import report_table
from assets.workplace import Workplace
from sources import registry
from warehouse.build import audit_checks
from warehouse.build.engine import DATASETS, PER_DATASET, computed_tables, inputs_of
from warehouse.build.parallel import make_all
from warehouse.metadata import table

# Checks that run right after a table is made, before the audit; by table.
EARLY_CHECKS = {"quality.row_account": [c for c in audit_checks.checks() if c.name == "row_account_balances"]}
SEVERITY = {
    "blocks": dg.AssetCheckSeverity.ERROR,
    "warns": dg.AssetCheckSeverity.WARN,
    "informs": dg.AssetCheckSeverity.WARN,
}


def check_specs(key: dg.AssetKey, chosen: Sequence[audit_checks.Check]) -> list[dg.AssetCheckSpec]:
    """The checks as the UI shows them before they run. The release asset does not publish if one blocks."""
    return [dg.AssetCheckSpec(c.name, asset=key, description=f"{c.description} ({c.severity})") for c in chosen]


def check_results(key: dg.AssetKey, results: Sequence[audit_checks.CheckResult]) -> list[dg.AssetCheckResult]:
    """The results of checks as the UI shows them. A check that only informs passes, with its finding."""
    return [
        dg.AssetCheckResult(
            asset_key=key,
            check_name=r.check.name,
            passed=r.passed or r.check.severity == "informs",
            severity=SEVERITY[r.check.severity],
            description=r.finding,
            metadata={"problems": r.problems, "first": r.sample},
        )
        for r in results
    ]


def _spec(name: str) -> dg.AssetSpec:
    description = table(name)
    inputs = inputs_of(name)
    deps = {key_of(i) for i in inputs if i not in PER_DATASET}
    shapes = {shape for i in inputs for shape in PER_DATASET.get(i, ())}
    if shapes:
        deps |= {key_of(DATASETS), *(staged_key(s) for s in registry.structures() if s.shape in shapes)}
    return dg.AssetSpec(
        key_of(name),
        deps=sorted(deps),
        group_name=description.schema,
        description=f"{description.comment}. Made by warehouse/sql/{description.schema}/{description.name}.sql.",
        kinds={"duckdb", "sql"},
    )


@dg.multi_asset(
    name="sql_tables",
    specs=[_spec(name) for name in computed_tables()],
    check_specs=[s for name, chosen in EARLY_CHECKS.items() for s in check_specs(key_of(name), chosen)],
    can_subset=True,
)
def computed_assets(context: dg.AssetExecutionContext, workplace: Workplace) -> Iterator[dg.MaterializeResult]:
    """Makes the selected tables, several at a time; the UI shows each as soon as it is made."""
    requested = [name for name in computed_tables() if key_of(name) in context.selected_asset_keys]
    for name, count in make_all(workplace.build, requested):
        chosen = EARLY_CHECKS.get(name, [])
        results = audit_checks.run_checks(workplace.build, chosen) if chosen else []
        yield dg.MaterializeResult(
            asset_key=key_of(name),
            metadata=report_table(workplace, table(name), count),
            check_results=check_results(key_of(name), results),
        )
