"""The errors that a user can cause or mend.

Belongs here: the base class every friendly error derives from, so that the command line can show
the message without a traceback.
Does not belong here: errors of our own making (those are bugs and keep their traceback).
"""

from __future__ import annotations


class PayungError(Exception):
    """A problem that a user can mend; the message names the place, what was found and what to do."""


class WrongUseError(PayungError):
    """The request itself is wrong: a value that no option takes, or a name that no definition has (exit code 2)."""


class CatalogError(PayungError):
    """A definition, code list or crosswalk is wrong; the message lists every place as file:line."""
