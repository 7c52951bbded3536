"""Builds the archive that ships with the project: provider-shaped answers rebuilt from gathered figures.

Belongs here: writing figures in the shape in which each provider answers, with a manifest beside them.
Does not belong here: reading them (the providers' modules), and any figure or field that was not gathered.

The figures are real; the bytes are not the provider's own, and every such manifest says `rebuilt`. A field that
the figures do not have is empty. Numbers are copied as text, digit by digit. Building twice gives the same bytes.

    python -m sources.archive FIGURES_DIR [--to DIR] [--areas FILE]
"""

from __future__ import annotations

import argparse
import calendar
import csv
import gzip
import io
import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode

from indicator_defs.errors import PayungError
from sources.national import DATASET_OF, identify
from sources.parsing import content_fingerprint
from sources.registry import parser, provider
from sources.snapshots import MANIFEST, Manifest, Origin, RawFile, SnapshotStore, shipped_archive
from sources.spec import DatasetSpec, ProviderSpec

FOUNDING_DOCUMENTS = Path(__file__).parent / "national" / "founding_documents.csv"
AREAS_FILE = Path("codelists") / "world_bank_countries_2026-01.csv"
JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
Figures = list[dict[str, str]]
T = TypeVar("T")


class ArchiveError(PayungError):
    """The archive cannot be built: a figures file is missing or not as expected, or the target is something else."""


def build(figures: Path, to: Path, areas: Path | None = None) -> list[Manifest]:
    """Builds the whole archive from the folder of figures into `to`, replacing an archive that is there.

    `areas` is the World Bank's list of countries (iso3, countrycode_iso2, countryname), by default
    codelists/world_bank_countries_2026-01.csv beside the folder of figures. Returns the manifests.
    Raises ArchiveError, and leaves `to` as it was, when a file is missing or not as expected.
    """
    areas = areas or figures.parent / AREAS_FILE
    _refuse_foreign(to)
    aside = to.with_name(f".{to.name}-new")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        store = SnapshotStore(aside)
        manifests = [
            *_unsd(store, figures / "unsd"),
            *_world_bank(store, figures / "worldbank", areas),
            *_ilo(store, figures / "ilo"),
            *_wpp(store, figures / "wpp"),
            _national(store, FOUNDING_DOCUMENTS),
        ]
        old = to.with_name(f".{to.name}-old")
        shutil.rmtree(old, ignore_errors=True)
        if to.exists():
            to.rename(old)
        aside.rename(to)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return manifests


# --- UN SDG Global Database ---------------------------------------------------------------------------------


def _unsd(store: SnapshotStore, folder: Path) -> Iterator[Manifest]:
    """One snapshot per vintage file, each asking for the series of its own file."""
    for path in _dated_files(folder):
        yield unsd_snapshot(store, path)


def unsd_snapshot(store: SnapshotStore, path: Path) -> Manifest:
    """The answers of Series/List and Series/Data as they stood at the date in the file's name."""
    spec = provider("unsd_sdg")
    dataset = spec.dataset("sdg")
    rows = _read(path, ("series", "seriesDescription", "geoAreaCode", "timePeriod", "value", "dimensions"))
    series = list(dict.fromkeys(r["series"] for r in rows))
    area_codes = sorted({r["geoAreaCode"] for r in rows}, key=int)
    base = spec.endpoint("api").base_url
    size = spec.page_sizes[dataset.address]
    asked = [("seriesCode", s) for s in series] + [("areaCode", a) for a in area_codes]
    files = [
        _packed("series_list.json", _json(_series_list(rows)), f"{base}/Series/List?allreleases=false"),
    ]
    pages = _chunks(rows, size)
    full = [(r, _unsd_row(r)) for r in rows]
    listed = {kind: _unsd_codes(kind, [f for _, f in full]) for kind in ("attributes", "dimensions")}
    for number, page in enumerate(_chunks([f for _, f in full], size), start=1):
        body = {
            "size": size,
            "totalElements": len(rows),
            "totalPages": len(pages),
            "pageNumber": number,
            "attributes": listed["attributes"],
            "dimensions": listed["dimensions"],
            "data": page,
        }
        query = urlencode([*asked, ("page", number), ("pageSize", size)])
        files.append(_packed(f"series_data_page_{number:03}.json", _json(body), f"{base}/{dataset.address}?{query}"))
    return _add(
        store,
        spec,
        dataset,
        files,
        vintage_date=_vintage(path),
        address=f"{base}/{dataset.address}",
        series_asked=series,
        areas_asked=area_codes,
        note=(
            "Rebuilt from the figures of the database as recorded on this date. The figures carry no source text, "
            "footnotes, bounds, release tag or Reporting Type; these fields are empty. Attributes that have no value "
            "in the figures are left out of the row."
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


def _unsd_row(r: dict[str, str]) -> dict[str, object]:
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


def _unsd_codes(kind: str, rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """The list of attributes or dimensions with the codes that occur; their descriptions were not gathered."""
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


# --- World Bank ---------------------------------------------------------------------------------------------


def _world_bank(store: SnapshotStore, folder: Path, areas: Path) -> Iterator[Manifest]:
    """One snapshot per extract, each asking for the series of its own file."""
    files = _dated_files(folder)
    names = {r["iso3"]: r for r in _read(areas, ("iso3", "countrycode_iso2", "countryname"))}
    for path in files:
        rows = _read(path, ("source_id", "lastupdated", "indicator", "iso3", "date", "value"))
        yield world_bank_snapshot(store, path, rows, names)


def world_bank_snapshot(store: SnapshotStore, path: Path, rows: Figures, names: dict[str, dict[str, str]]) -> Manifest:
    """The answer of API v2 to one question for all these series and areas, newest year first."""
    spec = provider("world_bank")
    dataset = spec.dataset("wdi")
    unknown = sorted({r["iso3"] for r in rows} - names.keys())
    if unknown:
        raise ArchiveError(f"{path}: areas {', '.join(unknown)} are not in the World Bank's list of countries.")
    series = list(dict.fromkeys(r["indicator"] for r in rows))
    area_codes = sorted({r["iso3"] for r in rows})
    order = {s: n for n, s in enumerate(series)}
    rows = sorted(rows, key=lambda r: (order[r["indicator"]], r["iso3"], -int(r["date"])))
    sources, updated = {r["source_id"] for r in rows}, {r["lastupdated"] for r in rows}
    if len(sources) > 1 or len(updated) > 1:
        raise ArchiveError(f"{path}: expected one source_id and one lastupdated, found {sources} and {updated}.")
    footnotes = any(r["footnote"] for r in rows)
    size = spec.page_sizes[dataset.address]
    base = spec.endpoint("api").base_url
    question = f"{base}/country/{';'.join(area_codes)}/indicator/{quote(';'.join(series), safe=';.')}"
    limit = spec.limits.url_characters if spec.limits else None
    if limit and len(question) + 80 > limit:
        raise ArchiveError(
            f"{path}: the address for {len(series)} series is longer than the {limit} characters allowed."
        )
    pages = _chunks(rows, size)
    files = []
    for number, page in enumerate(pages, start=1):
        header = {
            "page": number,
            "pages": len(pages),
            "per_page": size,
            "total": len(rows),
            "sourceid": min(sources),
            "lastupdated": min(updated),
        }
        body = f"[{_json(header)},[{','.join(_bank_row(path, r, names, footnotes) for r in page)}]]"
        query = urlencode(
            {"source": min(sources), "format": "json", "per_page": size, "page": number}
            | ({"footnote": "y"} if footnotes else {})
        )
        files.append(_packed(f"data_page_{number:03}.json", body, f"{question}?{query}"))
    return _add(
        store,
        spec,
        dataset,
        files,
        vintage_date=_vintage(path),
        address=question,
        release_tag=f"lastupdated {min(updated)}",
        series_asked=series,
        areas_asked=area_codes,
        note=(
            "Rebuilt from an extract of this date; a series that it does not hold was not gathered, not withdrawn. "
            "Rows without a figure, units and decimals were not gathered; the rows without a figure are left out, the "
            "fields are empty. Names and two-letter codes of areas are those of the Bank's list of countries of "
            "January 2026."
        )
        + (
            ""
            if path.name.count("-") == 2
            else " The extract names a month only: the end of it stands as vintage date."
        ),
    )


def _bank_row(path: Path, r: dict[str, str], names: dict[str, dict[str, str]], footnotes: bool) -> str:
    """One row as JSON text, with the value's digits as they are."""
    if not JSON_NUMBER.fullmatch(r["value"]):
        raise ArchiveError(f"{path}: {r['indicator']} {r['iso3']} {r['date']}: value {r['value']!r} is no number.")
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
    return f'{_json(before)[:-1]},"value":{r["value"]},{_json(after)[1:]}'


# --- ILOSTAT ------------------------------------------------------------------------------------------------

ILO_COLUMNS = (
    "DATAFLOW", "REF_AREA", "FREQ", "MEASURE", "SEX", "SOC", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS",
    "UNIT_MEASURE_TYPE", "UNIT_MEASURE", "UNIT_MULT", "SOURCE", "NOTE_SOURCE", "NOTE_INDICATOR", "NOTE_CLASSIF",
    "DECIMALS", "UPPER_BOUND", "LOWER_BOUND",
)  # fmt: skip
ILO_FLOW = "SDG_0131_SEX_SOC_RT"


def _ilo(store: SnapshotStore, folder: Path) -> Iterator[Manifest]:
    """The SDMX-CSV answer for all areas of the figures."""
    spec = provider("ilostat")
    dataset = spec.dataset(ILO_FLOW)
    rows = _read(folder / f"{ILO_FLOW}_wspr2024-26.csv.gz", ("REF_AREA", "FREQ", "MEASURE", "SEX", "SOC", "OBS_VALUE"))
    area_codes = sorted({r["REF_AREA"] for r in rows})
    flow = f"ILO:DF_{ILO_FLOW}(1.0)"
    body = _csv(ILO_COLUMNS, ([flow if c == "DATAFLOW" else r.get(c, "") for c in ILO_COLUMNS] for r in rows))
    address = f"{spec.endpoint('sdmx').base_url}/{dataset.address}/{'+'.join(area_codes)}.A...?format=csv"
    yield _add(
        store,
        spec,
        dataset,
        [_packed("data.csv", body, address)],
        vintage_date=date(2024, 9, 12),
        address=address,
        release_tag="World Social Protection Report 2024-26",
        series_asked=[ILO_FLOW],
        areas_asked=area_codes,
        note=(
            "Rebuilt from the figures of the World Social Protection Report 2024-26; its publication on 12 September "
            "2024 stands as vintage date. The figures carry no status, unit, source, notes or bounds; these fields are "
            "empty."
        ),
    )


# --- UN World Population Prospects --------------------------------------------------------------------------

WPP2024_COLUMNS = (
    "SortOrder", "LocID", "Notes", "ISO3_code", "ISO2_code", "SDMX_code", "LocTypeID", "LocTypeName", "ParentID",
    "Location", "VarID", "Variant", "Time", "TPopulation1July", "Births",
)  # fmt: skip
WPP2019_COLUMNS = (
    "LocID", "Location", "ISO3_code", "VarID", "Variant", "Time", "MidPeriod", "AgeGrp", "AgeGrpStart",
    "AgeGrpSpan", "PopMale", "PopFemale", "PopTotal",
)  # fmt: skip
_WPP_AREAS = (
    "Areas stand in ISO3_code with the codes of the figures; {aggregates} are codes of the figures for aggregates, for "
    "which the provider's own file leaves ISO3_code empty and gives LocID."
)


def _wpp(store: SnapshotStore, folder: Path) -> Iterator[Manifest]:
    """Both revisions, in the shape of the bulk files."""
    rows = _read(folder / "population_births_2024.csv.gz", ("iso3", "year", "population_thousands", "births_thousands"))
    records = [
        {
            "ISO3_code": r["iso3"],
            "Time": r["year"],
            "TPopulation1July": r["population_thousands"],
            "Births": r["births_thousands"],
        }
        for r in rows
    ]
    yield _wpp_snapshot(
        store,
        "wpp2024_demographic",
        "WPP2024_Demographic_Indicators_Medium.csv",
        _csv(WPP2024_COLUMNS, ([r.get(c, "") for c in WPP2024_COLUMNS] for r in records)),
        date(2024, 7, 11),
        sorted({r["iso3"] for r in rows}),
        "Rebuilt from the figures of the 2024 revision, 1950 to 2023; the file's other measures are left out. "
        + _WPP_AREAS.format(aggregates="ASIA, SEA and WORLD"),
    )
    rows = _read(folder / "population_by_age_sex_2019.csv.gz", ("iso3", "age", "sex", "year", "thousands"))
    cells: dict[tuple[str, str, str], dict[str, str]] = {}
    for r in rows:
        record = cells.setdefault((r["iso3"], r["year"], r["age"]), {})
        measure = {"M": "PopMale", "F": "PopFemale"}[r["sex"]]
        if measure in record:
            raise ArchiveError(f"{folder}: {r} stands twice.")
        record[measure] = r["thousands"]
    ages = sorted({age for _, _, age in cells}, key=lambda a: int(re.split(r"\D", a)[0]))
    order = {age: n for n, age in enumerate(ages)}
    wide = []
    for (area, year, age), measures in sorted(cells.items(), key=lambda i: (i[0][0], int(i[0][1]), order[i[0][2]])):
        start, _, end = age.partition("-")
        wide.append(
            {
                "ISO3_code": area,
                "Time": year,
                "AgeGrp": age,
                "AgeGrpStart": start.rstrip("+"),
                "AgeGrpSpan": str(int(end) - int(start) + 1) if end else "",
                **measures,
            }
        )
    yield _wpp_snapshot(
        store,
        "wpp2019_age_sex",
        "WPP2019_PopulationByAgeSex_Medium.csv",
        _csv(WPP2019_COLUMNS, ([r.get(c, "") for c in WPP2019_COLUMNS] for r in wide)),
        date(2019, 6, 17),
        sorted({r["iso3"] for r in rows}),
        "Rebuilt from the figures of the 2019 revision, every fifth year from 1950 to 2100 (from 2020 on a "
        "projection). AgeGrpStart and AgeGrpSpan are read off AgeGrp. The provider's own file has no column ISO3_code. "
        + _WPP_AREAS.format(aggregates="ASI, SEA and WLD"),
    )


def _wpp_snapshot(
    store: SnapshotStore, name: str, file: str, body: str, vintage: date, area_codes: list[str], note: str
) -> Manifest:
    spec = provider("un_wpp")
    dataset = spec.dataset(name)
    address = f"{spec.endpoint('bulk').base_url}/{dataset.address}"
    return _add(
        store,
        spec,
        dataset,
        [_packed(file, body, address)],
        vintage_date=vintage,
        address=address,
        release_tag=f"WPP {vintage.year}",
        series_asked=list(dataset.measures),
        areas_asked=area_codes,
        note=note + " Figures are in thousands.",
    )


# --- national documents -------------------------------------------------------------------------------------


def _national(store: SnapshotStore, path: Path) -> Manifest:
    """The figures quoted in the founding documents, as they stand in our own CSV."""
    spec = provider("national")
    body = _bytes(path)
    name, vintage = identify(path.name, body)
    dataset = spec.dataset(name)
    if name != DATASET_OF["document"]:
        raise ArchiveError(f"{path}: the archive ships figures of kind document only, found {name}.")
    parsed = parser("national")(dataset, [(path.name, body)])
    frame = parsed.frame
    return _add(
        store,
        spec,
        dataset,
        [RawFile("figures.csv", body, f"sources/national/{path.name}")],
        vintage_date=vintage,
        address=f"sources/national/{path.name}",
        series_asked=sorted(frame["series"].unique()),
        areas_asked=sorted(frame["ref_area"].unique()),
        producer="; ".join(sorted(frame["producer"].dropna().unique())),
        rebuilt=False,
        note=(
            "Figures quoted in the founding documents, with their citation and our own short description; no sentence "
            "of a document is carried. The newsletter that quotes them bears no date: it speaks of the end of August "
            "2014 as past, so the end of 2014 stands as vintage date."
        ),
    )


# --- helpers ------------------------------------------------------------------------------------------------


def _add(
    store: SnapshotStore,
    spec: ProviderSpec,
    dataset: DatasetSpec,
    files: Sequence[RawFile],
    *,
    vintage_date: date,
    address: str,
    series_asked: list[str],
    areas_asked: list[str],
    note: str,
    release_tag: str | None = None,
    producer: str | None = None,
    rebuilt: bool = True,
) -> Manifest:
    """Keeps the files as a snapshot; they are read back by the provider's own parser first."""
    bodies = [(f.name, gzip.decompress(f.content) if f.name.endswith(".gz") else f.content) for f in files]
    parsed = parser(spec.provider)(dataset, bodies)
    if parsed.warnings:
        raise ArchiveError(
            f"{dataset.path}: the rebuilt answer is not as the structure says: {'; '.join(parsed.warnings)}"
        )
    origin = Origin(
        provider=spec.provider,
        dataset=dataset.dataset,
        producer=producer or spec.producer,
        vintage_date=vintage_date,
        fetched_at=None,
        address=address,
        release_tag=release_tag,
        series_asked=series_asked,
        areas_asked=areas_asked,
        licence=dataset.licence,
        attribution=dataset.attribution,
        rebuilt=rebuilt,
        note=note,
        content_fingerprint=content_fingerprint(parsed.frame),
        rows=len(parsed.frame),
        origin="archive",
        supersedes=spec.supersedes,
    )
    return store.add(origin, files)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArchiveError(
            f"{path}: cannot be read: {error.strerror or error}. Give the folder that holds the figures."
        ) from error


def _read(path: Path, needed: Sequence[str]) -> Figures:
    """The records of a CSV of figures, compressed or not, all cells text."""
    body = _bytes(path)
    text = (gzip.decompress(body) if path.suffix == ".gz" else body).decode("utf-8-sig")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    lacking = [c for c in needed if c not in (reader.fieldnames or ())]
    if lacking:
        raise ArchiveError(f"{path}: columns {', '.join(lacking)} missing; found {', '.join(reader.fieldnames or ())}.")
    return list(reader)


def _dated_files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("[0-9]*.csv.gz"))
    if not files:
        raise ArchiveError(f"{folder}: no figures found, expected files such as 2023-12-17.csv.gz.")
    return files


def _vintage(path: Path) -> date:
    """The date in a file's name; a month without a day means its end."""
    parts = [int(p) for p in path.name.removesuffix(".csv.gz").split("-")]
    if len(parts) == 2:
        parts.append(calendar.monthrange(*parts)[1])
    return date(*parts)


def _chunks(rows: list[T], size: int) -> list[list[T]]:
    return [rows[n : n + size] for n in range(0, len(rows), size)]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _packed(name: str, text: str, address: str) -> RawFile:
    """A compressed file without a time in it, so that the same text gives the same bytes."""
    return RawFile(f"{name}.gz", gzip.compress(text.encode(), compresslevel=9, mtime=0), address)


def _refuse_foreign(to: Path) -> None:
    """Refuses a target folder that holds anything but an archive, for it is replaced."""
    if to.exists() and not to.is_dir():
        raise ArchiveError(f"{to}: is no folder.")
    for path in to.glob("*") if to.exists() else ():
        if not path.is_dir() or not any(path.glob(f"*/*/{MANIFEST}")):
            raise ArchiveError(f"{path}: is no part of an archive, and {to} would be replaced. Name another folder.")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `python -m sources.archive`; prints one line per snapshot."""
    line = argparse.ArgumentParser(
        prog="python -m sources.archive", description="Builds the archive that ships with Payung."
    )
    line.add_argument("figures", type=Path, help="folder with unsd/, worldbank/, ilo/ and wpp/ of gathered figures")
    line.add_argument("--to", type=Path, default=shipped_archive(), help="folder to write (default: %(default)s)")
    line.add_argument(
        "--areas", type=Path, default=None, help=f"the World Bank's countries (default: FIGURES/../{AREAS_FILE})"
    )
    options = line.parse_args(arguments)
    try:
        manifests = build(options.figures, options.to, options.areas)
    except PayungError as error:
        print(error, file=sys.stderr)
        return 1
    total = 0
    for m in manifests:
        size = sum(f.bytes for f in m.files)
        total += size
        print(f"{m.place}: {m.rows} rows, {len(m.series_asked)} series, {len(m.files)} files, {size / 1024:.0f} kB")
    print(f"{options.to}: {len(manifests)} snapshots, {total / 1024:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
