"""UN SDG Global Database: the answers of Series/List and Series/Data, rebuilt from gathered figures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from sources.archive_tools.gathered_data import Figures, GatheredData, date_of, dated_files, read_figures
from sources.archive_tools.rebuilt_answer import add_snapshot, as_json, chunks, packed_text
from sources.manifests import Manifest
from sources.registry import provider
from sources.snapshots import SnapshotStore


def rebuild(store: SnapshotStore, gathered: GatheredData) -> Iterator[Manifest]:
    """One snapshot for each file of a vintage, with the series of that file."""
    for path in dated_files(gathered.figures / "unsd"):
        yield _snapshot(store, path)


def _snapshot(store: SnapshotStore, path: Path) -> Manifest:
    """The answers on the date in the file's name."""
    spec = provider("unsd_sdg")
    dataset = spec.dataset("sdg")
    rows = read_figures(path, ("series", "seriesDescription", "geoAreaCode", "timePeriod", "value", "dimensions"))
    series = list(dict.fromkeys(r["series"] for r in rows))
    area_codes = sorted({r["geoAreaCode"] for r in rows}, key=int)
    base = spec.endpoint("api").base_url
    size = spec.page_sizes[dataset.address]
    code_parameters = [("seriesCode", s) for s in series] + [("areaCode", a) for a in area_codes]
    files = [packed_text("series_list.json", as_json(_series_list(rows)), f"{base}/Series/List?allreleases=false")]
    for number, body in enumerate(_pages(rows, size), start=1):
        query = urlencode([*code_parameters, ("page", number), ("pageSize", size)])
        files.append(
            packed_text(f"series_data_page_{number:03}.json", as_json(body), f"{base}/{dataset.address}?{query}")
        )
    return add_snapshot(
        store,
        spec,
        dataset,
        files,
        vintage_date=date_of(path),
        address=f"{base}/{dataset.address}",
        series_asked=series,
        areas_asked=area_codes,
        note=(
            "Rebuilt from the figures of the database as recorded on this date. The figures have no source text, "
            "footnotes, bounds, release tag or Reporting Type; these fields are empty. Attributes without a value in "
            "the figures are left out of the row."
        ),
    )


def _series_list(rows: Figures) -> list[dict[str, object]]:
    listed: dict[str, dict[str, object]] = {}
    for r in rows:
        if r["series"] not in listed:
            listed[r["series"]] = {
                **_goals(r["indicator"]),
                "release": None,
                "code": r["series"],
                "description": r["seriesDescription"],
                "uri": None,
            }
    return list(listed.values())


def _pages(figures: Figures, size: int) -> Iterator[dict[str, object]]:
    """The bodies of Series/Data; each page lists the attributes and dimensions of all rows."""
    rows = [_row(r) for r in figures]
    attributes, dimensions = _codes("attributes", rows), _codes("dimensions", rows)
    pages = chunks(rows, size)
    for number, page in enumerate(pages, start=1):
        yield {
            "size": size,
            "totalElements": len(rows),
            "totalPages": len(pages),
            "pageNumber": number,
            "attributes": attributes,
            "dimensions": dimensions,
            "data": page,
        }


def _row(r: dict[str, str]) -> dict[str, object]:
    attributes = {name: r[name] for name in ("Nature", "Units", "Observation Status") if r[name]}
    return {
        **_goals(r["indicator"]),
        "series": r["series"],
        "seriesDescription": r["seriesDescription"],
        "seriesCount": None,
        "geoAreaCode": r["geoAreaCode"],
        "geoAreaName": r["geoAreaName"],
        "timePeriodStart": float(r["timePeriod"]),
        "value": r["value"],
        "valueType": None,
        "time_detail": None,
        "timeCoverage": None,
        "upperBound": None,
        "lowerBound": None,
        "basePeriod": None,
        "source": None,
        "geoInfoUrl": None,
        "footnotes": [],
        "attributes": attributes,
        "dimensions": json.loads(r["dimensions"]),
    }


@lru_cache(maxsize=1024)
def _goals(indicators: str) -> dict[str, list[str]]:
    """Goal, target and indicator as lists; goal and target are the first parts of the indicator's number."""
    numbers = [i.strip() for i in indicators.split(",") if i.strip()]
    return {
        "goal": list(dict.fromkeys(n.split(".")[0] for n in numbers)),
        "target": list(dict.fromkeys(n.rsplit(".", 1)[0] for n in numbers)),
        "indicator": numbers,
    }


def _codes(kind: str, rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """The list of attributes or dimensions with their codes; descriptions were not gathered."""
    codes: dict[str, set[str]] = {}
    for row in rows:
        nested = row[kind]
        assert isinstance(nested, dict)
        for name, code in nested.items():
            codes.setdefault(name, set()).add(code)
    return [
        {"id": name, "codes": [{"code": c, "description": None, "sdmx": None} for c in sorted(codes[name])]}
        for name in sorted(codes)
    ]
