"""Comparing labels that may be sentences of Payung, whose wording differs between versions."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Label:
    """The text of a label. `code` and `sentence`: of the code list sentence, with {places}; None in older versions.

    `is_sentence`: whether Payung wrote the text; None where that is unknown, because an older version has no codes.
    """

    text: str | None
    is_sentence: bool | None
    code: str | None
    sentence: str | None


def differs_in_content(before: Label, after: Label) -> bool:
    """Whether two labels with different texts differ in more than the wording of a sentence.

    Two sentences are equal if they have the same code and the same values in their places. Without both codes they
    cannot be compared, so no difference is reported.
    """
    if before.is_sentence is False or after.is_sentence is False:
        return before.text != after.text
    if not (before.is_sentence or after.is_sentence):  # unknown in both, so both texts are of older versions
        return before.text != after.text
    if before.code is None or after.code is None:
        return False
    if before.code != after.code:
        return True
    values_before, values_after = _values(before), _values(after)
    if values_before is None or values_after is None:
        return before.text != after.text
    return any(values_before[place] != values_after[place] for place in values_before.keys() & values_after.keys())


def _values(label: Label) -> dict[str, str] | None:
    """The values in the places of a label's sentence; None where the text is not made from that sentence."""
    if label.text is None or label.sentence is None:
        return None
    pattern, places = "", set[str]()
    for number, part in enumerate(_PLACE.split(label.sentence)):
        if number % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P={part})" if part in places else f"(?P<{part}>.*)"
            places.add(part)
    match = re.fullmatch(pattern, label.text, re.DOTALL)
    return match.groupdict() if match else None
