"""The exit codes of `payung`, and the exit code of each error."""

from __future__ import annotations

from indicator_defs.errors import PayungError, WrongUseError

# click also uses 2 for wrong usage.
OK, FAILED, WRONG_USE, AUDIT_FAILED, ATTENTION = 0, 1, 2, 3, 4


def exit_code(error: PayungError) -> int:
    """The exit code of an error that the user can correct."""
    if isinstance(error, WrongUseError):
        return WRONG_USE
    # compared by name: an import of AuditError would load the engine for every command
    return AUDIT_FAILED if type(error).__name__ == "AuditError" else FAILED
