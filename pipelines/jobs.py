"""The jobs: the name of each, the assets that it selects, and its config. Providers' jobs come from their files.

dagster is imported only inside the functions: a refresh with nothing to do reads the names and must be quick.
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
    """The jobs of the whole set by name: the main job, the download alone, and both together."""
    import dagster as dg

    online = {"resources": {"workplace": {"config": {"online": True}}}}
    jobs = [
        dg.define_asset_job(
            REFRESH,
            selection=dg.AssetSelection.all(),
            description="Main job: raw, staged, harmonised, indicator set, baseline, audit, release.",
        ),
        dg.define_asset_job(
            FETCH,
            selection=dg.AssetSelection.groups("raw"),
            description="Downloads from the providers and stores complete new data; publishes nothing. Config `sources` "
            "limits it to some providers.",
            config=online,
        ),
        dg.define_asset_job(
            REFRESH_ONLINE,
            selection=dg.AssetSelection.all(),
            description="Downloads from the providers, then runs the main job.",
            config=online,
        ),
    ]
    return {job.name: job for job in jobs}


def online_providers() -> list[ProviderSpec]:
    """The providers that have at least one dataset with an address."""
    return [p for p in registry.providers().values() if any(d.endpoint is not None for d in p.datasets)]


def provider_config(spec: ProviderSpec) -> dict[str, Any]:
    """The config of a run that downloads from this provider only."""
    return {"resources": {"workplace": {"config": {"online": True, "sources": [spec.provider]}}}}


def provider_tags(spec: ProviderSpec) -> dict[str, str]:
    """The tags of the runs that download from this provider only."""
    return {PROVIDER_TAG: spec.provider}


def provider_jobs() -> dict[str, UnresolvedAssetJobDefinition]:
    """A job for each online provider, by provider, in the order of their names."""
    return {spec.provider: _provider_job(spec) for spec in online_providers()}


def _provider_job(spec: ProviderSpec) -> UnresolvedAssetJobDefinition:
    import dagster as dg

    return dg.define_asset_job(
        f"refresh_{spec.provider}",
        selection=dg.AssetSelection.all(),
        description=f"Downloads from {spec.title}, then refreshes the set; publishes a release only if something changed.",
        config=provider_config(spec),
        tags=provider_tags(spec),
    )
