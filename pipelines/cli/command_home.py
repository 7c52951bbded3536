"""The home of one call of the command line: built once, when the command first needs it, and handed on from there.

Not at the start: `--help` and wrong options need no home, and come before what is wrong with one.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assets.home import Home


class CommandHome:
    """The door to the home; commands get it by `@PASS_HOME`."""

    @cached_property
    def home(self) -> Home:
        """The home. Raises what `find_home` raises for one that cannot be used."""
        from pipelines.home_folder import find_home

        return find_home()


PASS_HOME = click.make_pass_decorator(CommandHome, ensure=True)
