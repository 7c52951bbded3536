"""ILOSTAT: reads SDMX-CSV 1.0 answers of a dataflow, and the CSV of the bulk service (rplumber).

Belongs here: the two shapes in which the ILO sends one and the same table, and the questions that bring them.
Does not belong here: HTTP itself (http.py), and what the codes mean.

Facts of the provider: SDMX-CSV has the dataflow in column DATAFLOW as AGENCY:DF_NAME(VERSION); the series is the
dataflow's name without DF_ and version. The bulk CSV names the dimensions sex, classif1, classif2 and has
no column for frequency or measure. A blank value is a published blank and is kept. The SDMX service answers an
unknown area with status 500 and ORA-00936, and no data with 404; the bulk service ignores what it does not know and
sends the whole table: what comes back is compared with what was asked for.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from sources.parsing import (
    FinalError,
    ParsedDataset,
    SourceError,
    StagedTableBuilder,
    first_bytes,
    missing_column,
    read_csv,
    read_json,
)
from sources.provider_spec import DatasetSpec

if TYPE_CHECKING:
    from sources.fetching import Fetched, FetchRequest, FetchState, ReleaseMark
    from sources.http import HttpAnswer

DATAFLOW = re.compile(r"^(?P<agency>[^:]+):(?:DF_)?(?P<name>[A-Za-z0-9_]+)\((?P<version>[^)]*)\)$")

# The bulk service's column names beside those of SDMX-CSV; classif1 and classif2 stand for the dataset's
# further dimensions, in the order of its key.
BULK = {
    "ref_area": "REF_AREA",
    "indicator": "DATAFLOW",
    "sex": "SEX",
    "time": "TIME_PERIOD",
    "obs_value": "OBS_VALUE",
    "obs_status": "OBS_STATUS",
    "source": "SOURCE",
    "note_indicator": "NOTE_INDICATOR",
    "note_classif": "NOTE_CLASSIF",
    "note_source": "NOTE_SOURCE",
}
_NOT_IN_BULK = ("FREQ", "MEASURE")
UNKNOWN_AREA = b"ORA-00936"
LAST_UPDATE = "LAST_UPDATE"
BULK_ENDPOINT = "bulk"
# How last.update is written; the first is what the ILO used last.
UPDATED = ("%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y", "%Y-%m-%d")


def parse(dataset: DatasetSpec, files: Iterable[tuple[str, bytes]]) -> ParsedDataset:
    """One row per record of the CSV files.

    Raises SourceError for a body that is no CSV, a record of another length, a required column that is
    missing, and a dataflow that is not written as AGENCY:DF_NAME(VERSION).
    """
    table = StagedTableBuilder(dataset)
    required = [c.published_as for c in dataset.columns if c.required]
    for file, body in files:
        header, rows = read_csv(file, body)
        bulk = "DATAFLOW" not in header and "indicator" in header
        if bulk:
            others = [c.published_as for c in dataset.dimensions if c.published_as not in (*_NOT_IN_BULK, "SEX")]
            names = BULK | {f"classif{n}": name for n, name in enumerate(others, start=1)}
            header = [names.get(h, h) for h in header]
        for name in required:
            if name not in header and not (bulk and name in _NOT_IN_BULK):
                raise missing_column(file, dataset, name, header)
        values: dict[str, list[str | None]] = {}
        for name, cells in zip(header, zip(*rows, strict=True), strict=True):
            column = list(cells) if name != "DATAFLOW" or bulk else _series(file, cells)
            values[table.column(name, "attribute", file)] = [c or None for c in column]
        table.add(file, len(rows), values, first=2)
    return table.parsed()


def what_changed(request: FetchRequest, state: FetchState | None) -> ReleaseMark:
    """`last.update` of the dataset's yearly table in the table of contents; the ILO asks clients to read it first.

    Where the table of contents cannot be used (an empty body, no such table), LAST_UPDATE in the annotations of the
    dataflow is read instead, and a warning says why. Raises SourceError with both reasons where that fails too.
    """
    from sources.fetching import ReleaseMark

    try:
        updated = _in_contents(request)
        return ReleaseMark(_tag("last.update", updated, state), _moment(request.mark_address, updated).date())
    except SourceError as error:
        first, address = error, request.fallback_mark_address
        if address is None:
            raise
    try:
        updated = _in_annotations(request, address)
        vintage = _moment(address, updated).date()
    except SourceError as second:
        raise SourceError(f"{first} {LAST_UPDATE} of the dataflow was asked for instead: {second}") from second
    warning = f"{LAST_UPDATE} of the dataflow was read ({address}), because the table of contents failed: {first}"
    return ReleaseMark(_tag(LAST_UPDATE, updated, state), vintage, warnings=[warning])


def _in_contents(request: FetchRequest) -> str:
    """`last.update` of the dataset's yearly table in the table of contents."""
    found: list[str] = []
    table = f"{request.dataset.dataset}_A"

    def check(body: bytes) -> None:
        header, rows = read_csv("table of contents", body)
        for name in ("id", "last.update"):
            if name not in header:
                raise SourceError(f"table of contents: column {name!r} is missing; found {', '.join(header[:12])}.")
        updates = [r[header.index("last.update")] for r in rows if r[header.index("id")] == table]
        if len(updates) != 1:
            raise FinalError(
                f"table of contents: table {table} stands {len(updates)} times among {len(rows)}, expected once. The "
                "ILO may have renamed it: look there, and adapt sources/providers/ilostat.yaml."
            )
        found.append(updates[0])

    request.client.get(request.mark_address, check)
    return found[-1]


def _in_annotations(request: FetchRequest, address: str) -> str:
    """LAST_UPDATE in the annotations of the dataset's dataflow, in SDMX-ML 2.1 or SDMX-JSON 1.0."""
    flow = f"DF_{request.dataset.dataset}"
    found: list[str] = []

    def check(body: bytes) -> None:
        is_xml = body.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<" and b"<html" not in body[:1000].lower()
        updates = _of_xml(flow, body) if is_xml else _of_json(flow, body)
        if len(updates) != 1 or not updates[0]:
            raise SourceError(
                f"dataflow {flow}: found the annotation {LAST_UPDATE} {len(updates)} times, expected once with a date "
                f"(the answer begins {first_bytes(body)})."
            )
        found.append(updates[0])

    request.client.get(address, check)
    return found[-1]


def _of_xml(flow: str, body: bytes) -> list[str]:
    try:
        text = body.decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:  # SDMX has none; they could unpack without end
            raise SourceError(f"dataflow {flow}: found XML with a document type, expected SDMX-ML.")
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise SourceError(f"dataflow {flow}: no whole XML: {error} (beginning {first_bytes(body)}).") from error
    return [
        (annotation.findtext("{*}AnnotationTitle") or annotation.findtext("{*}AnnotationText") or "").strip()
        for element in root.iterfind(".//{*}Dataflow")
        if element.get("id") == flow
        for annotation in element.iterfind("{*}Annotations/{*}Annotation")
        if (annotation.findtext("{*}AnnotationType") or "").strip() == LAST_UPDATE
    ]


def _of_json(flow: str, body: bytes) -> list[str]:
    answer = read_json(f"dataflow {flow}", body)
    data = answer.get("data") if isinstance(answer, dict) else None
    flows = data.get("dataflows") if isinstance(data, dict) else None
    if not isinstance(flows, list):
        raise SourceError(f"dataflow {flow}: found JSON without data.dataflows (beginning {first_bytes(body)}).")
    return [
        str(annotation.get("title") or annotation.get("text") or "").strip()
        for found in flows
        if isinstance(found, dict) and found.get("id") == flow
        for annotation in found.get("annotations") or []
        if isinstance(annotation, dict) and annotation.get("type") == LAST_UPDATE
    ]


def _tag(name: str, updated: str, state: FetchState | None) -> str:
    """The release mark; the one known where it is the same moment, whichever of the two places it was read in."""
    mark = f"{name} {updated}"
    before = state.release_tag if state is not None else None
    if before is not None and before.partition(" ")[0] in ("last.update", LAST_UPDATE):
        try:
            return before if _moment("", before.partition(" ")[2]) == _moment("", updated) else mark
        except SourceError:  # the caller refuses a date in no known form; here the marks are only compared
            return mark
    return mark


def _moment(address: str, text: str) -> datetime:
    """When a table was last updated. Raises SourceError for a date in no known form."""
    for form in UPDATED:
        try:
            return datetime.strptime(text.strip(), form)
        except ValueError:  # perhaps another of the forms; if none, the error below
            continue
    raise SourceError(f"{address}: last.update is {text!r}, expected a date such as 28/09/2024 12:00:00.")


def fetch(request: FetchRequest, mark: ReleaseMark) -> Fetched:
    """The table for all areas in scope; an area that the ILO does not know is found, named and left out.

    Raises SourceError when the dataflow is unknown, nothing is left, or other areas or series came back.
    """
    from sources.fetching import Fetched, FetchProgress, packed_answer

    areas = list(request.scope.areas)
    files = []
    left_out: list[str] = []
    if request.dataset.endpoint == BULK_ENDPOINT:
        parts = [areas]
    else:
        parts = _known_areas(request, areas)
        bad = [a for a in areas if not any(a in part for part in parts)]
        if bad:
            left_out.append(f"Areas that the ILO does not know: {', '.join(bad)}.")
        if not parts:
            raise SourceError(f"{_address(request, areas)}: the ILO knows not one of the areas asked for.")
    for number, part in enumerate(parts, start=1):
        name = "data.csv" if len(parts) == 1 else f"data_{number}.csv"
        files.append(packed_answer(name, _ask(request, part)))
        text = f"{request.dataset.dataset}: {number} of {len(parts)}"
        request.report_progress(FetchProgress(text, request.dataset.dataset, number, len(parts)))
    fetched_areas = [a for part in parts for a in part]
    return Fetched(files, _address(request, fetched_areas), [request.dataset.dataset], fetched_areas, left_out)


def _known_areas(request: FetchRequest, areas: list[str]) -> list[list[str]]:
    """The areas in as few groups as the service answers: a group with an unknown area is halved."""
    from sources.http import HttpError

    try:
        _ask(request, areas)
        return [areas]
    except HttpError as error:
        if error.status != 500 or UNKNOWN_AREA not in error.body:
            raise
    if len(areas) == 1:
        return []
    half = len(areas) // 2
    return [*_known_areas(request, areas[:half]), *_known_areas(request, areas[half:])]


def _address(request: FetchRequest, areas: list[str]) -> str:
    """The address of the data; a + stays a +, for the service does not understand %2B."""
    joined = "+".join(areas)
    base = f"{request.base}/{request.dataset.address}"
    if request.dataset.endpoint == BULK_ENDPOINT:
        return f"{base}?id={request.dataset.dataset}_A&ref_area={joined}&format=.csv"
    return f"{base}/{joined}.A.{'.' * (len(request.dataset.dimensions) - 2)}?format=csv"


def _ask(request: FetchRequest, areas: list[str]) -> HttpAnswer:
    """The answer for these areas. HttpError as the service answered, its meaning in words where it is known."""
    from sources.fetching import refuse_unrequested
    from sources.http import HttpError

    def check(body: bytes) -> None:
        header, rows = read_csv("data.csv", body)
        for names, requested, what in (
            (("REF_AREA", "ref_area"), areas, "areas"),
            (("DATAFLOW", "indicator"), [request.dataset.dataset], "series"),
        ):
            name = next((n for n in names if n in header), None)
            if name is None:
                raise missing_column("data.csv", request.dataset, names[0], header)
            cells = {row[header.index(name)] for row in rows}
            if what == "series":
                cells = set(_series("data.csv", cells)) if name == "DATAFLOW" else {_bulk_series(c) for c in cells}
            refuse_unrequested(cells, requested, what)

    try:
        return request.download(_address(request, areas), check)
    except HttpError as error:
        meaning = {
            404: "The ILO has no data for this question, or does not know the dataflow: look at its list.",
            422: "The key is too short or the agency is missing: compare the dimensions in sources/providers/ilostat.yaml.",
            400: "The bulk service does not know this table.",
        }.get(error.status)
        if meaning is None:
            raise
        explained = error.within(meaning)
        explained.args = (f"{error} {meaning}",)
        raise explained from error


def _bulk_series(cell: str) -> str:
    """The table's name as the bulk service writes it in column indicator, with or without its frequency."""
    return re.sub(r"_[AQM]$", "", cell)


def _series(file: str, cells: Iterable[str]) -> list[str]:
    """The series of each record, from its dataflow."""
    names: dict[str, str] = {}
    series = []
    for number, cell in enumerate(cells, start=2):
        name = names.get(cell)
        if name is None:
            match = DATAFLOW.match(cell)
            if match is None:
                raise SourceError(
                    f"{file}: row {number}: DATAFLOW: found {cell!r}, expected AGENCY:DF_NAME(VERSION). "
                    "Check that the answer was asked for as SDMX-CSV 1.0."
                )
            name = names[cell] = match["name"]
        series.append(name)
    return series
