"""Tables for other programs, CSV and XLSX, made row by row so that a million rows take no more memory than ten.

What a spreadsheet would take for a formula is made plain text in both (domain.md section 17).
"""

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from itertools import chain, islice
from typing import IO
from xml.sax.saxutils import escape

Cell = str | int | datetime | None

AT_ONCE = 500
"""Rows handed on together."""
SHEET_ROWS = 1_000_000
"""XLSX knows 1,048,576 rows a sheet; what is more goes to another one."""
LONGEST = 32_767
"""Characters that a cell of XLSX holds."""

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")  # wide signs, which some programs take for the others
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # XLSX knows no zones


def neutral(text: str) -> str:
    """`text` so that no spreadsheet runs it: an apostrophe before what begins like a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def csv_rows(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """UTF-8 with its mark, commas, CRLF (RFC 4180); moments as ISO 8601 in the zone they are given in."""
    yield "\ufeff".encode()
    remaining = iter(rows)
    while batch := list(islice(remaining, AT_ONCE)):
        text = StringIO()
        writer = csv.writer(text)
        writer.writerows([_in_csv(cell) for cell in row] for row in batch)
        yield text.getvalue().encode("utf-8", "replace")


def _in_csv(cell: Cell) -> str | int:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    return neutral(cell) if isinstance(cell, str) else "" if cell is None else cell


def xlsx_rows(rows: Iterable[Sequence[Cell]], *, title: str) -> Iterator[bytes]:
    """A workbook whose sheets begin with the first row, which stays in view; moments are its dates, without zone."""
    remaining = iter(rows)
    header = next(remaining, ())
    out = _Pipe()
    sheets = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # only written to
        while True:
            first = list(islice(remaining, 1))
            if sheets and not first:
                break
            sheets += 1
            body = chain([header], first, islice(remaining, SHEET_ROWS - 2))
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                yield from _sheet(sheet, body, out)
        for name, text in _frame(title, sheets).items():
            archive.writestr(name, text)
    yield out.take()


class _Pipe:
    """What the archive writes, to be taken away piece by piece; it cannot go back, and zipfile does not need it to."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


_NAMES = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def _sheet(sheet: IO[bytes], rows: Iterable[Sequence[Cell]], out: _Pipe) -> Iterator[bytes]:
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    sheet.write(f'{_XML}<worksheet xmlns="{_NAMES}">{view}<sheetData>'.encode())
    remaining = iter(rows)
    while batch := list(islice(remaining, AT_ONCE)):
        sheet.write("".join(f"<row>{''.join(map(_in_xlsx, row))}</row>" for row in batch).encode())
        yield out.take()
    sheet.write(b"</sheetData></worksheet>")


def _in_xlsx(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, datetime):
        days = (cell.replace(tzinfo=None) - _DAY_ZERO).total_seconds() / 86_400
        return f'<c s="1"><v>{days:.8f}</v></c>'
    if isinstance(cell, int):
        return f"<c><v>{cell}</v></c>"
    text = escape(_NOT_IN_XML.sub("\ufffd", neutral(cell))[:LONGEST])
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _frame(title: str, sheets: int) -> dict[str, str]:
    """The other parts of a workbook (ECMA-376): what it holds, and two styles, plain and date with time."""
    numbers = range(1, sheets + 1)
    name = escape(re.sub(r"[\[\]:*?/\\']", " ", title)[:25].strip() or "1", {'"': "&quot;"})
    listed = "".join(
        f'<sheet name="{name if number == 1 else f"{name} {number}"}" sheetId="{number}" r:id="r{number}"/>'
        for number in numbers
    )
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for number in numbers
    )
    links = "".join(
        f'<Relationship Id="r{number}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    return {
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_NAMES}" xmlns:r="{_LINKS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}'
        f'<Relationship Id="styles" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_NAMES}"><fonts count="1"><font/></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>{parts}</Types>',
    }
