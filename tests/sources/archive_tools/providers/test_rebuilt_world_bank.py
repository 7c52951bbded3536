"""The rebuilt answers of the World Bank have the gathered figures (skipped without the originals)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from gathered_rows import figures_of, table

from sources.manifests import Manifest
from sources.parsing import ParsedDataset
from sources.snapshots import SnapshotStore


def test_every_world_bank_extract_has_the_rows_of_its_file(
    figures: Path, parsed: dict[str, ParsedDataset], archive: SnapshotStore
) -> None:
    names = ("series", "lastupdated", "series_name", "ref_area", "time_period", "obs_value", "obs_status", "footnote")
    published = ("indicator", "lastupdated", "indicator_name", "iso3", "date", "value", "obs_status", "footnote")
    files = [figures_of(path) for path in sorted((figures / "worldbank").glob("*.csv.gz"))]
    expected = Counter(tuple(r[n] for n in published) for rows in files for r in rows)
    assert Counter(tuple(r[n] for n in names) for r in table(parsed, "world_bank/wdi")) == expected
    series = [sorted(m.series_asked) for m in archive.list() if m.provider == "world_bank"]
    assert series == [sorted({r["indicator"] for r in rows}) for rows in files]
    thailand = [
        round(float(r["obs_value"]), 2)
        for r in table(parsed, "world_bank/wdi")
        if (r["series"], r["ref_area"], r["time_period"]) == ("per_allsp.cov_pop_tot", "THA", "2009")
    ]
    assert thailand == [99.19, 70.5, 65.15], "three vintages of one figure"


def test_world_bank_answers_have_the_format_of_the_provider(
    archive: SnapshotStore, archived: dict[str, Manifest]
) -> None:
    manifest = archived["world_bank/wdi"]
    pages = [json.loads(body) for _, body in archive.files(manifest)]
    for number, (header, rows) in enumerate(pages, start=1):
        assert header == {
            "page": number,
            "pages": len(pages),
            "per_page": 1000,
            "total": manifest.rows,
            "sourceid": "2",
            "lastupdated": "2024-06-28",
        }
        assert list(rows[0]) == (
            ["indicator", "country", "countryiso3code", "date", "value", "unit", "obs_status", "decimal", "footnote"]
        )
    assert all(len(rows) == 1000 for _, rows in pages[:-1])
    first = pages[0][1][:2]
    assert int(first[0]["date"]) > int(first[1]["date"]), "newest year first"
    for file in manifest.files:
        assert len(file.address) < 1500
        assert "format=json" in file.address
