"""The contract of every provider: a recorded answer gives the tidy table, a faulty one a clear error."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator

import pytest
from messages import assert_reports
from provider_sample import PagedJsonSample, ProviderSample, SmallAnswer, sample_of, small_answer

from indicator_defs.roles import ROLE_COLUMNS
from sources.manifests import Manifest
from sources.parsing import SNAPSHOT_ROW, ParsedDataset, SourceError, check_requested, content_fingerprint, decompressed
from sources.provider_spec import DatasetSpec
from sources.registry import dataset, parse_snapshot, parser, structures
from sources.snapshots import SnapshotStore

DATASETS = [d for d in structures() if isinstance(d, DatasetSpec)]
PAGED = [d for d in DATASETS if isinstance(sample_of(d.provider), PagedJsonSample)]


@pytest.fixture(params=DATASETS, ids=lambda d: d.path)
def spec(request: pytest.FixtureRequest) -> DatasetSpec:
    found: DatasetSpec = request.param
    return found


@pytest.fixture
def sample(spec: DatasetSpec) -> ProviderSample:
    found: ProviderSample = sample_of(spec.provider)
    return found


@pytest.fixture
def small(spec: DatasetSpec, archive: SnapshotStore, archived: dict[str, Manifest]) -> SmallAnswer:
    return small_answer(spec, archive, archived.get(spec.path))


def read(spec: DatasetSpec, file: str, *bodies: bytes) -> ParsedDataset:
    return parser(spec.provider)(spec, [(file, body) for body in bodies])


def expected_columns(spec: DatasetSpec) -> list[str]:
    own = [c.name for role in ("dimension", "attribute") for c in spec.columns if c.role == role]
    return [SNAPSHOT_ROW, *ROLE_COLUMNS, *own]


def test_recorded_answer_gives_the_tidy_table(spec: DatasetSpec, small: SmallAnswer) -> None:
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


def test_every_shipped_snapshot_is_parsed_completely(archive: SnapshotStore, parsed: dict[str, ParsedDataset]) -> None:
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


def faulty_bodies(sample: ProviderSample, body: bytes) -> Iterator[tuple[str, bytes, str]]:
    """Name of the fault, body, pattern of the message."""
    yield "empty", b"", "empty body"
    yield "blanks", b" \r\n", "only blanks"
    yield "only NUL", b"\0" * 64, "only NUL bytes"
    yield "padded with NUL", body + b"\0" * 100, "100 NUL bytes"
    yield "UTF-16", body.decode().encode("utf-16"), r"UTF-16 \(byte order mark"
    yield "UTF-16 without a mark", body.decode().encode("utf-16-be"), r"UTF-16 \(without a byte order mark"
    yield "UTF-32", body.decode().encode("utf-32"), "UTF-32"
    yield "an Excel workbook", b"PK\x03\x04" + body, "a ZIP archive or an Excel workbook"
    yield "HTML", b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head></html>", "HTML.*502 Bad Gateway"
    yield (
        "XML error",
        b"<error>\n<title>The requested response format was not found.</title>\n</error>",
        "XML.*requested response format was not found",
    )
    yield "not UTF-8", body.replace(b"2", b"\xe9", 1), "not UTF-8"
    yield from sample.faulty_bodies(body)


def test_faulty_body_is_reported(spec: DatasetSpec, sample: ProviderSample, small: SmallAnswer) -> None:
    for fault, body, pattern in faulty_bodies(sample, small.body):
        with pytest.raises(SourceError) as error:
            read(spec, small.file, body)
        assert small.file in str(error.value), fault
        assert re.search(pattern, str(error.value)), (fault, str(error.value))


def test_missing_required_column_is_reported(spec: DatasetSpec, sample: ProviderSample, small: SmallAnswer) -> None:
    wide = ("series", "obs_value", "ref_area") if spec.measures else ()
    names = [c.published_as for c in spec.columns if c.required and c.role not in wide] + list(spec.measures)
    assert names
    for name in names:
        with pytest.raises(SourceError, match=f"required column.*{name}.*missing"):
            read(spec, small.file, sample.without(small.body, name))


def test_missing_optional_column_is_empty(spec: DatasetSpec, sample: ProviderSample, small: SmallAnswer) -> None:
    optional = sample.optional_column
    result = read(spec, small.file, sample.without(small.body, optional))
    role = next(c.name for c in spec.columns if c.published_as == optional)
    assert result.frame[role].isna().all()
    assert list(result.frame.columns) == expected_columns(spec)


def test_extra_column_is_stored_with_a_warning(spec: DatasetSpec, sample: ProviderSample, small: SmallAnswer) -> None:
    result = read(spec, small.file, sample.with_extra(small.body, "New Thing", "x1"))
    assert (result.frame["new_thing"] == "x1").all()
    assert [(c.name, c.published_as, c.role) for c in result.extra_columns] == [("new_thing", "New Thing", "attribute")]
    (warning,) = result.warnings
    assert_reports(warning, place=spec.path, found="'New Thing'", remedy=f"sources/providers/{spec.provider}.yaml")


def test_unrequested_and_missing_codes_are_reported(spec: DatasetSpec, small: SmallAnswer) -> None:
    result = read(spec, small.file, small.body)
    series, areas = sorted(set(result.frame["series"])), sorted(set(result.frame["ref_area"]))
    assert check_requested(result, series, areas).warnings == []
    with pytest.raises(SourceError) as error:
        check_requested(result, series, [*areas[1:], "ELSEWHERE"])
    assert_reports(str(error.value), found=("areas", f"not requested: {areas[0]}"))
    with pytest.raises(SourceError) as error:
        check_requested(result, [*series[1:], "OTHER"], areas)
    assert_reports(str(error.value), found=("series", f"not requested: {series[0]}"))
    (warning,) = check_requested(result, [*series, "NOT_THERE"], areas).warnings
    assert_reports(warning, found=("1 requested series", "without rows: NOT_THERE"))
    (warning,) = check_requested(result, series, [*areas, "NOWHERE"]).warnings
    assert_reports(warning, found=("1 requested area", "without rows: NOWHERE"))


def test_damaged_gzip_is_reported(small: SmallAnswer) -> None:
    packed = gzip.compress(small.body)
    assert decompressed("a.json.gz", packed) == small.body
    for body in (packed[:-9], packed[:30], b"<html>", b""):
        if body:
            with pytest.raises(SourceError) as error:
                decompressed("a.json.gz", body)
            assert_reports(str(error.value), place="a.json.gz: ", found="file is cut or damaged")


def test_fingerprint_depends_on_the_content_only(spec: DatasetSpec, small: SmallAnswer) -> None:
    frame = read(spec, small.file, small.body).frame
    fingerprint = content_fingerprint(frame)
    assert content_fingerprint(frame.iloc[::-1].assign(snapshot_row="other:1")) == fingerprint
    assert content_fingerprint(frame.assign(not_filled=None)) == fingerprint
    changed = frame.copy()
    changed.loc[0, "obs_value"] = "123456"
    assert content_fingerprint(changed) != fingerprint


def overlapping(sample: PagedJsonSample, first: tuple[str, bytes], second: tuple[str, bytes]) -> tuple[str, bytes]:
    """The second page with the last row of the first page instead of its own first row."""
    last = sample.rows_of(first[1])[-1]
    return second[0], sample.with_rows(second[1], lambda rows: [last, *rows[1:]])


@pytest.mark.parametrize("spec", PAGED, ids=lambda d: d.path)
class TestPages:
    """Rules of paged answers."""

    @pytest.fixture
    def pages(self, sample: PagedJsonSample, small: SmallAnswer) -> list[tuple[str, bytes]]:
        return sample.three_pages(small.body)

    def test_pages_are_read_as_one_table(self, spec: DatasetSpec, pages: list[tuple[str, bytes]]) -> None:
        frame = parser(spec.provider)(spec, pages).frame
        assert len(frame) == 6
        assert list(frame[SNAPSHOT_ROW])[1:3] == ["data_page_001.json:2", "data_page_002.json:1"]

    @pytest.mark.parametrize(
        ("change", "pattern"),
        [
            (lambda s, p: p[:2], "page 3 of 3 is missing"),
            (lambda s, p: [p[0], p[2]], "page 2 of 3 is missing"),
            (lambda s, p: [*p, ("data_page_004.json", p[2][1])], "found pages .* expected 1 to 3 once each"),
            (lambda s, p: [*p[:2], (p[2][0], p[2][1].replace(b": 6", b": 7", 1))], "different totals"),
            (lambda s, p: [*p[:2], (p[2][0], p[2][1].replace(b": 3", b": 3000000000", 2))], "different totals"),
            (
                lambda s, p: [p[0], overlapping(s, p[0], p[1]), p[2]],
                "duplicate key .*page_001.json, .*page_002.json.*page_001.json:2, .*page_002.json:1",
            ),
            (
                lambda s, p: [p[0], p[1], overlapping(s, p[0], p[2])],
                "1 duplicate key in data_page_001.json, data_page_003.json",
            ),
        ],
    )
    def test_missing_or_overlapping_page_is_reported(
        self,
        spec: DatasetSpec,
        sample: PagedJsonSample,
        change: Callable[[PagedJsonSample, list[tuple[str, bytes]]], list[tuple[str, bytes]]],
        pattern: str,
        pages: list[tuple[str, bytes]],
    ) -> None:
        with pytest.raises(SourceError, match=pattern):
            parser(spec.provider)(spec, change(sample, pages))


def test_error_has_provider_and_snapshot(archive: SnapshotStore, archived: dict[str, Manifest]) -> None:
    by_area = [
        m for m in archived.values() if dataset(m.provider, m.dataset).requested_by_area and len(m.areas_asked) > 3
    ]
    manifest = min(by_area, key=lambda m: m.rows or 0)
    narrower = manifest.model_copy(update={"areas_asked": manifest.areas_asked[:2]})
    others = len(manifest.areas_asked) - 2
    place = f"{manifest.provider}/{manifest.dataset}, snapshot {manifest.snapshot_id}"
    with pytest.raises(SourceError) as error:
        parse_snapshot(archive, narrower)
    assert_reports(str(error.value), place=f"{place}: ", found=f"found {others} areas")
