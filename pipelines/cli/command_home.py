"""The home of one call of the command line, found when the command first needs it.

It is not found at the start: `--help` needs no home, and wrong options are reported before problems of the home.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assets.home import Home


class CommandHome:
    """Gives a command access to the home; commands receive it with `@PASS_HOME`."""

    @cached_property
    def home(self) -> Home:
        """The home. Raises the errors of `find_home` if it cannot be used."""
        from pipelines.home_folder import find_home

        return find_home()


PASS_HOME = click.make_pass_decorator(CommandHome, ensure=True)
