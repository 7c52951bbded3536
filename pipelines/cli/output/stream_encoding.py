"""What a terminal or a pipe has no letters for: replaced on the way out, and reported once at the end.

Belongs here: the encodings of standard output and standard error. Does not belong here: files, which are UTF-8 always.
"""

from __future__ import annotations

import codecs
import io
import sys

_NAME = "payung-replace"
_ASCII = "payung-ascii"
_replaced: set[str] = set()


def replace_unknown_letters() -> None:
    """Makes standard output and standard error replace the letters that their encoding lacks with question marks."""
    codecs.register_error(_NAME, _replace)
    codecs.register(_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # click writes UTF-8 to a stream that calls itself ascii, past this one and its buffer
            encoding = _ASCII if codecs.lookup(stream.encoding).name == "ascii" else None
            stream.reconfigure(encoding=encoding, errors=_NAME)


def replacement_notice() -> str:
    """The notice of the letters that were replaced; empty where there were none."""
    if not _replaced:
        return ""
    shown = ", ".join(f"U+{ord(c):04X}" for c in sorted(_replaced)[:5]) + (", ..." if len(_replaced) > 5 else "")
    return (
        f"Letters that the encoding of the terminal or pipe lacks are shown as ? ({len(_replaced)}: {shown}). "
        "Set PYTHONIOENCODING=utf-8, or write a file where the command has --to: files are UTF-8."
    )


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    _replaced.update(found)
    return "?" * len(found), error.end


def _ascii(name: str) -> codecs.CodecInfo | None:
    """ASCII under a name of its own."""
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
