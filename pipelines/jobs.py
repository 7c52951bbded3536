"""The jobs: their names, and what each selects of the graph with which config; a provider's job comes from its file.

Imports dagster only where jobs are made: the names are read where a refresh has nothing to do and must be quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sources import registry
from sources.provider_spec import ProviderSpec

if TYPE_CHECKING:
    from dagster import UnresolvedAssetJobDefinition

REFRESH, FETCH, REFRESH_ONLINE = "refresh", "fetch", "refresh_online"
PROVIDER_TAG = "payung/provider"


def main_jobs() -> dict[str, UnresolvedAssetJobDefinition]:
    """The jobs of the whole set by name: the main job, the fetch alone, and both together."""
    import dagster as dg

    online = {"resources": {"workplace": {"config": {"online": True}}}}
    jobs = [
        dg.define_asset_job(
            REFRESH,
            selection=dg.AssetSelection.all(),
            description="The main job: raw, staged, harmonised, indicator set, baseline, audit, release.",
        ),
        dg.define_asset_job(
            FETCH,
            selection=dg.AssetSelection.groups("raw"),
            description="Asks the providers and keeps what is whole and new; publishes nothing. Config `sources` names "
            "some.",
            config=online,
        ),
        dg.define_asset_job(
            REFRESH_ONLINE,
            selection=dg.AssetSelection.all(),
            description="The main job, the providers asked first.",
            config=online,
        ),
    ]
    return {job.name: job for job in jobs}


def askable_providers() -> list[ProviderSpec]:
    """The providers that have a dataset with an address."""
    return [p for p in registry.providers().values() if any(d.endpoint is not None for d in p.datasets)]


def provider_config(spec: ProviderSpec) -> dict[str, Any]:
    """The config of a run that asks this provider alone."""
    return {"resources": {"workplace": {"config": {"online": True, "sources": [spec.provider]}}}}


def provider_tags(spec: ProviderSpec) -> dict[str, str]:
    """The tags of the runs that ask this provider alone."""
    return {PROVIDER_TAG: spec.provider}


def provider_jobs() -> dict[str, UnresolvedAssetJobDefinition]:
    """A job for each provider that can be asked, by provider, in the order of their names."""
    return {spec.provider: _provider_job(spec) for spec in askable_providers()}


def _provider_job(spec: ProviderSpec) -> UnresolvedAssetJobDefinition:
    import dagster as dg

    return dg.define_asset_job(
        f"refresh_{spec.provider}",
        selection=dg.AssetSelection.all(),
        description=f"Asks {spec.title} alone, then refreshes the set; publishes a release only if something changed.",
        config=provider_config(spec),
        tags=provider_tags(spec),
    )
