"""Stage baseline: baseline and latest value, and the change where the two can be compared."""

from __future__ import annotations

from assets.computed import computed_assets

baseline_assets = computed_assets("baseline")
