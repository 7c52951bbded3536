"""ILOSTAT: requests and parser for SDMX-CSV 1.0 of a dataflow, and for the CSV of the bulk service (rplumber).

Facts about the provider: SDMX-CSV has the dataflow in column DATAFLOW as AGENCY:DF_NAME(VERSION); the series is the
dataflow's name without DF_ and version. The bulk CSV has the same table with the dimensions sex, classif1, classif2 and
without columns for frequency and measure. A blank value is published blank and is stored. The SDMX service answers an
unknown area with status 500 and ORA-00936, and a request without data with 404. The bulk service ignores unknown
parameters and sends the whole table, so the answer is compared with the request.
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

# Column of the bulk service -> column of SDMX-CSV. classif1 and classif2 are the dataset's other dimensions, in the
# order of its key.
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
# Formats of last.update; the first is the current one.
UPDATED = ("%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y", "%Y-%m-%d")


def parse(dataset: DatasetSpec, files: Iterable[tuple[str, bytes]]) -> ParsedDataset:
    """One row per record of the CSV files.

    Raises SourceError for a body that is not CSV, a record of another length, a missing required column, and a
    dataflow in another form than AGENCY:DF_NAME(VERSION).
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
    """`last.update` of the dataset's yearly table in the table of contents, which the ILO recommends to read first.

    If the table of contents is unusable (an empty body, no such table), LAST_UPDATE in the annotations of the dataflow
    is read instead, with a warning. Raises SourceError with both reasons if that fails too.
    """
    from sources.fetching import ReleaseMark

    try:
        updated = _contents_update(request)
        return ReleaseMark(_tag("last.update", updated, state), _update_time(request.mark_address, updated).date())
    except SourceError as error:
        first, address = error, request.fallback_mark_address
        if address is None:
            raise
    try:
        updated = _annotation_update(request, address)
        vintage = _update_time(address, updated).date()
    except SourceError as second:
        raise SourceError(f"{first} {LAST_UPDATE} of the dataflow was requested instead: {second}") from second
    warning = f"{LAST_UPDATE} of the dataflow was used ({address}), because the table of contents failed: {first}"
    return ReleaseMark(_tag(LAST_UPDATE, updated, state), vintage, warnings=[warning])


def _contents_update(request: FetchRequest) -> str:
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
                f"table of contents: found table {table} {len(updates)} times among {len(rows)}, expected once. The ILO "
                "may have renamed it: look up its new name there, and adapt sources/providers/ilostat.yaml."
            )
        found.append(updates[0])

    request.client.get(request.mark_address, check)
    return found[-1]


def _annotation_update(request: FetchRequest, address: str) -> str:
    """LAST_UPDATE in the annotations of the dataset's dataflow, in SDMX-ML 2.1 or SDMX-JSON 1.0."""
    flow = f"DF_{request.dataset.dataset}"
    found: list[str] = []

    def check(body: bytes) -> None:
        is_xml = body.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<" and b"<html" not in body[:1000].lower()
        updates = _xml_updates(flow, body) if is_xml else _json_updates(flow, body)
        if len(updates) != 1 or not updates[0]:
            raise SourceError(
                f"dataflow {flow}: found the annotation {LAST_UPDATE} {len(updates)} times, expected once with a date "
                f"(the answer begins {first_bytes(body)})."
            )
        found.append(updates[0])

    request.client.get(address, check)
    return found[-1]


def _xml_updates(flow: str, body: bytes) -> list[str]:
    try:
        text = body.decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:  # SDMX has none, and entities could expand endlessly
            raise SourceError(f"dataflow {flow}: found XML with a document type, expected SDMX-ML.")
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise SourceError(f"dataflow {flow}: invalid XML: {error} (it begins {first_bytes(body)}).") from error
    return [
        (annotation.findtext("{*}AnnotationTitle") or annotation.findtext("{*}AnnotationText") or "").strip()
        for element in root.iterfind(".//{*}Dataflow")
        if element.get("id") == flow
        for annotation in element.iterfind("{*}Annotations/{*}Annotation")
        if (annotation.findtext("{*}AnnotationType") or "").strip() == LAST_UPDATE
    ]


def _json_updates(flow: str, body: bytes) -> list[str]:
    answer = read_json(f"dataflow {flow}", body)
    data = answer.get("data") if isinstance(answer, dict) else None
    flows = data.get("dataflows") if isinstance(data, dict) else None
    if not isinstance(flows, list):
        raise SourceError(f"dataflow {flow}: found JSON without data.dataflows (it begins {first_bytes(body)}).")
    return [
        str(annotation.get("title") or annotation.get("text") or "").strip()
        for found in flows
        if isinstance(found, dict) and found.get("id") == flow
        for annotation in found.get("annotations") or []
        if isinstance(annotation, dict) and annotation.get("type") == LAST_UPDATE
    ]


def _tag(name: str, updated: str, state: FetchState | None) -> str:
    """The release tag; the previous tag if it has the same time, from either of the two sources of the mark."""
    tag = f"{name} {updated}"
    previous = state.release_tag if state is not None else None
    if previous is not None and previous.partition(" ")[0] in ("last.update", LAST_UPDATE):
        try:
            return previous if _update_time("", previous.partition(" ")[2]) == _update_time("", updated) else tag
        except SourceError:  # the caller refuses a date in an unknown form; here the tags are only compared
            return tag
    return tag


def _update_time(address: str, text: str) -> datetime:
    """The time of a table's last update. Raises SourceError for a date in an unknown form."""
    for form in UPDATED:
        try:
            return datetime.strptime(text.strip(), form)
        except ValueError:  # try the next form
            continue
    raise SourceError(f"{address}: last.update: found {text!r}, expected a date such as 28/09/2024 12:00:00.")


def fetch(request: FetchRequest, mark: ReleaseMark) -> Fetched:
    """The table for all areas in scope; areas that the ILO does not know are identified and left out.

    Raises SourceError if the dataflow is unknown, no area remains, or the answer has other areas or series.
    """
    from sources.fetching import Fetched, FetchProgress, packed_answer

    areas = list(request.scope.areas)
    files = []
    left_out: list[str] = []
    if request.dataset.endpoint == BULK_ENDPOINT:
        parts = [areas]
    else:
        parts = _known_areas(request, areas)
        unknown = [a for a in areas if not any(a in part for part in parts)]
        if unknown:
            left_out.append(f"Areas that the ILO does not know: {', '.join(unknown)}.")
        if not parts:
            raise SourceError(
                f"{_address(request, areas)}: the ILO knows none of the requested areas. Check the crosswalk ref_area of "
                "ilostat."
            )
    for number, part in enumerate(parts, start=1):
        name = "data.csv" if len(parts) == 1 else f"data_{number}.csv"
        files.append(packed_answer(name, _download(request, part)))
        text = f"{request.dataset.dataset}: {number} of {len(parts)}"
        request.report_progress(FetchProgress(text, request.dataset.dataset, number, len(parts)))
    fetched_areas = [a for part in parts for a in part]
    return Fetched(files, _address(request, fetched_areas), [request.dataset.dataset], fetched_areas, left_out)


def _known_areas(request: FetchRequest, areas: list[str]) -> list[list[str]]:
    """The areas in the fewest groups that the service answers: a group with an unknown area is halved."""
    from sources.http import HttpError

    try:
        _download(request, areas)
        return [areas]
    except HttpError as error:
        if error.status != 500 or UNKNOWN_AREA not in error.body:
            raise
    if len(areas) == 1:
        return []
    half = len(areas) // 2
    return [*_known_areas(request, areas[:half]), *_known_areas(request, areas[half:])]


def _address(request: FetchRequest, areas: list[str]) -> str:
    """The address of the data; + is not escaped, because the service does not decode %2B."""
    joined = "+".join(areas)
    base = f"{request.base}/{request.dataset.address}"
    if request.dataset.endpoint == BULK_ENDPOINT:
        return f"{base}?id={request.dataset.dataset}_A&ref_area={joined}&format=.csv"
    return f"{base}/{joined}.A.{'.' * (len(request.dataset.dimensions) - 2)}?format=csv"


def _download(request: FetchRequest, areas: list[str]) -> HttpAnswer:
    """The answer for these areas. Raises HttpError, with an explanation of the service's known status codes."""
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
            404: "The ILO has no data for this request, or does not know the dataflow: check its list of dataflows.",
            422: "The key is too short or the agency is missing: check the dimensions in sources/providers/ilostat.yaml.",
            400: "The bulk service does not know this table: check the dataset in sources/providers/ilostat.yaml.",
        }.get(error.status)
        if meaning is None:
            raise
        explained = error.within(meaning)
        explained.args = (f"{error} {meaning}",)
        raise explained from error


def _bulk_series(cell: str) -> str:
    """The table's name in column indicator of the bulk service, without its frequency."""
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
                    "Check that SDMX-CSV 1.0 was requested."
                )
            name = names[cell] = match["name"]
        series.append(name)
    return series
