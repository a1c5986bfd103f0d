"""A terminal's text as an SVG picture.

rich's own export squeezes Chinese characters, which take two columns, and loads a font from the
network; a picture on a page may do neither.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

# Sizes in pixels. Monospaced fonts are about 0.6 em wide.
_FONT = 14
_WIDE_FONT = 16
_COLUMN = 8.4
_LINE = 19
_MARGIN = 16
_FONTS = (
    "ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', "
    "'Liberation Mono', 'Noto Sans Mono CJK SC', 'PingFang SC', 'Microsoft YaHei', monospace"
)
# Plain spaces in a row shrink to one.
_FIXED = "\u00a0"
_RUN = re.compile(r"<text [^>]*?y=\"([\d.]+)\"[^>]*>(.*?)</text>", re.DOTALL)


@dataclass(frozen=True)
class Look:
    """The colours of a picture: background, text, and the terminal's eight colours."""

    background: tuple[int, int, int]
    foreground: tuple[int, int, int]
    colours: tuple[tuple[int, int, int], ...]
    border: str

    @property
    def theme(self) -> TerminalTheme:
        """As rich names it."""
        return TerminalTheme(self.background, self.foreground, list(self.colours))


# Each colour has a contrast of at least 4.5 to 1 with its background, as WCAG 2.1 asks (1.4.3).
LIGHT = Look(
    background=(255, 255, 255),
    foreground=(31, 35, 40),
    colours=(
        *((36, 41, 47), (207, 34, 46), (17, 99, 41), (125, 78, 0)),
        *((9, 105, 218), (130, 80, 223), (27, 124, 131), (110, 119, 129)),
    ),
    border="#d1d9e0",
)
DARK = Look(
    background=(13, 17, 23),
    foreground=(230, 237, 243),
    colours=(
        *((125, 133, 144), (255, 123, 114), (63, 185, 80), (210, 153, 34)),
        *((88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)),
    ),
    border="#3d444d",
)


def picture(ansi: str, title: str, columns: int, look: Look) -> str:
    """The SVG of coloured text, ``columns`` wide; ``title`` is read to who cannot see it."""
    lines = _lines(ansi, columns)
    width = round(columns * _COLUMN + 2 * _MARGIN)
    height = len(lines) * _LINE + 2 * _MARGIN
    body = "\n".join(
        _run(text, style, column, row, look)
        for row, line in enumerate(lines)
        for text, style, column in _runs(line)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" '
        f'fill="{look.theme.background_color.hex}" stroke="{look.border}"/>\n'
        f'<g font-family="{_FONTS}" font-size="{_FONT}">\n{body}\n</g>\n</svg>\n'
    )


def words_of(svg: str) -> str:
    """The text that a picture shows, line by line."""
    rows: dict[int, str] = {}
    for match in _RUN.finditer(svg):
        row = round((float(match[1]) - _MARGIN - _FONT) / _LINE)
        column = _column(match[0])
        line = rows.get(row, "")
        rows[row] = line + " " * (column - cell_len(line)) + unescape(match[2]).replace(_FIXED, " ")
    return "\n".join(rows.get(row, "") for row in range(max(rows) + 1))


def plain(ansi: str) -> str:
    """Coloured text without its colours and without spaces at the ends of lines."""
    lines = Text.from_ansi(ansi).plain.rstrip().splitlines()
    return "\n".join(line.rstrip() for line in lines)


def _lines(ansi: str, columns: int) -> list[list[Segment]]:
    console = Console(
        width=columns, force_terminal=True, color_system="truecolor", legacy_windows=False
    )
    segments = console.render(Text.from_ansi(ansi.rstrip()), console.options)
    return list(Segment.split_and_crop_lines(segments, columns, pad=False, include_new_lines=False))


def _runs(line: Sequence[Segment]) -> Iterator[tuple[str, Style, int]]:
    """Text, style and column of what stands together: runs of narrow or of wide characters."""
    column = 0
    for segment in line:
        for run in re.findall(r"[\x20-\u2fff]+|[^\x20-\u2fff]+", segment.text):
            text = run.strip(" ")
            if text:
                yield (
                    text,
                    segment.style or Style.null(),
                    column + cell_len(run) - cell_len(run.lstrip(" ")),
                )
            column += cell_len(run)


def _run(text: str, style: Style, column: int, row: int, look: Look) -> str:
    marks = [f'fill="{_colour(style, look)}"']
    if style.bold:
        marks.append('font-weight="bold"')
    if style.dim and _is_plain(style):
        marks.append('opacity="0.75"')
    if cell_len(text) == 2 * len(text):
        # Two columns are wider than a letter is high: what fills them is set larger.
        marks.append(f'font-size="{_WIDE_FONT}"')
    # The length keeps columns straight, whatever font the reader's machine has.
    return (
        f'<text x="{_MARGIN + column * _COLUMN:.1f}" y="{_MARGIN + _FONT + row * _LINE}" '
        f'textLength="{cell_len(text) * _COLUMN:.1f}" {" ".join(marks)}>'
        f"{escape(text, quote=False).replace(' ', _FIXED)}</text>"
    )


def _is_plain(style: Style) -> bool:
    return style.color is None or style.color.is_default


def _colour(style: Style, look: Look) -> str:
    if style.color is None or _is_plain(style):
        return str(look.theme.foreground_color.hex)
    return str(style.color.get_truecolor(look.theme).hex)


def _column(tag: str) -> int:
    found = re.search(r' x="([\d.]+)"', tag)
    return round((float(found[1]) - _MARGIN) / _COLUMN) if found else 0
