"""The rebuilt answer of ILOSTAT has the gathered figures (skipped without the originals)."""

from __future__ import annotations

from pathlib import Path

from gathered_rows import figures_of, table

from sources.parsing import ParsedDataset


def test_ilo_rows_equal_the_figures(figures: Path, parsed: dict[str, ParsedDataset]) -> None:
    expected = figures_of(figures / "ilo" / "SDG_0131_SEX_SOC_RT_wspr2024-26.csv.gz")
    staged = table(parsed, "ilostat/SDG_0131_SEX_SOC_RT")
    names = ["ref_area", "freq", "measure", "sex", "soc", "time_period", "obs_value"]
    assert [[r[n] for n in names] for r in staged] == [[r[n.upper()] for n in names] for r in expected]
    assert {r["series"] for r in staged} == {"SDG_0131_SEX_SOC_RT"}
    assert {r["obs_status"] + r["unit_measure"] + r["source_citation"] for r in staged} == {""}
