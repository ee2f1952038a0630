"""Good files damaged at random: refused with a sentence, or read; never another error, never minutes."""

import io
import random
import zipfile
from pathlib import Path

import containers
import contents
import pytest
from books import packed
from case import LEVELS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unfulfill.errors import SheetRefused
from unfulfill.sheets import read_counts, read_marks, read_sheet

MADE_UP = Path(__file__).resolve().parents[2] / "sample_exports"
MARKS = (b"\x00", b'"', b"\n", b"\r", b";", b"\xff\xfe", b"1E9", b"<!DOCTYPE x>", b"&x;", b"<c/>", b' r="B9"')
SECOND = contents.changed(contents.GOOD, id="5500000000002", name="#2", line_id="9")
ROWS = [contents.HEADER, contents.GOOD, contents.SHIPS, SECOND]
GOOD = {
    "small.xlsx": containers.book(ROWS),
    "small.csv": contents.as_csv(ROWS),
    **{
        name: (MADE_UP / name).read_bytes()
        for name in (
            "matrixify_orders.xlsx", "matrixify_orders.csv", "shopify_orders_79.csv", "shopify_inventory_newest.csv",
            "shopify_inventory_available_only.csv", "count_by_sku.csv", "count_by_barcode.csv", "marks.csv",
        )
    },
}  # fmt: skip


def mutant(name: str, seed: int) -> bytes:
    """Of a workbook, half of the time, a part is damaged and the whole packed again; else the file as it is."""
    chance = random.Random(seed)
    if not name.endswith(".xlsx") or chance.random() < 0.5:
        return damaged(name, GOOD[name], chance)
    with zipfile.ZipFile(io.BytesIO(GOOD[name])) as archive:
        parts: dict[str, str | bytes] = {part: archive.read(part) for part in archive.namelist()}
    part = chance.choice(sorted(parts))
    return packed(parts | {part: damaged(name, bytes(parts[part]), chance)})  # type: ignore[arg-type]


def damaged(name: str, good: bytes, chance: random.Random) -> bytes:
    """Bytes changed, an end cut off, a piece moved or doubled, cells exchanged, or a mark put in."""
    data = bytearray(good)
    match chance.randrange(5):
        case 0:
            for _ in range(chance.choice([1, 1, 2, 8, 64])):
                data[chance.randrange(len(data))] = chance.randrange(256)
        case 1:
            del data[chance.randrange(len(data)) :]
        case 2:
            start, length = chance.randrange(len(data)), chance.randrange(1, 200)
            piece = data[start : start + length]
            del data[start : start + length]
            at = chance.randrange(len(data) + 1)
            data[at:at] = piece * chance.choice([0, 1, 2])
        case 3 if good == GOOD[name]:
            return swapped(name, chance)
        case _:
            at = chance.randrange(len(data))
            data[at:at] = chance.choice(MARKS)
    return bytes(data)


def swapped(name: str, chance: random.Random) -> bytes:
    """Cells exchanged: of the small table for the workbooks, of the text itself for the others."""
    if name.endswith(".xlsx"):
        rows = [list(row) for row in ROWS]
        for _ in range(chance.randrange(1, 4)):
            (a, b), (c, d) = ((chance.randrange(len(rows)), chance.randrange(len(rows[0]))) for _ in range(2))
            rows[a][b], rows[c][d] = rows[c][d], rows[a][b]
        return containers.book(rows)
    lines = GOOD[name].split(b"\n")
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    first, second = lines[a].split(b","), lines[b].split(b",")
    i, j = chance.randrange(len(first)), chance.randrange(len(second))
    first[i], second[j] = second[j], first[i]
    lines[a], lines[b] = b",".join(first), b",".join(second)
    return b"\n".join(lines)


def read_every_way(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    for read in (read_sheet, read_marks, lambda path: read_counts(path, LEVELS)):
        try:
            read(path)
        except SheetRefused as refused:
            assert path.name in str(refused)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(GOOD)), seed=st.integers(0, 2**32))
def test_a_damaged_file_is_read_or_refused_with_a_sentence(name: str, seed: int, tmp_path: Path) -> None:
    read_every_way(tmp_path / name, mutant(name, seed))


@pytest.mark.nightly
def test_two_thousand_damaged_files_are_read_or_refused_with_a_sentence(tmp_path: Path) -> None:
    for seed in range(2_000):
        name = sorted(GOOD)[seed % len(GOOD)]
        read_every_way(tmp_path / name, mutant(name, seed))
