from pathlib import Path

import pytest

from unfulfill.errors import SheetRefused
from unfulfill.sheets import read_csv_text

TABLE = "SKU{0}Größe\r\nA-1{0}äöü\r\n"


def written(folder: Path, content: bytes | str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_usual_encoding_and_delimiter_gives_the_same_text(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    sheet = read_csv_text(written(tmp_path, TABLE.format(delimiter).encode(encoding)))

    assert (sheet.header, sheet.rows, sheet.lines) == (("SKU", "Größe"), (("A-1", "äöü"),), (2,))


def test_excels_own_line_about_the_delimiter_is_honoured(tmp_path: Path) -> None:
    sheet = read_csv_text(written(tmp_path, "sep=;\na;b,c\n1;2,3\n"))

    assert (sheet.header, sheet.rows, sheet.lines) == (("a", "b,c"), (("1", "2,3"),), (3,))


def test_values_stay_the_text_that_they_are(tmp_path: Path) -> None:
    sheet = read_csv_text(written(tmp_path, "a,b\n00123,NA\n1E5,null\n"))

    assert sheet.rows == (("00123", "NA"), ("1E5", "null"))


def test_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    sheet = read_csv_text(written(tmp_path, 'a,b\n\n"two\nlines",1\nx,2\n'))

    assert sheet.lines == (3, 5)


def test_a_short_row_is_filled_with_blanks(tmp_path: Path) -> None:
    assert read_csv_text(written(tmp_path, "a,b,c\n1\n")).rows == (("1", "", ""),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        ("a,b\n1,2,3\n", "line 2: 3 cells under a header of 2"),
        ("a,b,A\n1,2,3\n", "stands twice"),
        ('a,b\n1,"2\n3,4\n', "line 2"),
        ('a,b\n1,"2"x\n', "line 2"),
        (b"a,b\n1,\x002\n", "line 2: a NUL"),
        (b"PK\x03\x04rest", "is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "password-protected"),
        ("<!doctype html><table>", "web page"),
        (b"a,b\n\x81\x8d,1\n", "unknown encoding"),
        ("a\n" + "x" * 200_000 + "\n", "line 2: a cell is longer than 131,072 characters"),
    ],
)
def test_what_cannot_be_read_safely_is_refused_with_its_line(
    tmp_path: Path, content: bytes | str, said: str
) -> None:
    with pytest.raises(SheetRefused, match=said):
        read_csv_text(written(tmp_path, content))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetRefused, match="cannot be read"):
        read_csv_text(tmp_path / "none.csv")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetRefused, match="is a folder"):
        read_csv_text(tmp_path)
