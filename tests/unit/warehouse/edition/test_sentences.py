"""Labels that are sentences of Payung: another wording is no difference, another code or value is one."""

from __future__ import annotations

import pytest

from warehouse.edition.sentences import Label, differs_in_content

CLOSE = Label("less than 3 years from 2016", True, "ends_too_close", "less than {years} years from {start}")
REORDERED = Label("from 2016 it is 3 years", True, "ends_too_close", "from {start} it is {years} years")
SHORTER = Label("3 years only", True, "ends_too_close", "{years} years only")
FOOTNOTE = Label("a footnote of the provider", False, None, None)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (CLOSE, REORDERED, False),
        (CLOSE, SHORTER, False),
        (CLOSE, Label("from 2017 it is 3 years", True, "ends_too_close", REORDERED.sentence), True),
        (CLOSE, Label("less than 4 years from 2016", True, "ends_too_close", CLOSE.sentence), True),
        (CLOSE, Label("withheld", True, "withheld", "withheld"), True),
        (CLOSE, Label("altered", True, "ends_too_close", REORDERED.sentence), True),
        (CLOSE, Label("comparable", False, None, None), True),
        (FOOTNOTE, Label("another one", False, None, None), True),
        (FOOTNOTE, CLOSE, True),
    ],
)
def test_codes_and_values_are_compared(before: Label, after: Label, expected: bool) -> None:
    assert differs_in_content(before, after) == expected
    assert differs_in_content(after, before) == expected


def test_label_of_an_older_version_is_compared_only_with_texts_of_providers() -> None:
    reason = Label("too close", True, None, None)
    footnote = Label("Events: 2015", None, None, None)
    assert not differs_in_content(reason, CLOSE)
    assert not differs_in_content(footnote, CLOSE)
    assert differs_in_content(footnote, FOOTNOTE)
    assert differs_in_content(footnote, Label("Events: 2016", None, None, None))
