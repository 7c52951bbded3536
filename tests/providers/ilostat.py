"""Answers of the ILO's SDMX service and bulk service (providers.md)."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

from providers.published_rows import all_files, read_csv, write_csv
from providers.service import ProviderService, Reply, Request, json_reply

FLOW = "SDG_0131_SEX_SOC_RT"
DATAFLOW_XML = """\ufeff<?xml version="1.0" encoding="utf-8"?>
<!--NSI Web Service v8.19.6.0-->
<message:Structure xmlns:message="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
 xmlns:structure="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure"
 xmlns:common="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">
  <message:Header><message:ID>IDREF1</message:ID></message:Header>
  <message:Structures><structure:Dataflows>
    <structure:Dataflow id="%(flow)s" agencyID="ILO" version="1.0" isFinal="true">
      <common:Annotations>
        <common:Annotation><common:AnnotationTitle>FREQ=A</common:AnnotationTitle>
          <common:AnnotationType>DEFAULT</common:AnnotationType></common:Annotation>
        <common:Annotation><common:AnnotationTitle>%(update)s</common:AnnotationTitle>
          <common:AnnotationType>LAST_UPDATE</common:AnnotationType></common:Annotation>
      </common:Annotations>
      <common:Name xml:lang="en">Population covered</common:Name>
    </structure:Dataflow>
  </structure:Dataflows></message:Structures>
</message:Structure>"""


@cache
def published() -> tuple[list[str], list[list[str]]]:
    """Header and records of the SDMX-CSV."""
    (_, body), *_ = all_files("ilostat", FLOW)
    return read_csv(body)


class Service(ProviderService):
    def __init__(self) -> None:
        super().__init__()
        self.last_update = "12/09/2024 08:00:00"
        self.dataflow_update: str | None = None  # LAST_UPDATE of the dataflow; None: as in the table of contents
        self.dataflow_json = False
        self.unknown: set[str] = set()

    @property
    def vintage_date(self) -> date:
        return datetime.strptime(self.last_update, "%d/%m/%Y %H:%M:%S").date()

    def publish(self, day: date) -> None:
        self.last_update = f"{day:%d/%m/%Y} 08:00:00"

    def raise_values(self) -> None:
        self.change_row = lambda r: [*r[:7], f"{r[7]}1" if "." in r[7] else r[7], *r[8:]]

    def answer(self, endpoint: str, request: Request) -> Reply:
        return {"sdmx": self._sdmx, "bulk": self._bulk}[endpoint](request)

    def _sdmx(self, request: Request) -> Reply:
        if request.path.startswith("dataflow/"):
            return self._dataflow(request.path)
        _, flow, key = request.path.split("/")
        if "," not in flow:
            return Reply(b"Agency missing", 422)
        if flow != f"ILO,DF_{FLOW}":
            return Reply(f"Could not find Dataflow {flow}".encode(), 404)
        if key.count(".") != 4:
            return Reply(b"Not enough key values in query, expecting 5", 422)
        areas = key.split(".")[0].split("+")
        header, rows = self._table()
        position = header.index("REF_AREA")
        known_areas = {r[position] for r in rows} - self.unknown
        if set(areas) - known_areas:
            return Reply(b"java.sql.SQLSyntaxErrorException: ORA-00936: missing expression", 500)
        rows = [r for r in rows if self.ignore_area or r[position] in areas]
        return self.csv([header, *rows]) if rows else Reply(b"NoRecordsFound", 404)

    def _dataflow(self, path: str) -> Reply:
        if path != f"dataflow/ILO/DF_{FLOW}/latest":
            return Reply(b"Could not find requested structures", 404)
        update = self.last_update if self.dataflow_update is None else self.dataflow_update
        if self.dataflow_json:
            marks = [{"title": "FREQ=A", "type": "DEFAULT"}, {"title": update, "type": "LAST_UPDATE"}]
            flow = {"id": f"DF_{FLOW}", "version": "1.0", "agencyID": "ILO", "annotations": marks}
            return json_reply({"data": {"dataflows": [flow]}, "meta": {"id": "IDREF1"}})
        return Reply((DATAFLOW_XML % {"flow": f"DF_{FLOW}", "update": update}).encode())

    def _table(self) -> tuple[list[str], list[list[str]]]:
        header, rows = published()
        return header, rows if self.change_row is None else [self.change_row(list(r)) for r in rows]

    def _bulk(self, request: Request) -> Reply:
        if request.path == "metadata/toc/indicator/":
            lines = [
                ["id", "indicator", "indicator.label", "last.update", "n.records"],
                ["UNE_DEAP_SEX_AGE_RT_A", "UNE_DEAP_SEX_AGE_RT", "Unemployment rate", "01/02/2024 10:00:00", "9"],
                [f"{FLOW}_A", FLOW, "Population covered", self.last_update, "1643"],
            ]
            return Reply(write_csv(lines), headers={"Content-Type": "application/octet-stream"})
        assert request.path == "data/indicator/"
        # + separates areas in this address; the service does not decode %2B.
        if "%2B" in request.raw_query or request.query.get("id") != [f"{FLOW}_A"]:
            return Reply(b"unknown id", 400)
        header, rows = self._table()
        requested = request.raw_query.partition("ref_area=")[2].partition("&")[0]
        if requested and not self.ignore_area:
            rows = [r for r in rows if r[header.index("REF_AREA")] in requested.split("+")]
        names = {
            "ref_area": "REF_AREA",
            "source": "SOURCE",
            "indicator": "DATAFLOW",
            "sex": "SEX",
            "classif1": "SOC",
            "time": "TIME_PERIOD",
            "obs_value": "OBS_VALUE",
            "obs_status": "OBS_STATUS",
        }
        lines = [[FLOW if n == "DATAFLOW" else r[header.index(n)] for n in names.values()] for r in rows]
        return Reply(b"\xef\xbb\xbf" + write_csv([list(names), *lines]))
