"""The base classes of all definitions, and the kinds of values that their fields hold.

Belongs here: what every model of a definition is built of.
Does not belong here: the fields of one kind of definition (the module of its subject) and reading files
(definition_files.py).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]


def _fits_integer(number: int) -> int:
    """The number, which a column of type INTEGER can hold."""
    if not -(2**31) <= number < 2**31:
        raise ValueError(f"{number} has too many digits, expected a whole number below {2**31:,}")
    return number


# Numbers in YAML, which reads `yes` as a truth value, of which 1 would be made.
Whole = Annotated[int, Field(strict=True), AfterValidator(_fits_integer)]
Number = Annotated[float, Field(strict=True)]


def _is_written_as_a_day(value: object) -> object:
    """A day is written as 2026-11-22; of a number a day since 1970 would be made."""
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise ValueError("expected a day such as 2026-11-22")


Day = Annotated[date, BeforeValidator(_is_written_as_a_day)]


class Strict(BaseModel):
    """A model that has its fields only, holds no infinite number and none that is not a number, and cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Placed(Strict):
    """A line of a CSV file or an entry of a list in a YAML file, with its place."""

    # no fields: they are never written into a file
    _file: str = PrivateAttr(default="")
    _line: int = PrivateAttr(default=0)

    def placed_at(self, file: str, line: int) -> Self:
        """The same, with its place from now on."""
        self._file, self._line = file, line
        return self

    @property
    def file(self) -> str:
        """The file, as it is named in messages and tables."""
        return self._file

    @property
    def line(self) -> int:
        """The line in the file."""
        return self._line

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self._file}:{self._line}"
