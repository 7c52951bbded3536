"""Real recorded answers of the providers go through the parsers (read from the shared originals, else skipped)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sources.parsing import SourceError, read_json
from sources.provider_spec import DatasetSpec
from sources.providers.world_bank import WorldBankError
from sources.registry import dataset, parser

WDI = dataset("world_bank", "wdi")
SDG = dataset("unsd_sdg", "sdg")


def flow_without(*names: str) -> DatasetSpec:
    """The ILO structure of a dataflow that has not these dimensions."""
    spec = dataset("ilostat", "SDG_0131_SEX_SOC_RT")
    return spec.model_copy(update={"columns": [c for c in spec.columns if c.published_as not in names]})


class TestWorldBank:
    def test_an_answer_with_aggregates_and_nulls(self, evidence: Path) -> None:
        body = (evidence / "wb_v2_data_NY.GDP.MKTP.CD_recorded_2026.json").read_bytes()
        frame = parser("world_bank")(WDI, [("data.json", body)]).frame
        assert list(frame["ref_area"]) == ["MEX", "MEX", "EMU", "XX"], "country.id where countryiso3code is empty"
        assert list(frame["obs_value"]) == ["1832641364775.52", "1830489311088.89", None, "5.0"], "digits as published"
        assert list(frame["time_period"]) == ["2025", "2024", "2025", "2025"]
        assert set(frame["lastupdated"]) == {"2026-07-13"}
        assert set(frame["sourceid"]) == {"2"}
        assert frame["unit_measure"].isna().all()

    def test_one_page_of_fourteen_is_not_taken_for_the_whole(self, evidence: Path) -> None:
        body = (evidence / "wb_v2_data_VN_NY.GDP.MKTP.CD_excerpt_2026-05-13.json").read_bytes()
        with pytest.raises(SourceError, match=r"page 2, 3, .* of 14 is missing"):
            parser("world_bank")(WDI, [("data_page_001.json", body)])

    @pytest.mark.parametrize(
        ("file", "code", "said"),
        [
            ("wb_v2_error_120_recorded.json", "120", "one by one"),
            ("wb_v2_error_175_recorded.json", "175", "deleted or archived"),
        ],
    )
    def test_errors_inside_http_200(self, evidence: Path, file: str, code: str, said: str) -> None:
        with pytest.raises(WorldBankError, match=f"{file}: found the World Bank's own error {code}.*{said}") as caught:
            parser("world_bank")(WDI, [(file, (evidence / file).read_bytes())])
        assert caught.value.codes == (code,)
        moved = caught.value.within("here")
        assert isinstance(moved, WorldBankError)
        assert moved.codes == (code,)

    def test_the_format_error_is_xml(self, evidence: Path) -> None:
        file = "wb_v1_error_111_xml_recorded_2021-12.xml"
        with pytest.raises(SourceError, match="found XML that says 'The requested response format was not found"):
            parser("world_bank")(WDI, [(file, (evidence / file).read_bytes())])

    def test_whole_row_lists(self, evidence: Path) -> None:
        """These files hold the second element of real answers; the header is set to their counts."""
        files = sorted((evidence / "wb_v2_rows_centralasia_2023-07").glob("Data_*_page_1.json"))
        assert len(files) > 20
        for first in files:
            pages = sorted(first.parent.glob(first.name.replace("_page_1", "_page_*")))
            rows = [json.loads(p.read_text()) for p in pages]
            total = sum(map(len, rows))
            bodies = [
                (
                    p.name,
                    b'[{"page":%d,"pages":%d,"per_page":50,"total":%d,"sourceid":"2","lastupdated":"2023-07-01"},%s]'
                    % (n, len(pages), total, p.read_bytes()),
                )
                for n, p in enumerate(pages, start=1)
            ]
            result = parser("world_bank")(WDI, bodies)
            assert len(result.frame) == total
            assert result.warnings == []
            published = [r["value"] for part in rows for r in part]
            read = [None if v is None else float(v) for v in result.frame["obs_value"]]
            assert read == published


class TestUnsd:
    def test_a_row_of_indicator_data(self, evidence: Path) -> None:
        page = json.loads((evidence / "unsd_indicator_data_6.4.2_first_row_2026-07-10.json").read_text())
        with pytest.raises(SourceError, match="page 2, 3"):
            parser("unsd_sdg")(SDG, [("series_data_page_001.json", json.dumps(page).encode())])
        page |= {"totalElements": 1, "totalPages": 1}
        row = parser("unsd_sdg")(SDG, [("series_data_page_001.json", json.dumps(page).encode())]).frame.iloc[0]
        assert (row["series"], row["ref_area"], row["time_period"]) == ("ER_H2O_STRESS", "4", "2000")
        assert (row["obs_value"], row["nature"], row["unit_measure"], row["obs_status"]) == (
            "54.76",
            "E",
            "PERCENT",
            "I",
        )
        assert (row["reporting_type"], row["activity"]) == ("G", "TOTAL")
        assert row["source_citation"] == "Food and Agriculture Organisation of United Nations (FAO)"
        assert (row["goal"], row["target"], row["indicator"]) == ("6", "6.4", "6.4.2")
        assert row["footnote"] is None

    def test_footnotes_bounds_and_unknown_dimensions(self) -> None:
        row = {
            "goal": ["1", "11"],
            "target": ["1.5", "11.5"],
            "indicator": ["1.5.1", "11.5.1"],
            "series": "X_Y",
            "geoAreaCode": "608",
            "timePeriodStart": 2015.0,
            "value": "<2.5",
            "upperBound": "2.5",
            "lowerBound": None,
            "footnotes": ["first", "", "second"],
            "attributes": {"Nature": "C"},
            "dimensions": {"Sex": "FEMALE", "Mode of travel": "WALK"},
        }
        plain = {k: v for k, v in row.items() if k not in ("attributes", "dimensions")}
        page = {"totalElements": 3, "totalPages": 1, "pageNumber": 1, "data": [row, plain, row]}
        result = parser("unsd_sdg")(SDG, [("series_data_page_001.json", json.dumps(page).encode())])
        frame = result.frame
        assert list(frame["obs_value"]) == ["<2.5"] * 3
        assert list(frame["upper_bound"]) == ["2.5"] * 3
        assert frame["footnote"][0] == "first | second"
        assert frame["indicator"][0] == "1.5.1, 11.5.1"
        assert list(frame["sex"]) == ["FEMALE", None, "FEMALE"], "a row without dimensions keeps its place"
        assert list(frame["mode_of_travel"]) == ["WALK", None, "WALK"]
        assert [(c.name, c.role) for c in result.extra_columns] == [("mode_of_travel", "dimension")]
        assert "unknown dimension 'Mode of travel'" in result.warnings[0]


class TestIlo:
    def test_sdmx_csv(self, evidence: Path) -> None:
        body = (evidence / "ilo" / "probe-SDG_0552_NOC_RT.csv").read_bytes()
        row = parser("ilostat")(flow_without("SEX", "SOC"), [("data.csv", body)]).frame.iloc[0]
        assert (row["series"], row["ref_area"], row["time_period"], row["obs_value"]) == (
            "SDG_0552_NOC_RT",
            "KEN",
            "2019",
            "37.1",
        )
        assert (row["unit_measure"], row["source_citation"]) == ("PT", "LFS - Labour Force Survey")
        assert (row["freq"], row["measure"], row["decimals"]) == ("A", "SDG_0552_RT", "1")
        assert row["obs_status"] is None

    def test_the_bulk_csv_is_the_same_table(self, evidence: Path) -> None:
        body = (evidence / "ilo" / "rplumber-une-deap-sex-age-rt-a.excerpt.csv").read_bytes()
        result = parser("ilostat")(dataset("ilostat", "SDG_0131_SEX_SOC_RT"), [("data.csv", body)])
        assert result.warnings == []
        frame = result.frame
        assert set(frame["series"]) == {"UNE_DEAP_SEX_AGE_RT"}
        assert list(frame["obs_value"][:3]) == ["5.585", "5.014", "2.757"]
        assert frame["soc"][0] == "AGE_YTHADULT_YGE15", "classif1 is the first further dimension"
        assert frame["obs_status"][4] == "B"
        assert frame["snapshot_row"][0] == "data.csv:2", "the header is row 1"

    def test_a_dataflow_in_another_form_is_refused(self) -> None:
        body = b"DATAFLOW,REF_AREA,FREQ,MEASURE,SEX,SOC,TIME_PERIOD,OBS_VALUE\nwhat,KHM,A,M,SEX_T,SOC_X,2020,1\n"
        with pytest.raises(SourceError, match="row 2: DATAFLOW: found 'what', expected AGENCY"):
            parser("ilostat")(dataset("ilostat", "SDG_0131_SEX_SOC_RT"), [("data.csv", body)])


class TestWpp:
    def test_the_file_of_2019_has_no_iso3(self) -> None:
        body = (
            b"LocID,Location,VarID,Variant,Time,MidPeriod,AgeGrp,AgeGrpStart,AgeGrpSpan,PopMale,PopFemale,PopTotal\n"
            b"116,Cambodia,2,Medium,2015,2015.5,0-4,0,5,893.106,860.951,1754.057\n"
        )
        result = parser("un_wpp")(dataset("un_wpp", "wpp2019_age_sex"), [("wpp.csv", body)])
        assert list(result.frame["ref_area"]) == ["116", "116"]
        assert list(result.frame["series"]) == ["PopMale", "PopFemale"]
        assert list(result.frame["obs_value"]) == ["893.106", "860.951"]
        assert result.warnings == [], "PopTotal is a known measure that is not asked for"

    def test_without_any_area_column(self) -> None:
        body = b"Location,Time,AgeGrp,PopMale,PopFemale\nCambodia,2015,0-4,1,2\n"
        with pytest.raises(SourceError, match="required column 'ISO3_code' is missing"):
            parser("un_wpp")(dataset("un_wpp", "wpp2019_age_sex"), [("wpp.csv", body)])


@pytest.mark.parametrize("literal", ["54.76", "5.0", "0.10", "1e-05", "-0.0", "123456789012345678901234.5", "0", "NaN"])
def test_digits_are_kept_as_published(literal: str) -> None:
    assert read_json("a.json", f'[{{"value": {literal}}}]'.encode()) == [{"value": literal}]
