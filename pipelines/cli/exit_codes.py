"""The exit codes of `payung`, and which one an error has."""

from __future__ import annotations

from indicator_defs.errors import PayungError, WrongUseError

# 2 is click's own, too.
OK, FAILED, WRONG_USE, AUDIT_FAILED, ATTENTION = 0, 1, 2, 3, 4


def exit_code(error: PayungError) -> int:
    """The exit code of an error that a user can mend."""
    if isinstance(error, WrongUseError):
        return WRONG_USE
    # by its name: importing AuditError would load the engine for every command
    return AUDIT_FAILED if type(error).__name__ == "AuditError" else FAILED
