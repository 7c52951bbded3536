"""Replaces characters that the encoding of the terminal or pipe does not have, and reports them once at the end.

This applies to standard output and standard error; files are always UTF-8.
"""

from __future__ import annotations

import codecs
import io
import sys

_NAME = "payung-replace"
_ASCII = "payung-ascii"
_replaced: set[str] = set()


def replace_unknown_characters() -> None:
    """Makes standard output and standard error replace characters that their encoding lacks with question marks."""
    codecs.register_error(_NAME, _replace)
    codecs.register(_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # to a stream with the name ascii, click would write UTF-8 directly, without this stream
            encoding = _ASCII if codecs.lookup(stream.encoding).name == "ascii" else None
            stream.reconfigure(encoding=encoding, errors=_NAME)


def replacement_notice() -> str:
    """The message about the replaced characters; empty if there are none."""
    if not _replaced:
        return ""
    characters = ", ".join(f"U+{ord(c):04X}" for c in sorted(_replaced)[:5]) + (", ..." if len(_replaced) > 5 else "")
    return (
        f"Characters that the encoding of the terminal or pipe lacks are shown as ? ({len(_replaced)}: {characters}). "
        "Set PYTHONIOENCODING=utf-8, or write to a file with --to if the command has it: files are UTF-8."
    )


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    _replaced.update(characters)
    return "?" * len(characters), error.end


def _ascii(name: str) -> codecs.CodecInfo | None:
    """The codec ASCII under the name _ASCII."""
    if name.replace("_", "-") != _ASCII:
        return None
    base = codecs.lookup("ascii")
    return codecs.CodecInfo(
        name=_ASCII,
        encode=base.encode,
        decode=base.decode,
        incrementalencoder=base.incrementalencoder,
        incrementaldecoder=base.incrementaldecoder,
        streamreader=base.streamreader,
        streamwriter=base.streamwriter,
    )
