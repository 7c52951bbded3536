"""The base classes of all definition models, and the types of their fields."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]


def _fits_integer(number: int) -> int:
    """The number, if a column of type INTEGER can hold it."""
    if not -(2**31) <= number < 2**31:
        raise ValueError(f"found {number}, which is too large; expected a whole number below {2**31:,}")
    return number


# Strict, because YAML reads `yes` as true, which would otherwise be converted to 1.
Whole = Annotated[int, Field(strict=True), AfterValidator(_fits_integer)]
Number = Annotated[float, Field(strict=True)]


def _date_as_written(value: object) -> object:
    """The value, if it is a date written like 2026-11-22; a number would be read as days since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise ValueError(f"found {value!r}, expected a date such as 2026-11-22")


Day = Annotated[date, BeforeValidator(_date_as_written)]


class Strict(BaseModel):
    """An immutable model that accepts only its own fields and only finite numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Placed(Strict):
    """A line of a CSV file or an entry of a list in a YAML file, with its place."""

    # private attributes, because the file itself does not contain them
    _file: str = PrivateAttr(default="")
    _line: int = PrivateAttr(default=0)

    def placed_at(self, file: str, line: int) -> Self:
        """Sets the place and returns the item itself."""
        self._file, self._line = file, line
        return self

    @property
    def file(self) -> str:
        """The file name shown in messages and tables."""
        return self._file

    @property
    def line(self) -> int:
        """The line number in the file."""
        return self._line

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self._file}:{self._line}"
