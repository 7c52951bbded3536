"""The errors that a user can cause or correct; the command line shows their message without a traceback.

Any other exception is a bug of Payung and keeps its traceback.
"""

from __future__ import annotations


class PayungError(Exception):
    """A problem that a user can correct; the message gives the place, what was found, what was expected, what to do."""


class WrongUseError(PayungError):
    """The request itself is wrong: an invalid value of an option, or a name that does not exist (exit code 2)."""


class CatalogError(PayungError):
    """A definition, code list or crosswalk is wrong; the message lists every place as file:line."""
