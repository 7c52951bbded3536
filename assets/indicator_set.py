"""Stage indicator_set: the chosen series, the regional figures, and where sources differ."""

from __future__ import annotations

from assets.computed import computed_asset, computed_assets
from assets.fetches import fetches

indicator_set_assets = [
    *computed_assets("indicator_set"),
    computed_asset("lineage.correction"),
    computed_asset("lineage.discrepancy"),
    fetches,
    computed_asset("quality.availability"),
    computed_asset("quality.gap"),
    computed_asset("quality.target_group"),
    computed_asset("quality.published_aggregate"),
]
