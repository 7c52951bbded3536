"""Editions: frozen from a real release, verified, and compared with releases in which something moved."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from warehouse.disk import sha256
from warehouse.edition.drift import Drift, drift
from warehouse.edition.edition_store import CHECKSUM, MANIFEST, Edition, EditionError, Editions, Signature, verify
from warehouse.edition.freeze import REPORT, edition_tables, freeze
from warehouse.release.release_folders import ReleaseError, Releases, refuse_folder

SIGNED = Signature("A. Nama", "ACSS")
LEFT = ".first.999999999"
Altered = Callable[..., Path]


@pytest.fixture(scope="module")
def edition(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """An edition of the made release, in a home where a killed freeze left something of the same name."""
    home = tmp_path_factory.mktemp("home")
    left = home / "editions" / LEFT
    (left / "csv").mkdir(parents=True)
    (left / "csv").chmod(0o555)
    assert Editions(home).all() == []
    return freeze(Editions(home), release, "first", SIGNED, "Test of the baseline")


@pytest.fixture
def copied(edition: Edition, tmp_path: Path) -> Edition:
    """A copy of the edition that a test may spoil."""
    folder = tmp_path / "editions" / edition.name
    shutil.copytree(edition.folder, folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    return Edition(folder)


@pytest.fixture(scope="module")
def altered(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Altered:
    """Makes a copy of the release with other figures; `published`: its manifest says so, as of a real release."""

    def make(*statements: str, published: bool = True, **manifest_changes: object) -> Path:
        folder = tmp_path_factory.mktemp("release")
        shutil.copyfile(release / "warehouse.duckdb", folder / "warehouse.duckdb")
        if statements:
            with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
                con.execute(";".join(statements))
        manifest = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
        manifest |= {"release": "altered", **manifest_changes}
        if published:
            manifest["files"]["warehouse.duckdb"]["sha256"] = sha256(folder / "warehouse.duckdb")
        (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        return folder

    return make


def rows(edition: Edition, query: str, **names: str) -> list[tuple[object, ...]]:
    """The answer of a query in which {name} stands for a table of the edition."""
    files = {k: f"read_parquet('{edition.table(v)}')" for k, v in names.items()}
    return duckdb.connect().execute(query.format(**files)).fetchall()


def told(found: Drift) -> set[tuple[str, str, str, str]]:
    """(kind, indicator, area, item) of the figures that differ."""
    return {(d.kind, d.indicator, d.ref_area, d.item) for d in found.figures}


# freezing


def test_every_table_is_there_twice_and_equals_the_release(edition: Edition, release: Path) -> None:
    con = duckdb.connect(str(release / "warehouse.duckdb"), read_only=True)
    for name in (*edition_tables(), REPORT):
        parquet, csv = edition.table(name), edition.folder / "csv" / f"{name}.csv"
        differing = con.execute(
            f"SELECT count(*) FROM (FROM read_parquet('{parquet}') EXCEPT SELECT * FROM {name})"
        ).fetchall()[0][0]
        assert differing == 0, name
        kept = con.execute(f"SELECT count(*) FROM read_parquet('{parquet}')").fetchall()[0][0]
        assert kept == edition.manifest["tables"][name]["rows"], name
        counted = con.execute(
            f"SELECT count(*) FROM read_csv('{csv}', header = true, all_varchar = true, quote = '\"', delim = ',')"
        ).fetchall()[0][0]
        assert counted == edition.manifest["tables"][name]["rows"], name
    for whole in ("baseline.value", "reference.indicator", REPORT):
        n = con.execute(f"SELECT count(*) FROM {whole}").fetchall()[0][0]
        assert edition.manifest["tables"][whole]["rows"] == n > 100


def test_every_figure_has_its_lineage_within_the_edition(edition: Edition) -> None:
    lost = rows(
        edition,
        """
        WITH used AS (
            SELECT baseline_observation_id AS id FROM {b} UNION SELECT latest_observation_id FROM {b}
            UNION SELECT observation_id FROM {m}
        )
        SELECT count(*) FILTER (WHERE v.observation_id IS NULL), count(*) FILTER (WHERE s.snapshot_id IS NULL), count(*)
        FROM used
        LEFT JOIN {v} AS v ON v.observation_id = used.id
        LEFT JOIN {o} AS o ON o.observation_id = used.id
        LEFT JOIN {s} AS s ON s.snapshot_id = o.snapshot_id
        WHERE used.id IS NOT NULL
        """,
        b="baseline.value",
        m="indicator_set.aggregate_member",
        v="indicator_set.value",
        o="harmonised.observation",
        s="lineage.snapshot",
    )[0]
    assert lost[:2] == (0, 0)
    assert int(str(lost[2])) > 1000
    figures = rows(
        edition,
        "SELECT count(*), count(a.indicator) FROM {b} AS b LEFT JOIN {a} AS a ON a.indicator = b.indicator "
        "AND a.ref_area = b.ref_area AND a.cell = b.cell AND a.time_period = b.latest_year "
        "WHERE b.area_type = 'group' AND b.latest_value IS NOT NULL",
        b="baseline.value",
        a="indicator_set.aggregate",
    )[0]
    assert figures[0] == figures[1]
    quoted = rows(  # the figures of table A4, whose years lie in no window
        edition,
        "SELECT count(*), count(v.observation_id) FROM {t} AS t LEFT JOIN {v} AS v ON v.indicator = t.indicator "
        "AND v.ref_area = t.ref_area AND v.time_period = t.latest_year AND v.is_headline "
        "WHERE t.table_code = 'A4' AND t.latest_year IS NOT NULL",
        t="main.baseline_tables",
        v="indicator_set.value",
    )[0]
    assert quoted == (8, 8)


def test_manifest_says_who_when_why_and_from_what(edition: Edition, release: Path) -> None:
    published = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
    m = edition.manifest
    assert (m["edition"], m["release"], m["note"]) == ("first", published["release"], "Test of the baseline")
    assert m["signed_by"] == {"name": "A. Nama", "body": "ACSS"}
    assert m["signed_at"].endswith("+00:00")
    assert m["definitions_fingerprint"] == published["inputs"]["catalogue"]
    assert m["sources"] == published["sources"]
    on_disk = {p.relative_to(edition.folder).as_posix() for p in edition.folder.rglob("*") if p.is_file()}
    assert set(m["files"]) == on_disk - {MANIFEST, CHECKSUM}
    assert (edition.folder / CHECKSUM).read_text(encoding="utf-8").split()[0] == edition.checksum


def test_nothing_in_it_is_writable_and_no_refresh_may_build_in_it(edition: Edition) -> None:
    for path in [edition.folder, *edition.folder.rglob("*")]:
        assert not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH), path
    home = edition.folder.parents[1]
    with pytest.raises(ReleaseError, match="keeps for itself"):
        refuse_folder(Releases(home), home / "editions" / "first")


@pytest.mark.parametrize("name", ["first", "First", "../first", ".first", "a b", ""])
def test_name_that_is_taken_or_none_is_refused(edition: Edition, release: Path, name: str) -> None:
    before = edition.checksum
    with pytest.raises(EditionError, match=r"already, signed by A\. Nama, ACSS|cannot name an edition"):
        freeze(Editions(edition.folder.parents[1]), release, name, SIGNED, "again")
    assert edition.checksum == before
    assert [e.name for e in Editions(edition.folder.parents[1]).all()] == ["first"]


@pytest.mark.parametrize("text", ["A. Nama", "A. Nama,", ", ACSS", " "])
def test_signature_without_name_or_body_is_refused(text: str) -> None:
    with pytest.raises(EditionError, match='as "Name, body"'):
        Signature.of(text)
    assert str(Signature.of("A. Nama, ACSS, Jakarta")) == "A. Nama, ACSS, Jakarta"


def test_altered_release_is_not_frozen(altered: Altered, tmp_path: Path) -> None:
    folder = altered()
    with (folder / "warehouse.duckdb").open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(EditionError, match="is not the file that release altered was published with"):
        freeze(Editions(tmp_path), folder, "no", SIGNED, "no")
    assert Editions(tmp_path).all() == []


def test_what_a_killed_freeze_left_is_removed(edition: Edition) -> None:
    assert [p.name for p in edition.folder.parent.iterdir()] == ["first"]


# verifying


def spoil_value(folder: Path) -> str:
    path = folder / "csv" / "baseline.value.csv"
    text = path.read_text(encoding="utf-8")
    assert "65.6" in text
    path.write_text(text.replace("65.6", "66.6"), encoding="utf-8")
    return "csv/baseline.value.csv: altered"


def take_away(folder: Path) -> str:
    (folder / "parquet" / "lineage.snapshot.parquet").unlink()
    return "parquet/lineage.snapshot.parquet: missing"


def add(folder: Path) -> str:
    (folder / "csv" / "note.txt").write_text("later", encoding="utf-8")
    return "csv/note.txt: added after signing"


def link_elsewhere(folder: Path) -> str:
    path = folder / "csv" / "baseline.value.csv"
    path.rename(folder.parent / "elsewhere.csv")
    path.symlink_to(folder.parent / "elsewhere.csv")
    return "csv/baseline.value.csv: a link in the place"


def sign_for_another(folder: Path) -> str:
    path = folder / MANIFEST
    path.write_text(path.read_text(encoding="utf-8").replace('"A. Nama"', '"B. Nama"'), encoding="utf-8")
    return f"{MANIFEST}: altered, or CHECKSUM is"


@pytest.mark.parametrize("spoil", [spoil_value, take_away, add, link_elsewhere, sign_for_another])
def test_verify_names_the_file_that_is_not_as_signed(copied: Edition, spoil: Callable[[Path], str]) -> None:
    assert verify(copied) == []
    assert verify(copied, copied.checksum.upper()[:32] + " \n" + copied.checksum[32:]) == []
    said = spoil(copied.folder)
    problems = [f"{p.file}: {p.what}" for p in verify(Edition(copied.folder))]
    assert len(problems) == 1
    assert problems[0].startswith(said)


def test_only_the_minutes_find_out_who_altered_file_and_sums_together(copied: Edition) -> None:
    in_minutes = copied.checksum
    spoil_value(copied.folder)
    path = copied.folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"]["csv/baseline.value.csv"]["sha256"] = sha256(copied.folder / "csv" / "baseline.value.csv")
    path.write_text(json.dumps(manifest), encoding="utf-8")
    (copied.folder / CHECKSUM).write_text(f"{sha256(path)}  {MANIFEST}\n", encoding="utf-8")
    assert verify(Edition(copied.folder)) == []
    assert [p.file for p in verify(Edition(copied.folder), in_minutes)] == [MANIFEST]


def test_drift_against_an_altered_edition_is_refused(copied: Edition, release: Path) -> None:
    spoil_value(copied.folder)
    with pytest.raises(EditionError, match=r"not as it was signed.*csv/baseline.value.csv: altered"):
        drift(copied, release)


def test_unreadable_manifest_and_unknown_format_are_told(copied: Edition) -> None:
    manifest = copied.folder / MANIFEST
    manifest.write_text(json.dumps({**copied.manifest, "format": 99}), encoding="utf-8")
    with pytest.raises(EditionError, match="has format 99"):
        verify(Edition(copied.folder))
    manifest.write_text("{", encoding="utf-8")
    with pytest.raises(EditionError, match="cannot be read"):
        verify(Edition(copied.folder))


# drift: one release in which something else moved for each of these headline figures


def cell(indicator: str, area: str) -> str:
    """The condition for one headline figure of baseline.value."""
    return f"indicator = 'ASP_{indicator}' AND ref_area = '{area}' AND is_headline"


def raised(indicator: str, area: str, by: str = "1", end: str = "latest") -> str:
    """The statement that raises one headline figure."""
    return f"UPDATE baseline.value SET {end}_value = {end}_value + {by} WHERE {cell(indicator, area)}"


GONE = f"SELECT latest_observation_id FROM baseline.value WHERE {cell('COV_ANY', 'VNM')}"
PHL = "indicator = 'ASP_COV_PENSN' AND ref_area = 'PHL'"
VNM = "ref_area = 'VNM' AND indicator = 'ASP_COV_MATNL' AND area_group = 'CLMV'"
MOVED = (
    # a new vintage
    f"UPDATE baseline.value SET latest_value = 70, latest_text = '70' WHERE {cell('COV_PENSN', 'PHL')}",
    raised("COV_PENSN", "ASEAN6"),
    f"UPDATE indicator_set.aggregate_member SET value_low = 70, value_high = 70 WHERE {PHL} AND reference_year = 2023",
    f"UPDATE indicator_set.value SET vintage_date = DATE '2026-01-31' WHERE {PHL}",
    f"UPDATE harmonised.observation SET snapshot_id = 'ilostat/new' WHERE {PHL} AND source = 'ilostat'",
    # a value withdrawn
    f"DELETE FROM harmonised.observation WHERE observation_id IN ({GONE})",
    f"DELETE FROM indicator_set.value WHERE observation_id IN ({GONE})",
    "UPDATE baseline.value SET latest_value = NULL, latest_text = NULL, latest_year = NULL, latest_status = NULL, "
    f"latest_observation_id = NULL WHERE {cell('COV_ANY', 'VNM')}",
    # a rule, a text and a standing
    raised("COV_UEMP", "THA"),
    "UPDATE reference.indicator SET definition = 'Other', lookback_years = 9 WHERE indicator = 'ASP_COV_UEMP'",
    "UPDATE reference.set_member SET standing = 'adopted' WHERE indicator = 'ASP_COV_UEMP'",
    # a weight
    raised("COV_MATNL", "CLMV"),
    "UPDATE indicator_set.weight_value SET weight_value = 2 * weight_value WHERE weight = 'BIRTHS' AND ref_area = 'VNM'",
    f"UPDATE indicator_set.aggregate_member SET weight_value = 2 * weight_value WHERE {VNM}",
    # membership, settings, correction, series, method, break
    raised("HLT_UHC", "ASEAN10"),
    "DELETE FROM reference.area_group WHERE area_group = 'ASEAN10' AND ref_area = 'SGP'",
    raised("HLT_U5MR", "THA", end="baseline"),
    "UPDATE reference.indicator_set SET baseline_from = 2013",
    raised("COV_DISAB", "THA"),
    "INSERT INTO reference.correction SELECT * REPLACE (99 AS correction_id, 'ASP_COV_DISAB' AS indicator, "
    "'THA' AS ref_area) FROM reference.correction LIMIT 1",
    raised("COV_INJ", "THA"),
    "DELETE FROM reference.claim WHERE indicator = 'ASP_COV_INJ' AND provider = 'unsd_sdg'",
    raised("POV_GINI", "ASEAN"),
    "UPDATE reference.method SET formula = 'Another' WHERE kind = 'median'",
    "UPDATE baseline.value SET comparable = NOT comparable, reason = 'looked at', latest_status = 'U', "
    f"latest_footnote = 'A new footnote' WHERE {cell('NUT_STUNT', 'IDN')}",
    "INSERT INTO reference.series_break SELECT * REPLACE ('ASP_NUT_STUNT' AS indicator, 'IDN' AS ref_area, "
    "2018 AS break_year) FROM reference.series_break LIMIT 1",
    f"UPDATE baseline.value SET publication_class = 'C' WHERE {cell('COV_PENSN', 'CLMV')}",
    # nothing at all, and less than a difference
    raised("HLT_SBA", "KHM"),
    raised("COV_PENSN", "VNM", by="1e-9"),
)  # fmt: skip


@pytest.fixture(scope="module")
def ilo(release: Path) -> dict[str, str]:
    """The ILO's source in the manifest of the made release."""
    sources = json.loads((release / MANIFEST).read_text(encoding="utf-8"))["sources"]
    return next(s for s in sources if s["provider"] == "ilostat")


@pytest.fixture(scope="module")
def moved_release(altered: Altered, release: Path, ilo: dict[str, str]) -> Path:
    """The release in which all of MOVED moved, with a new snapshot of the ILO beside the old one."""
    sources = json.loads((release / MANIFEST).read_text(encoding="utf-8"))["sources"]
    return altered(*MOVED, sources=[*sources, {**ilo, "snapshot": "ilostat/new", "vintage_date": "2026-01-31"}])


@pytest.fixture(scope="module")
def moved(edition: Edition, moved_release: Path) -> Drift:
    """The drift of the edition against that release."""
    return drift(edition, moved_release)


def why(found: Drift, indicator: str, area: str, item: str = "latest") -> list[str]:
    """The causes of one figure in words."""
    same = [d for d in found.figures if (d.indicator, d.ref_area, d.item) == (f"ASP_{indicator}", area, item)]
    assert len(same) == 1, (indicator, area, item)
    return [str(c) for c in same[0].why]


def test_drift_holds_what_moved_and_nothing_else(moved: Drift) -> None:
    changed = {
        ("COV_PENSN", "PHL"), ("COV_PENSN", "ASEAN6"), ("COV_UEMP", "THA"), ("COV_MATNL", "CLMV"), ("HLT_UHC", "ASEAN10"),
        ("COV_DISAB", "THA"), ("COV_INJ", "THA"), ("POV_GINI", "ASEAN"), ("HLT_SBA", "KHM"),
    }  # fmt: skip
    assert told(moved) == {("changed", f"ASP_{i}", a, "latest") for i, a in changed} | {
        ("changed", "ASP_HLT_U5MR", "THA", "baseline"),
        ("disappeared", "ASP_COV_ANY", "VNM", "latest"),
        ("class", "ASP_COV_PENSN", "CLMV", "latest: class"),
        ("comparability", "ASP_NUT_STUNT", "IDN", "comparability"),
        ("status", "ASP_NUT_STUNT", "IDN", "latest: status"),
    }
    assert [(d.kind, d.after.text) for d in moved.companions] == [("footnote", "A new footnote")]
    pension = next(d for d in moved.figures if d.ref_area == "PHL")
    assert (pension.before.value, pension.after.value, pension.before.year) == (65.6, 70, 2021)
    lost = next(d for d in moved.figures if d.kind == "disappeared")
    assert (lost.after.value, lost.after.text, lost.after.year) == (None, None, None)
    assert sum(moved.by_kind().values()) == len(moved.figures)


def test_new_vintage_names_the_source_for_the_member_and_its_group(moved: Drift, ilo: dict[str, str]) -> None:
    states = f"ilostat/{ilo['dataset']} of {ilo['vintage_date']} -> ilostat/{ilo['dataset']} of 2026-01-31"
    assert why(moved, "COV_PENSN", "PHL") == [f"new vintage: {states}"]
    assert f"new vintage: PHL: {states}" in why(moved, "COV_PENSN", "ASEAN6")
    assert [(s.dataset, s.after[-1]) for s in moved.sources] == [(f"ilostat/{ilo['dataset']}", "2026-01-31")]


def test_withdrawn_value_names_the_vintage_that_no_longer_has_it(moved: Drift, ilo: dict[str, str]) -> None:
    said = f"withdrawn by the source: ilostat/{ilo['dataset']} of 2026-01-31 no longer has it"
    assert why(moved, "COV_ANY", "VNM") == [said]


def test_rule_of_a_definition_is_a_cause_and_its_words_are_none(moved: Drift) -> None:
    assert why(moved, "COV_UEMP", "THA") == ["definition: indicator ASP_COV_UEMP: lookback_years 4 -> 9"]
    assert {(d.table, d.field) for d in moved.definitions if d.indicator == "ASP_COV_UEMP"} == {
        ("reference.indicator", "definition"),
        ("reference.indicator", "lookback_years"),
        ("reference.set_member", "standing"),
    }


@pytest.mark.parametrize(
    ("indicator", "area", "item", "said"),
    [
        ("COV_MATNL", "CLMV", "latest", "weights: BIRTHS: VNM"),
        ("HLT_UHC", "ASEAN10", "latest", "membership: area_group ASEAN10/SGP: gone"),
        ("HLT_U5MR", "THA", "baseline", "settings of the set: indicator_set asean_indicator_set: baseline_from"),
        ("COV_DISAB", "THA", "latest", "correction: correction ASP_COV_DISAB/THA/"),
        ("COV_INJ", "THA", "latest", "definition: claim ASP_COV_INJ/unsd_sdg/sdg/"),
        ("POV_GINI", "ASEAN", "latest", "definition: method median"),
        ("NUT_STUNT", "IDN", "comparability", "break: series_break ASP_NUT_STUNT/IDN/2018: new"),
        ("HLT_SBA", "KHM", "latest", "not explained: sources, corrections, definitions"),
    ],
)  # fmt: skip
def test_cause_in_what_the_figure_rests_on(moved: Drift, indicator: str, area: str, item: str, said: str) -> None:
    found = why(moved, indicator, area, item)
    assert any(cause.startswith(said) for cause in found), found
    assert said.startswith("not explained") == any(cause.startswith("not explained") for cause in found)


def test_nothing_moved_but_the_code(edition: Edition, moved_release: Path) -> None:
    manifest = json.loads((moved_release / MANIFEST).read_text(encoding="utf-8"))
    inputs = {**manifest["inputs"], "code": "another"}
    (moved_release / MANIFEST).write_text(json.dumps({**manifest, "inputs": inputs}), encoding="utf-8")
    try:
        assert why(drift(edition, moved_release), "HLT_SBA", "KHM")[0].startswith("calculation: made by another state")
    finally:
        (moved_release / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def test_edition_of_another_version_is_told_as_such(copied: Edition, release: Path) -> None:
    lacks = "parquet/baseline.change_contribution.parquet"
    (copied.folder / lacks).unlink()
    path = copied.folder / MANIFEST
    files = {name: entry for name, entry in copied.manifest["files"].items() if name != lacks}
    path.write_text(json.dumps({**copied.manifest, "files": files}), encoding="utf-8")
    (copied.folder / CHECKSUM).write_text(f"{sha256(path)}  {MANIFEST}\n", encoding="utf-8")
    with pytest.raises(EditionError, match="do not have the same tables"):
        drift(Edition(copied.folder), release)
