"""Content of messages: place, found, expected and remedy, which tests check in place of the wording."""

from __future__ import annotations

from collections.abc import Sequence

# A fragment of a message is a value, a name, a code, a path or a command: so few words that a better sentence keeps it.
MOST_WORDS = 5

Content = str | Sequence[str]


def assert_reports(
    message: str, *, place: Content = (), found: Content = (), expected: Content = (), remedy: Content = ()
) -> None:
    """Fails, naming what is missing, unless the message has every fragment; upper and lower case count as equal.

    place: file, line, column, row or key. found: the content that is refused. expected: what is accepted there.
    remedy: what the user can do, by its command, option, file or verb.
    """
    lower = message.lower()
    for part, content in (("place", place), ("found", found), ("expected", expected), ("remedy", remedy)):
        for fragment in (content,) if isinstance(content, str) else content:
            assert len(fragment.split()) <= MOST_WORDS, f"more than content, shorten it: {fragment!r}"
            assert fragment.lower() in lower, f"the message has not the {part} {fragment!r}: {message}"
