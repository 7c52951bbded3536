"""Code lists, crosswalks and the datasets that use them as `reference.*` tables.

Belongs here: turning checked codes of ours and of providers into rows; their columns are described in
warehouse/tables/reference.yaml.
Does not belong here: reading and checking them (codelists.py, crosswalks.py) and the other tables of the catalogue
(tables.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from indicator_defs.codelists import AREA_GROUP, CODELIST_OF, PLAIN_LISTS
from indicator_defs.crosswalks import MAY_BE_NOT_STATED
from indicator_defs.frames import frame, listed, number, position
from indicator_defs.model import CrosswalkLine, DatasetStructure

if TYPE_CHECKING:
    from indicator_defs.catalog import Catalog


def code_tables(catalog: Catalog, structures: list[DatasetStructure]) -> dict[str, pd.DataFrame]:
    """The tables of datasets, crosswalks and code lists, by name without the schema."""
    return {
        "dataset": _dataset(structures),
        "dataset_scope": _dataset_scope(structures),
        "dataset_expected": _dataset_expected(structures),
        "crosswalk": _crosswalk(catalog, structures),
        "code": _code(catalog),
        "area": _area(catalog),
        "area_name": _area_name(catalog),
        "area_group": _area_group(catalog),
        "age": _age(catalog),
    }


def _dataset(structures: list[DatasetStructure]) -> pd.DataFrame:
    return frame(
        structures,
        provider=lambda s: s.provider,
        dataset=lambda s: s.dataset,
        title=lambda s: s.title,
        kind=lambda s: s.kind,
        use=lambda s: s.use,
        staged_table=lambda s: s.key,
        licence=lambda s: s.licence,
        attribution=lambda s: s.attribution,
    )


def _dataset_scope(structures: list[DatasetStructure]) -> pd.DataFrame:
    rows = [(s.provider, s.dataset, dimension, code) for s in structures for dimension, code in s.in_scope.items()]
    return listed(["provider", "dataset", "dimension", "code"], rows)


def _dataset_expected(structures: list[DatasetStructure]) -> pd.DataFrame:
    rows = [
        (s.provider, s.dataset, name, code) for s in structures for name, codes in s.expected.items() for code in codes
    ]
    return listed(["provider", "dataset", "published_as", "code"], rows)


def _crosswalk(catalog: Catalog, structures: list[DatasetStructure]) -> pd.DataFrame:
    """The lines of the crosswalk files and, for columns that use our own code lists, each code onto itself."""
    return frame(
        [*catalog.crosswalks, *_onto_itself(catalog, structures)],
        provider=lambda x: x.provider,
        dimension=lambda x: x.dimension,
        code=lambda x: x.code,
        concept=lambda x: x.concept,
        target=lambda x: x.target or None,
        note=lambda x: x.note or None,
        crosswalk_file=lambda x: x.file,
        crosswalk_line=lambda x: x.line,
    )


def _onto_itself(catalog: Catalog, structures: list[DatasetStructure]) -> Iterator[CrosswalkLine]:
    own = {
        (s.provider, *((c.published_as, c.name) if c.role == "dimension" else (c.role, c.role))): c
        for s in structures
        for c in s.columns
        if c.codelist
    }
    for (provider, dimension, concept), column in own.items():
        name = column.codelist or CODELIST_OF.get(concept, concept)
        codes = [(r["code"], r.file, r.line) for r in catalog.codelists[name]]
        if concept in MAY_BE_NOT_STATED:
            codes.append(("", f"{catalog.folder.name}/codelists/{name}.csv", 1))
        for code, file, line in codes:
            yield CrosswalkLine(
                provider=provider, dimension=dimension, code=code, concept=concept, target=code
            ).stands_at(file, line)


def _code(catalog: Catalog) -> pd.DataFrame:
    rows = [
        (name, r["code"], r["name"], r["description"] or None)
        for name in ("area", "age", *PLAIN_LISTS)
        for r in catalog.codelists[name]
    ]
    return listed(["codelist", "code", "name", "description"], rows)


def _area(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.codelists["area"],
        ref_area=lambda r: r["code"],
        name=lambda r: r["name"],
        area_type=lambda r: r["type"],
        iso2=lambda r: r["iso2"] or None,
        m49=lambda r: r["m49"] or None,
        also_known_as=lambda r: r["also_known_as"] or None,
        sort_order=position,
    )


def _area_name(catalog: Catalog) -> pd.DataFrame:
    """Every text that means an area, in capital letters as SQL compares them."""
    names = catalog.codelists.areas
    rows = {(text.upper(), code): None for code in names.names for text in names.texts(code)}
    return listed(["name", "ref_area"], sorted(rows))


def _area_group(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.codelists[AREA_GROUP],
        area_group=lambda r: r["group"],
        ref_area=lambda r: r["member"],
        valid_from=lambda r: r["valid_from"] or None,
        valid_to=lambda r: r["valid_to"] or None,
        is_member_today=lambda r: not r["valid_to"],
    )


def _age(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.codelists["age"],
        age=lambda r: r["code"],
        name=lambda r: r["name"],
        age_from=lambda r: number(r["age_from"]),
        age_to=lambda r: number(r["age_to"]),
    )
