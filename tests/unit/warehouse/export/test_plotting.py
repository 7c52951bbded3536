"""Figures do not depend on settings of the machine or the user, and no text of a definition can break them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import duckdb
import pytest
from payung_command import environment

from warehouse.export.plotting import mpl
from warehouse.export.release_reader import open_release
from warehouse.export.report_figures import (
    STYLE,
    availability,
    baseline_and_latest,
    coverage_by_contingency,
    new_figure,
    plain,
    write_figure,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """
text.usetex: True
text.parse_math: True
font.family: Comic Sans MS, serif
font.size: 30
savefig.bbox: tight
savefig.dpi: 31
axes.facecolor: black
text.color: red
svg.fonttype: path
svg.hashsalt: other
lines.linewidth: 5
axes.formatter.use_locale: True
path.sketch: 1, 100, 2
timezone: Asia/Tokyo
backend: TkAgg
no.such.setting: 1
figure.dpi: not a number
a line without meaning
"""


def run_export(release: Path, to: Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys; from pathlib import Path; from warehouse.export import export; "
        "export(Path(sys.argv[1]), Path(sys.argv[2]), ['figures'])"
    )
    env = {**environment(to), "PYTHONPATH": os.pathsep.join(sys.path), **settings}
    return subprocess.run(
        [sys.executable, "-c", code, str(release), str(to)],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_user_settings_do_not_change_the_files(small_release: Path, figure_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "matplotlibrc").write_text(HOSTILE, encoding="utf-8")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "matplotlibrc").write_text(HOSTILE.replace("30", "40"), encoding="utf-8")
    ran = run_export(
        small_release,
        tmp_path / "to",
        tmp_path / "here",
        MATPLOTLIBRC=str(tmp_path / "own"),
        MPLBACKEND="no_such_backend",
        TZ="Pacific/Kiritimati",
        SOURCE_DATE_EPOCH="86400",
        LC_ALL="C",
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    for path in sorted(figure_folder.iterdir()):
        assert (tmp_path / "to" / "figures" / path.name).read_bytes() == path.read_bytes(), path.name


def test_unreadable_user_settings_do_not_stop_the_export(
    small_release: Path, figure_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "matplotlibrc").write_bytes(b"font.family: \xff\xfe\n")
    ran = run_export(small_release, tmp_path / "to", tmp_path, MATPLOTLIBRC=str(tmp_path / "none"))
    assert (ran.returncode, ran.stderr) == (0, "")
    name = "availability.svg"
    assert (tmp_path / "to" / "figures" / name).read_bytes() == (figure_folder / name).read_bytes()


def test_settings_of_this_process_do_not_change_the_files(
    small_release: Path, figure_folder: Path, tmp_path: Path
) -> None:
    """A notebook, or the UI, may have loaded matplotlib with its own settings."""
    path = tmp_path / "availability.png"
    changed = {"savefig.bbox": "tight", "font.size": 20, "axes.facecolor": "black", "text.usetex": True}
    with mpl.rc_context(changed), open_release(small_release) as reader:
        write_figure(reader, availability, [path])
    assert path.read_bytes() == (figure_folder / path.name).read_bytes()


TEXTS = [
    "Pension of more than $30 or less than $100", "a $x^{ $", r"\alpha_{1}^2 \$ \\ \frac",
    "100 % <b>&amp;</b> \"q\" 'r' #1",
    "{x:.1f} %s %(a)s", "ເງິນ បំណាច់ အကြောင်း", "_starts with a line", "]]> --> <!--", "a;b: c,d",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_drawn_unchanged(text: str, tmp_path: Path, small_release: Path) -> None:
    with open_release(small_release) as reader:

        def draw(_: object) -> mpl.figure.Figure:
            figure = new_figure(6, 1)
            figure.text(0.1, 0.5, text)
            return figure

        svg, png = write_figure(reader, draw, [tmp_path / "a.svg", tmp_path / "a.png"])
    found = ["".join(t.itertext()) for t in ElementTree.parse(svg).getroot().iter(f"{SVG}text")]
    assert found == [text]
    assert png.stat().st_size > 1000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abc\u202edef\u202c", "abcdef"), ("\u200fx\u2066y", "xy"), ("a\x00b\x07c", "a\ufffdb\ufffdc"),
        ("\ud800", "\ufffd"), ("a\x85b\x0c", "a b"), ("two\r\nlines", "two lines"), ("क्‍ष", "क्‍ष"),
    ],
)  # fmt: skip
def test_direction_marks_and_control_characters_are_removed(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("draw", [coverage_by_contingency, baseline_and_latest, availability])
def test_strange_names_do_not_break_a_figure(draw: object, small_release: Path, tmp_path: Path) -> None:
    """Every name, group, attribution and title in a figure begins with characters that are special to matplotlib or XML."""
    shutil.copytree(small_release, tmp_path / "release")
    strange = "A $x^{ $ \\frac_{1} <b>&\x07\u202e\r\n\t100 % ងឯ "
    with duckdb.connect(str(tmp_path / "release" / "warehouse.duckdb")) as con:
        for table, column in (
            ("reference.indicator", "name"), ("reference.area", "name"), ("reference.code", "name"),
            ("reference.dataset", "attribution"), ("reference.dataset", "title"), ("reference.indicator_set", "title"),
        ):  # fmt: skip
            con.execute(f"UPDATE {table} SET {column} = ? || {column}", [strange])
    with open_release(tmp_path / "release") as reader:
        # `draw` is one of the figures: each takes the reader; object is the only type that they share
        svg, png = write_figure(reader, draw, [tmp_path / "a.svg", tmp_path / "a.png"])  # type: ignore[arg-type]
    text = " ".join("".join(t.itertext()) for t in ElementTree.parse(svg).getroot().iter(f"{SVG}text"))
    assert "A $x^{ $" in text
    assert "\\frac_{1} <b>&\ufffd" in text
    assert "\u202e" not in text
    assert png.stat().st_size > 10_000


def test_style_has_every_setting() -> None:
    """A setting that the style does not have would be the user's."""
    assert set(mpl.rcParamsDefault) - set(STYLE) <= {"backend", "backend_fallback"}
    assert STYLE["text.parse_math"] is False
    assert STYLE["svg.fonttype"] == "none"
