"""data_licences.md: licence, attribution, terms and vintages of each dataset that the release uses."""

from __future__ import annotations

from typing import Any

from warehouse.export.docs.markdown import code, table
from warehouse.export.docs.page_templates import rendered
from warehouse.export.release_reader import ReleaseReader

_DATASETS = """
SELECT
    d.provider, d.dataset, d.title, d.licence, d.attribution, d.terms_url, d.vintage_rule,
    (
        SELECT string_agg(DISTINCT s.producer, '; ' ORDER BY s.producer) FROM lineage.snapshot AS s
        WHERE s.provider = d.provider AND s.dataset = d.dataset
    ) AS producer,
    (
        SELECT string_agg(DISTINCT CAST(s.vintage_date AS VARCHAR), ', ' ORDER BY CAST(s.vintage_date AS VARCHAR))
        FROM lineage.snapshot AS s WHERE s.provider = d.provider AND s.dataset = d.dataset
    ) AS vintages
FROM reference.dataset AS d
ORDER BY d.provider, d.dataset
"""


def pages(reader: ReleaseReader) -> dict[str, str]:
    """The page with one section for each dataset."""
    found = reader.query(_DATASETS)
    sections = (_section(dict(zip(found.fields, row, strict=True))) for row in found.rows)
    text = rendered("data_licences.md", sections="\n\n".join(sections), citation=reader.citation)
    return {"data_licences.md": text}


def _section(row: dict[str, Any]) -> str:
    rows = [
        ["published by", row["producer"] or "no data of this dataset in this release"],
        ["licence", row["licence"]],
        ["attribution", row["attribution"]],
        ["terms", row["terms_url"] or "not published at an address; contact the publisher"],
        ["date of a vintage", row["vintage_rule"]],
        ["vintages in this release", row["vintages"] or "none"],
    ]
    return f"### {row['title']} ({code(row['provider'] + '/' + row['dataset'])})\n\n{table(['', ''], rows)}"
