"""Stage harmonised: every value of every source in our codes, what was refused and why, and the row account."""

from __future__ import annotations

from assets.computed import computed_asset, computed_assets

harmonised_assets = [
    computed_asset("lineage.series_vintage"),
    *computed_assets("harmonised"),
    computed_asset("reference.cell_group"),
    computed_asset("lineage.vintage_value"),
    computed_asset("lineage.revision"),
    computed_asset("lineage.rejection"),
    computed_asset("quality.out_of_scope"),
    computed_asset("quality.row_account", checked=["row_account_balances"]),
]
