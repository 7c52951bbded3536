"""The figures quoted in documents, in the archive."""

from __future__ import annotations

from gathered_rows import table

from sources.parsing import ParsedDataset


def test_documents_have_eight_figures(parsed: dict[str, ParsedDataset]) -> None:
    staged = table(parsed, "national/documents")
    assert len(staged) == 8
    assert {r["obs_status"] for r in staged} == {"V"}
    assert {r["ref_area"] for r in staged} == {"LAO", "THA", "KHM"}
    assert {r["time_detail"] for r in staged} >= {"2009/2010", "2005/2006"}
    assert all(r["source_citation"] and r["footnote"] for r in staged)
