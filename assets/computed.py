"""Tables that SQL makes: one asset per file of warehouse/sql/, its dependencies read from the SQL itself.

Belongs here: the one way such an asset is made. Which tables belong to which stage stands in the modules of the stages.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from assets.reference import key_of
from assets.resource import Workplace, described
from assets.staged import staged_key
from sources import registry
from warehouse import checks
from warehouse.engine import PER_DATASET, computed_tables, inputs_of, make
from warehouse.metadata import table

SEVERITY = {
    "blocks": dg.AssetCheckSeverity.ERROR,
    "warns": dg.AssetCheckSeverity.WARN,
    "informs": dg.AssetCheckSeverity.WARN,
}


def check_specs(key: dg.AssetKey, chosen: Sequence[checks.Check]) -> list[dg.AssetCheckSpec]:
    """What the UI shows of checks before they run. The release itself refuses to publish when one blocks."""
    return [dg.AssetCheckSpec(c.name, asset=key, description=f"{c.description} ({c.severity})") for c in chosen]


def check_results(key: dg.AssetKey, results: Sequence[checks.Result]) -> list[dg.AssetCheckResult]:
    """What the UI shows of checks that ran. A check that only informs passes, with what it found."""
    return [
        dg.AssetCheckResult(
            asset_key=key,
            check_name=r.check.name,
            passed=r.passed or r.check.severity == "informs",
            severity=SEVERITY[r.check.severity],
            metadata={"problems": r.problems, "first": r.sample},
        )
        for r in results
    ]


def computed_asset(name: str, checked: Sequence[str] = ()) -> dg.AssetsDefinition:
    """The asset of one computed table; `checked`: names of checks that run as soon as it is made."""
    description = table(name)
    key = dg.AssetKey([description.schema, description.name])
    inputs = inputs_of(name)
    deps = {key_of(i) for i in inputs if i not in PER_DATASET}
    if any(i in PER_DATASET for i in inputs):
        deps |= {staged_key(s) for s in registry.structures()}
    chosen = [c for c in checks.checks() if c.name in checked]

    @dg.asset(
        key=key,
        deps=sorted(deps),
        group_name=description.schema,
        description=f"{description.comment}. Made by warehouse/sql/{description.schema}/{description.name}.sql.",
        kinds={"duckdb", "sql"},
        check_specs=check_specs(key, chosen),
    )
    def computed(workplace: Workplace) -> dg.MaterializeResult:
        count = make(workplace.build, name)
        results = checks.run(workplace.build, chosen) if chosen else []
        return dg.MaterializeResult(
            metadata=described(workplace, description, count), check_results=check_results(key, results)
        )

    return computed


def computed_assets(schema: str, checked: dict[str, Sequence[str]] | None = None) -> list[dg.AssetsDefinition]:
    """The assets of all computed tables of a schema; `checked`: checks by table name."""
    return [computed_asset(name, (checked or {}).get(name, ())) for name in computed_tables(schema)]
