"""Tables for other programs: what they hold, that nothing in them is run, that they are made piece by piece."""

import csv
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO, StringIO
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import tables
from core.tables import Cell, csv_rows, neutral, xlsx_rows

NAMES = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def read_xlsx(content: bytes) -> dict[str, list[list[str]]]:
    """Cells of each sheet as they stand there."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        book = ET.fromstring(archive.read("xl/workbook.xml"))
        names = [sheet.attrib["name"] for sheet in book.findall("x:sheets/x:sheet", NAMES)]
        return {
            name: [
                ["".join(cell.itertext()) for cell in row.findall("x:c", NAMES)]
                for row in ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml")).iter(f"{{{NAMES['x']}}}row")
            ]
            for number, name in enumerate(names, 1)
        }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+49 40 1234", "'+49 40 1234"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),  # the wide sign is meant
        ("a=1", "a=1"),
        ("Printer – off", "Printer – off"),  # the dash is meant
        ("", ""),
    ],
)
def test_formulas_become_text(text: str, expected: str) -> None:
    assert neutral(text) == expected


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3), max_size=5))
def test_no_cell_begins_like_a_formula_and_every_text_comes_back(texts: list[list[str]]) -> None:
    content = b"".join(csv_rows(texts)).decode("utf-8-sig")
    read = list(csv.reader(StringIO(content, newline="")))
    assert read == [[neutral(text.encode("utf-8", "replace").decode()) for text in row] for row in texts]
    assert not [cell for row in read for cell in row if cell.lstrip()[:1] in tuple("=+-@")]


@given(st.lists(st.lists(st.text(max_size=50), min_size=2, max_size=2), min_size=1, max_size=5))
def test_any_text_makes_a_readable_workbook(texts: list[list[str]]) -> None:
    [(name, rows)] = read_xlsx(b"".join(xlsx_rows(texts, title="List"))).items()
    assert (name, len(rows)) == ("List", len(texts))
    assert not [cell for row in rows for cell in row if cell.lstrip()[:1] in tuple("=+-@")]


def test_moments_and_numbers() -> None:
    moment = datetime(2026, 3, 2, 18, 0, 5, tzinfo=timezone(timedelta(hours=9)))
    rows: list[list[Cell]] = [[moment, 7, None, "a & <b>"]]
    assert b"".join(csv_rows(rows)) == "\ufeff2026-03-02T18:00:05+09:00,7,,a & <b>\r\n".encode()
    days = (datetime(2026, 3, 2, tzinfo=UTC) - datetime(1899, 12, 30, tzinfo=UTC)).days
    cells = read_xlsx(b"".join(xlsx_rows(rows, title="x")))["x"][0]
    assert cells == [f"{days + (18 * 3600 + 5) / 86400:.8f}", "7", "", "a & <b>"]


@pytest.mark.parametrize("title", ["Meine: Liste", "'a'", "x" * 60, "[]", 'a"b'])
def test_name_of_a_sheet_is_one_that_programs_take(title: str) -> None:
    [name] = read_xlsx(b"".join(xlsx_rows([["a"]], title=title)))
    assert 0 < len(name) <= 31
    assert not set(name) & set("[]:*?/\\'")


def test_what_one_sheet_cannot_hold_goes_to_another_with_the_same_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SHEET_ROWS", 3)
    rows = [["head"], *([str(number)] for number in range(5))]
    assert read_xlsx(b"".join(xlsx_rows(rows, title="L"))) == {
        "L": [["head"], ["0"], ["1"]],
        "L 2": [["head"], ["2"], ["3"]],
        "L 3": [["head"], ["4"]],
    }


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_are_read_while_pieces_are_taken(kind: str) -> None:
    taken = 0

    def rows() -> Iterator[list[Cell]]:
        nonlocal taken
        for number in range(5_000):
            taken += 1
            yield [number, "text " * 20]

    pieces = csv_rows(rows()) if kind == "csv" else xlsx_rows(rows(), title="x")
    next(pieces)
    next(pieces)
    assert taken <= 3 * tables.AT_ONCE
