"""One contract for every provider: a recorded answer gives the tidy table, a spoilt one a clear error."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator

import pytest
from providers.servers import rows_of, with_rows
from source_samples import Sample, fewer_rows, sample, with_extra, without

from indicator_defs.roles import ROLE_COLUMNS
from sources.manifests import Manifest
from sources.parsing import SNAPSHOT_ROW, ParsedDataset, SourceError, check_requested, content_fingerprint, decompressed
from sources.provider_spec import DatasetSpec
from sources.registry import dataset, parse_snapshot, parser, structures
from sources.snapshots import SnapshotStore

DATASETS = [d for d in structures() if isinstance(d, DatasetSpec)]
JSON_PROVIDERS = ("unsd_sdg", "world_bank")


@pytest.fixture(params=DATASETS, ids=lambda d: d.path)
def spec(request: pytest.FixtureRequest) -> DatasetSpec:
    found: DatasetSpec = request.param
    return found


@pytest.fixture
def small(spec: DatasetSpec, archive: SnapshotStore, archived: dict[str, Manifest]) -> Sample:
    kept = archived.get(spec.path)
    return sample(spec, archive, kept.place if kept else None)


def read(spec: DatasetSpec, file: str, *bodies: bytes) -> ParsedDataset:
    return parser(spec.provider)(spec, [(file, body) for body in bodies])


def expected_columns(spec: DatasetSpec) -> list[str]:
    own = [c.name for role in ("dimension", "attribute") for c in spec.columns if c.role == role]
    return [SNAPSHOT_ROW, *ROLE_COLUMNS, *own]


def test_a_recorded_answer_gives_the_tidy_table(spec: DatasetSpec, small: Sample) -> None:
    result = read(spec, small.file, small.body)
    frame = result.frame
    assert list(frame.columns) == expected_columns(spec)
    assert len(frame) == small.rows
    assert result.warnings == []
    assert result.extra_columns == []
    cells = {type(v) for column in frame.columns for v in frame[column]}
    assert cells <= {str, type(None)}, "every cell is text as published, or None"
    assert not (frame == "").any().any(), "an empty cell is None, not empty text"
    for column in spec.columns:
        if not column.nullable:
            assert frame[column.name].notna().all(), column.name
        if column.pattern:
            assert frame[column.name].dropna().str.fullmatch(column.pattern).all(), column.name
    assert frame[SNAPSHOT_ROW].str.fullmatch(rf"{small.file}:\d+").all()


def test_every_shipped_snapshot_is_parsed_whole(archive: SnapshotStore, parsed: dict[str, ParsedDataset]) -> None:
    for manifest in archive.list():
        result = parsed[manifest.place]
        spec = dataset(manifest.provider, manifest.dataset)
        assert list(result.frame.columns) == expected_columns(spec)
        assert len(result.frame) == manifest.rows
        assert content_fingerprint(result.frame) == manifest.content_fingerprint
        assert result.warnings == []
        assert set(result.frame["series"]) == set(manifest.series_asked)
        assert set(result.frame["ref_area"]) == set(manifest.areas_asked)
        for column in spec.columns:
            if column.pattern:
                cells = result.frame[column.name].dropna()
                assert cells[~cells.str.fullmatch(column.pattern)].empty, (manifest.place, column.name)


def spoilt(spec: DatasetSpec, body: bytes) -> Iterator[tuple[str, bytes, str]]:
    """Name of the fault, the body, and what the message must say."""
    yield "empty", b"", "empty body"
    yield "white space", b" \r\n", "white space"
    yield "only NUL", b"\0" * 64, "only NUL bytes"
    yield "padded with NUL", body + b"\0" * 100, "100 NUL bytes"
    yield "UTF-16", body.decode().encode("utf-16"), r"UTF-16 \(it begins with the mark"
    yield "UTF-16 without a mark", body.decode().encode("utf-16-be"), r"UTF-16 \(without a mark"
    yield "UTF-32", body.decode().encode("utf-32"), "UTF-32"
    yield "an Excel workbook", b"PK\x03\x04" + body, "a ZIP archive or an Excel workbook"
    yield "HTML", b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head></html>", "HTML.*502 Bad Gateway"
    yield (
        "XML error",
        b'<wb:error xmlns:wb="http://www.worldbank.org">\n<wb:message id="111" key="Invalid format">The requested '
        b"response format was not found.</wb:message>\n</wb:error>",
        "XML.*requested response format was not found",
    )
    yield "not UTF-8", body.replace(b"2", b"\xe9", 1), "not UTF-8"
    if spec.provider in JSON_PROVIDERS:
        for at in (1, len(body) // 3, len(body) // 2, len(body) - 2):
            yield f"cut at {at}", body[:at], "breaks off|no JSON"
        yield "other JSON", b'{"status": "ok"}', "expected"
        yield "rows that lack", fewer_rows(spec.provider, body), r"found 5 rows .* expected 6"
    else:
        yield "header only", body[: body.index(b"\n") + 1], "no rows"
        yield "cut in a row", body.rstrip(b"\n").rsplit(b",", 3)[0], "the file was cut"
        yield "open quote", body.rstrip(b"\n") + b',"x', "quote that is never closed"


def test_a_spoilt_body_is_a_clear_error(spec: DatasetSpec, small: Sample) -> None:
    for fault, body, said in spoilt(spec, small.body):
        with pytest.raises(SourceError) as caught:
            read(spec, small.file, body)
        assert small.file in str(caught.value), fault
        assert re.search(said, str(caught.value)), (fault, str(caught.value))


def test_a_missing_required_column_fails_by_name(spec: DatasetSpec, small: Sample) -> None:
    wide = ("series", "obs_value", "ref_area") if spec.measures else ()
    names = [c.published_as for c in spec.columns if c.required and c.role not in wide] + list(spec.measures)
    assert names
    for name in names:
        with pytest.raises(SourceError, match=f"required column.*{name}.*missing"):
            read(spec, small.file, without(spec.provider, small.body, name))


def test_a_missing_column_that_is_not_required_stays_empty(spec: DatasetSpec, small: Sample) -> None:
    optional = {
        "unsd_sdg": "geoAreaName",
        "world_bank": "obs_status",
        "ilostat": "NOTE_SOURCE",
        "un_wpp": "Location",
        "national": "footnote",
    }[spec.provider]
    result = read(spec, small.file, without(spec.provider, small.body, optional))
    role = next(c.name for c in spec.columns if c.published_as == optional)
    assert result.frame[role].isna().all()
    assert list(result.frame.columns) == expected_columns(spec)


def test_an_extra_column_is_kept_and_told(spec: DatasetSpec, small: Sample) -> None:
    result = read(spec, small.file, with_extra(spec.provider, small.body, "New Thing", "x1"))
    assert (result.frame["new_thing"] == "x1").all()
    assert [(c.name, c.published_as, c.role) for c in result.extra_columns] == [("new_thing", "New Thing", "attribute")]
    assert len(result.warnings) == 1
    assert "'New Thing'" in result.warnings[0]
    assert spec.path in result.warnings[0]


def test_what_was_not_asked_for_is_noticed(spec: DatasetSpec, small: Sample) -> None:
    result = read(spec, small.file, small.body)
    series, areas = sorted(set(result.frame["series"])), sorted(set(result.frame["ref_area"]))
    assert check_requested(result, series, areas).warnings == []
    with pytest.raises(SourceError, match=f"areas came back that were not asked for: {areas[0]}"):
        check_requested(result, series, [*areas[1:], "ELSEWHERE"])
    with pytest.raises(SourceError, match=f"series came back that were not asked for: {series[0]}"):
        check_requested(result, [*series[1:], "OTHER"], areas)
    told = check_requested(result, [*series, "NOT_THERE"], areas)
    assert told.warnings == ["1 series asked for came back without rows: NOT_THERE"]
    told = check_requested(result, series, [*areas, "NOWHERE"])
    assert told.warnings == ["1 area asked for came back without rows: NOWHERE"], "an area must not vanish unseen"


def test_a_damaged_gzip_is_named(small: Sample) -> None:
    packed = gzip.compress(small.body)
    assert decompressed("a.json.gz", packed) == small.body
    for body in (packed[:-9], packed[:30], b"<html>", b""):
        if body:
            with pytest.raises(SourceError, match=r"a\.json\.gz: the compressed file is cut or damaged"):
                decompressed("a.json.gz", body)


def test_the_fingerprint_is_about_content(spec: DatasetSpec, small: Sample) -> None:
    frame = read(spec, small.file, small.body).frame
    print_of = content_fingerprint(frame)
    assert content_fingerprint(frame.iloc[::-1].assign(snapshot_row="other:1")) == print_of
    assert content_fingerprint(frame.assign(not_filled=None)) == print_of
    changed = frame.copy()
    changed.loc[0, "obs_value"] = "123456"
    assert content_fingerprint(changed) != print_of


def overlapping(first: tuple[str, bytes], second: tuple[str, bytes]) -> tuple[str, bytes]:
    """The second page with the last row of the first in the place of its own first row."""
    last = rows_of(first[1])[-1]
    return second[0], with_rows(second[1], lambda rows: [last, *rows[1:]]).body


@pytest.mark.parametrize("provider", JSON_PROVIDERS)
class TestPages:
    """What only paged answers have."""

    def pages(
        self, provider: str, archive: SnapshotStore, archived: dict[str, Manifest]
    ) -> tuple[DatasetSpec, list[tuple[str, bytes]]]:
        spec = next(d for d in DATASETS if d.provider == provider)
        whole = json.loads(sample(spec, archive, archived[spec.path].place).body)
        made = []
        for number in (1, 2, 3):
            if provider == "unsd_sdg":
                body = whole | {
                    "data": whole["data"][number * 2 - 2 : number * 2],
                    "totalPages": 3,
                    "pageNumber": number,
                }
            else:
                body = [whole[0] | {"pages": 3, "page": number}, whole[1][number * 2 - 2 : number * 2]]
            made.append((f"data_page_{number:03}.json", json.dumps(body).encode()))
        return spec, made

    def test_pages_make_one_answer(self, provider: str, archive: SnapshotStore, archived: dict[str, Manifest]) -> None:
        spec, pages = self.pages(provider, archive, archived)
        frame = parser(provider)(spec, pages).frame
        assert len(frame) == 6
        assert list(frame[SNAPSHOT_ROW])[1:3] == ["data_page_001.json:2", "data_page_002.json:1"]

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda p: p[:2], "page 3 of 3 is missing"),
            (lambda p: [p[0], p[2]], "page 2 of 3 is missing"),
            (lambda p: [*p, ("data_page_004.json", p[2][1])], "found pages .* expected 1 to 3 once each"),
            (lambda p: [*p[:2], (p[2][0], p[2][1].replace(b": 6", b": 7", 1))], "different totals"),
            (lambda p: [*p[:2], (p[2][0], p[2][1].replace(b": 3", b": 3000000000", 2))], "different totals"),
            (
                lambda p: [p[0], overlapping(p[0], p[1]), p[2]],
                "1 key comes more than once in data_page_001.json, data_page_002.json.*page_001.json:2, .*page_002.json:1",
            ),
            (
                lambda p: [p[0], p[1], overlapping(p[0], p[2])],
                "1 key comes more than once in data_page_001.json, data_page_003.json",
            ),
        ],
    )
    def test_a_page_that_lacks_is_named(
        self,
        provider: str,
        spoil: Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]],
        said: str,
        archive: SnapshotStore,
        archived: dict[str, Manifest],
    ) -> None:
        spec, pages = self.pages(provider, archive, archived)
        with pytest.raises(SourceError, match=said):
            parser(provider)(spec, spoil(pages))


def test_errors_name_provider_and_snapshot(archive: SnapshotStore, archived: dict[str, Manifest]) -> None:
    manifest = archived["ilostat/SDG_0131_SEX_SOC_RT"]
    narrower = manifest.model_copy(update={"areas_asked": ["KHM", "THA"]})
    with pytest.raises(SourceError, match=f"ilostat/SDG_0131_SEX_SOC_RT, snapshot {manifest.snapshot_id}: 13 areas"):
        parse_snapshot(archive, narrower)
