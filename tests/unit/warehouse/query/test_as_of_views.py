"""Values as of a date in SQL: the history of the chosen values, as_of(day), and `payung sql --as-of`."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from messages import assert_reports
from payung_command import run_payung

from warehouse.metadata import table
from warehouse.query.as_of_views import AsOfQueryError
from warehouse.query.read_only import QueryError, query, reader, run_query

COLUMNS = ", ".join(table("indicator_set.value").column_names)


def test_values_as_of_a_future_date_are_the_present_ones(release: Path) -> None:
    present, history = f"SELECT {COLUMNS} FROM indicator_set.value", f"SELECT {COLUMNS} FROM as_of(DATE '9999-12-31')"
    assert query(release, f"{present} EXCEPT ALL {history}").empty
    assert query(release, f"{history} EXCEPT ALL {present}").empty


def test_values_as_of_a_date_are_from_the_newest_vintage_up_to_it(release: Path) -> None:
    """Recomputed from the vintages: no value is newer than the date, or older than the newest vintage of its series."""
    wrong = query(
        release,
        """
        SELECT d.day, v.observation_id
        FROM (SELECT DISTINCT vintage_date AS day FROM lineage.snapshot) AS d
        JOIN indicator_set.value_history AS v
            ON v.known_from <= d.day AND (v.known_to IS NULL OR v.known_to > d.day)
        WHERE v.vintage_date > d.day OR EXISTS (
            SELECT 1 FROM lineage.series_vintage AS own
            JOIN lineage.series_vintage AS newer
                ON newer.provider = own.provider AND newer.dataset = own.dataset
                AND newer.current_series = own.current_series AND newer.area_code = own.area_code
            WHERE own.snapshot_id = v.snapshot_id AND own.series = v.provider_series AND own.area_code IN ('', v.ref_area)
                AND newer.is_declared AND newer.vintage_date > own.vintage_date AND newer.vintage_date <= d.day
        )
        """,
    )
    assert wrong.empty


def test_withdrawn_values_are_missing_and_values_not_requested_again_remain(release: Path) -> None:
    # Cambodia, disability benefits: the UN file of 2020-12 has 0.7 for 2019, the one of 2022-12 has none
    khmer = """
        SELECT time_period, obs_value FROM as_of(DATE '{}')
        WHERE indicator = 'ASP_COV_DISAB' AND ref_area = 'KHM' AND is_headline ORDER BY time_period
    """
    before = query(release, khmer.format("2021-12-31")).set_index("time_period")["obs_value"]
    after = query(release, khmer.format("2022-12-31")).set_index("time_period")["obs_value"]
    assert before[2019] == 0.7
    assert 2019 not in after.index
    # The World Bank's extract of 2022-10 has only a few series; the others are of the vintages of 2018 or 2021.
    vintages = query(
        release,
        "SELECT DISTINCT vintage_date FROM as_of(DATE '2022-12-31') WHERE source = 'world_bank' ORDER BY vintage_date",
    )
    assert len(vintages) > 1


def test_vintage_counts_from_its_own_date_on(release: Path) -> None:
    newest = "SELECT max(vintage_date) AS newest FROM as_of(DATE '{}') WHERE source = 'unsd_sdg'"
    assert str(query(release, newest.format("2023-12-16"))["newest"][0])[:10] == "2022-12-25"
    assert str(query(release, newest.format("2023-12-17"))["newest"][0])[:10] == "2023-12-17"


def test_views_as_of_a_date_replace_the_tables_of_the_release(release: Path) -> None:
    day = date(2022, 12, 31)
    with reader(release, day) as con:
        counted = run_query(
            con,
            "SELECT (SELECT count(*) FROM indicator_set.value), (SELECT max(vintage_date) FROM harmonised.observation), "
            "(SELECT max(vintage_date) FROM lineage.vintage_value), (SELECT max(vintage_to) FROM lineage.revision), "
            "(SELECT count(*) FROM asean_indicators WHERE area_type <> 'country'), (SELECT release FROM release)",
        ).rows[0]
        series = run_query(con, "SELECT obs_value FROM series('ASP_COV_SPL', 'THA') WHERE time_period = 2009").rows
        today = run_query(con, "SELECT count(*) FROM today.indicator_set.value").rows
        later = run_query(con, "SELECT count(*) FROM as_of(DATE '2030-01-01')").rows
        for missing in ("indicator_set.aggregate", "regional_baseline", "compare('ASP_COV_SPL', 2020)"):
            with pytest.raises(QueryError):
                run_query(con, f"SELECT * FROM {missing}")
    expected = query(release, f"SELECT count(*) AS n FROM as_of(DATE '{day}')")["n"][0]
    assert counted[0] == expected
    assert all(d <= day for d in counted[1:4])
    assert counted[4] == 0
    assert counted[5].endswith("as of 2022-12-31")
    assert round(series[0][0], 1) == 70.5
    assert today[0][0] > counted[0] == later[0][0]


def test_date_before_the_first_vintage_is_refused(release: Path) -> None:
    with pytest.raises(AsOfQueryError) as error, reader(release, date(1999, 1, 1)):
        pass
    assert_reports(str(error.value), found="1999-01-01", expected="oldest", remedy="later date")


def test_option_of_the_command_line(made_home: Path) -> None:
    ran = run_payung(
        made_home, "sql", "--as-of", "2022-12-31", "--format", "csv",
        "SELECT time_period, round(obs_value, 1) AS v FROM series('ASP_COV_SPL', 'THA') WHERE time_period = 2009",
    )  # fmt: skip
    assert ran.stdout == "time_period,v\n2009,70.5\n"
    assert "Regional figures" in ran.stderr
    refused = run_payung(made_home, "sql", "--as-of", "2022-12-31", "SELECT * FROM indicator_set.aggregate")
    assert refused.returncode == 1
    assert "payung refresh --as-of" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.long
def test_values_equal_those_of_the_build_as_of_the_date(made_home: Path, tmp_path: Path) -> None:
    """as_of(day) and a build as of that date have the same chosen values, column by column."""
    for day in ("2019-12-31", "2021-12-31", "2023-12-31"):
        to = tmp_path / day
        ran = run_payung(made_home, "refresh", "--as-of", day, "--to", str(to))
        assert ran.returncode == 0, ran.stderr
        built = query(to, f"SELECT {COLUMNS} FROM indicator_set.value ORDER BY ALL")
        from_history = query(
            (made_home / "current").resolve(), f"SELECT {COLUMNS} FROM as_of(DATE '{day}') ORDER BY ALL"
        )
        assert len(built) > 1000
        assert built.equals(from_history), day


def test_target_groups_are_those_of_the_values_as_of_the_date(release: Path) -> None:
    """This includes a value that was withdrawn later: Cambodia's disability benefits of 2019."""
    with reader(release, date(2021, 12, 31)) as con:
        values = run_query(
            con,
            "SELECT time_period FROM target_group('PWD') WHERE indicator = 'ASP_COV_DISAB' "
            "AND ref_area = 'KHM' AND sex = '_T'",
        )
        groups = run_query(
            con,
            "SELECT g.target_group FROM reference.observation_group AS g "
            "JOIN indicator_set.value AS v ON v.observation_id = g.observation_id "
            "WHERE v.indicator = 'ASP_COV_DISAB' AND v.ref_area = 'KHM' AND v.time_period = 2019 AND v.is_headline",
        )
    assert values.rows == [(2019,)]
    assert ("PWD",) in groups.rows


def test_release_of_another_version_is_reported(release: Path, tmp_path: Path) -> None:
    shutil.copyfile(release / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute("DROP TABLE reference.cell_group")
    with pytest.raises(AsOfQueryError) as error, reader(tmp_path, date(2022, 12, 31)):
        pass
    assert_reports(str(error.value), found=("another version", "cell_group"), remedy="payung refresh --force")
