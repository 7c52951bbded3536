"""World Bank API v2: the answer for all series and areas of an extract, rebuilt from gathered figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

from sources.archive_tools.gathered_data import ArchiveError, Figures, GatheredData, date_of, dated_files, read_figures
from sources.archive_tools.rebuilt_answer import add_snapshot, as_json, chunks, packed_text
from sources.manifests import Manifest, RawFile
from sources.provider_spec import ProviderSpec
from sources.registry import provider
from sources.snapshots import SnapshotStore

AREAS_FILE = "world_bank_countries_2026-01.csv"
JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
# Characters of an address for the number of the page and the other parameters.
ROOM_FOR_PARAMETERS = 80

Areas = dict[str, dict[str, str]]


def rebuild(store: SnapshotStore, gathered: GatheredData) -> Iterator[Manifest]:
    """One snapshot for each extract, with the series of that file.

    `gathered.areas`: the Bank's list of countries (iso3, countrycode_iso2, countryname), by default AREAS_FILE.
    """
    files = dated_files(gathered.figures / "worldbank")
    areas = gathered.areas or gathered.codelists / AREAS_FILE
    names = {r["iso3"]: r for r in read_figures(areas, ("iso3", "countrycode_iso2", "countryname"))}
    for path in files:
        rows = read_figures(path, ("source_id", "lastupdated", "indicator", "iso3", "date", "value"))
        yield _snapshot(store, path, rows, names)


def _snapshot(store: SnapshotStore, path: Path, rows: Figures, names: Areas) -> Manifest:
    """The answer for all these series and areas, newest year first."""
    spec = provider("world_bank")
    dataset = spec.dataset("wdi")
    _refuse_unknown_areas(path, rows, names)
    release = _one_release(path, rows)
    series = list(dict.fromkeys(r["indicator"] for r in rows))
    area_codes = sorted({r["iso3"] for r in rows})
    address = _address(path, spec, series, area_codes)
    order = {s: n for n, s in enumerate(series)}
    rows = sorted(rows, key=lambda r: (order[r["indicator"]], r["iso3"], -int(r["date"])))
    note = (
        "Rebuilt from an extract of this date; a series without rows was not gathered, and is not withdrawn. "
        "Rows without a figure, units and decimals were not gathered; the rows without a figure are left out, the "
        "fields are empty. Names and two-letter codes of areas are those of the Bank's list of countries of "
        "January 2026."
    )
    if path.name.count("-") < 2:
        note += " The extract has only a month as date: the vintage date is the end of that month."
    return add_snapshot(
        store,
        spec,
        dataset,
        list(_pages(path, rows, names, release, spec.page_sizes[dataset.address], address)),
        vintage_date=date_of(path),
        address=address,
        release_tag=f"lastupdated {release['lastupdated']}",
        series_asked=series,
        areas_asked=area_codes,
        note=note,
    )


def _refuse_unknown_areas(path: Path, rows: Figures, names: Areas) -> None:
    unknown = sorted({r["iso3"] for r in rows} - names.keys())
    if unknown:
        raise ArchiveError(
            f"{path}: areas {', '.join(unknown)} are not in the World Bank's list of countries. Add them."
        )


def _one_release(path: Path, rows: Figures) -> dict[str, str]:
    """The source and its date for the header, from the one source_id and the one lastupdated of the rows."""
    sources, updated = {r["source_id"] for r in rows}, {r["lastupdated"] for r in rows}
    if len(sources) > 1 or len(updated) > 1:
        raise ArchiveError(f"{path}: expected one source_id and one lastupdated, found {sources} and {updated}.")
    return {"sourceid": min(sources), "lastupdated": min(updated)}


def _address(path: Path, spec: ProviderSpec, series: list[str], area_codes: list[str]) -> str:
    """The address without parameters. Raises ArchiveError if it is longer than the Bank accepts."""
    base = spec.endpoint("api").base_url
    address = f"{base}/country/{';'.join(area_codes)}/indicator/{quote(';'.join(series), safe=';.')}"
    limit = spec.limits.url_characters if spec.limits else None
    if limit and len(address) + ROOM_FOR_PARAMETERS > limit:
        raise ArchiveError(
            f"{path}: the address for {len(series)} series has {len(address) + ROOM_FOR_PARAMETERS} characters, "
            f"expected at most {limit}. Divide the file."
        )
    return address


def _pages(
    path: Path, rows: Figures, names: Areas, release: dict[str, str], size: int, address: str
) -> Iterator[RawFile]:
    footnotes = any(r["footnote"] for r in rows)
    pages = chunks(rows, size)
    for number, page in enumerate(pages, start=1):
        header = {"page": number, "pages": len(pages), "per_page": size, "total": len(rows), **release}
        body = f"[{as_json(header)},[{','.join(_row(path, r, names, footnotes) for r in page)}]]"
        query = {"source": release["sourceid"], "format": "json", "per_page": str(size), "page": str(number)}
        if footnotes:
            query["footnote"] = "y"
        yield packed_text(f"data_page_{number:03}.json", body, f"{address}?{urlencode(query)}")


def _row(path: Path, r: dict[str, str], names: Areas, footnotes: bool) -> str:
    """One row as JSON text, with the value's digits unchanged."""
    if not JSON_NUMBER.fullmatch(r["value"]):
        raise ArchiveError(
            f"{path}: {r['indicator']} {r['iso3']} {r['date']}: found value {r['value']!r}, expected a number."
        )
    area = names[r["iso3"]]
    before = {
        "indicator": {"id": r["indicator"], "value": r["indicator_name"]},
        "country": {"id": area["countrycode_iso2"], "value": area["countryname"]},
        "countryiso3code": r["iso3"],
        "date": r["date"],
    }
    after: dict[str, object] = {"unit": "", "obs_status": r["obs_status"], "decimal": None}
    if footnotes:
        after["footnote"] = r["footnote"]
    return f'{as_json(before)[:-1]},"value":{r["value"]},{as_json(after)[1:]}'
