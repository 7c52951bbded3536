"""Pages whose text is in templates/, with places for what comes from the release."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=lambda name: False,  # Markdown, not HTML
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


def rendered(name: str, **places: str) -> str:
    """The text of templates/NAME with its places filled."""
    return _TEMPLATES.get_template(name).render(places)
