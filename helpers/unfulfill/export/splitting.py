"""The shop's files of JSON lines, each read once, whatever the order of its lines and however many kinds it mixes.

A file of wide lines becomes a file for each kind. Only the beginning of a line is looked at for that:
`{"id":"gid://shopify/LineItem/`, with or without escaped slashes. A line that begins otherwise is parsed. What a line
holds is read, and checked, when its kind is turned into a table.

A file of lines of fulfillments holds nothing but ids and quantities: it becomes one Parquet file of numbers.
"""

import gzip
import json
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from unfulfill.errors import BadAnswer
from unfulfill.export import queries
from unfulfill.export.line_kinds import KINDS, LINE_FEED, lines_by_kind
from unfulfill.export.queries import Columns
from unfulfill.export.staging import LineRefused, Staging, literal
from unfulfill.words import said

LINE_FILES = ("lines.jsonl", "again.jsonl")  # lines of fulfillments
BLOCK = 1 << 20  # bytes; one block's memory is used again for the next
LONGEST_LINE = 2 << 20  # bytes; DuckDB takes memory for eight times as much in each thread
START = re.compile(rb'\{"id":"gid:(?:\\/\\/|//)shopify\\?/([A-Za-z]+)\\?/')
GID = re.compile(r"gid://shopify/([A-Za-z]+)/[0-9]+(?:\?.*)?", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class LineCounts:
    """How many lines a file has."""

    lines: int = 0  # all of them
    kinds: Mapping[str, int] = field(default_factory=dict)  # lines by kind; a kind without lines is absent
    unknown: int = 0  # lines of no known kind


class _NoObject(Exception):
    """A line is no JSON object."""


def split(staging: Staging, file: str) -> LineCounts:
    """Read `file`, or `file`.gz, once and keep its lines by kind; an earlier result is replaced.

    A file that is missing counts as empty. Raises BadAnswer, naming file and line, where a line is no JSON object.
    A line of orders or stock that is broken in its middle is found only when it is made into a table
    (`named_bad_lines`).
    """
    folder = split_path(staging, file)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    source = _source(staging, file)
    seen = _stamp(source)
    counts = LineCounts()
    if source is not None and file in LINE_FILES:
        counts = _link(staging, file, source)
    elif source is not None:
        try:
            counts = _split(source, folder)
        except _NoObject:
            raise _refusal(staging, file) from None
    split_path(staging, file, "counts.json").write_text(
        json.dumps({"file": seen, **asdict(counts)}), encoding="utf-8"
    )
    return counts


def counted(staging: Staging, file: str) -> LineCounts:
    """The counts of a file: of its last split, or of a new one where the file is not what was split."""
    try:
        plain = json.loads(split_path(staging, file, "counts.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return split(staging, file)
    if plain.pop("file") != _stamp(_source(staging, file)):
        return split(staging, file)
    return LineCounts(**plain)


def rows_of(staging: Staging, file: str, kind: str, columns: Columns) -> str:
    """SQL of the lines of one kind in a file of orders or stock, with these columns.

    The file is split where it is not yet.
    """
    if not counted(staging, file).kinds.get(kind):
        nothing = ", ".join(f'null::{type_} as "{name}"' for name, type_ in columns.items())
        return f"(select {nothing} where false)"
    return _json(split_path(staging, file, f"{kind}.jsonl"), columns)


def links(staging: Staging, file: str) -> str:
    """SQL of a file of lines of fulfillments: `kind`, then as numbers its own id, `parent`, `line_item`, `quantity` and
    `owner` (the order of a fulfillment order)."""
    if not counted(staging, file).lines:
        return (
            "(select null::varchar as kind, null::bigint as number, null::bigint as parent, "
            "null::bigint as line_item, null::bigint as quantity, null::bigint as owner where false)"
        )
    return f"read_parquet({literal(str(split_path(staging, file, 'links.parquet')))})"


@contextmanager
def named_bad_lines(staging: Staging, *files: str) -> Iterator[None]:
    """Say which line of which of these files it is that DuckDB could not read."""
    try:
        yield
    except LineRefused as error:
        found = (first_bad_line(staging, file) for file in files)
        raise next((named for named in found if named is not None), error) from None


def first_bad_line(staging: Staging, file: str) -> BadAnswer | None:
    """What is wrong with the first line of a file that is no JSON object or has an id of no known form."""
    source = _source(staging, file)
    if source is None:
        return None
    with _opened(source) as opened:
        number = 0
        for block in _blocks(opened, file):
            for line in bytes(block).splitlines():
                number += 1
                key, id_ = _problem(line)
                if key:
                    return BadAnswer(said(key, line=str(number), file=file, id=repr(id_)))
    return None


def _link(staging: Staging, file: str, source: Path) -> LineCounts:
    if source.suffix == ".gz":
        packed, source = source, split_path(staging, file, "unpacked.jsonl")
        with _opened(packed) as opened, source.open("wb") as plain:
            for block in _blocks(opened, packed.name):
                plain.write(block)
    parsed = _json(source, queries.FULFILLMENT_LINE)
    path = literal(str(split_path(staging, file, "links.parquet")))
    with named_bad_lines(staging, file):
        staging.run(f"copy (with rows as {parsed} {queries.LINKS_SELECT}) to {path} (format parquet)")
    kinds = dict(
        staging.each(
            f"select coalesce(kind, ''), count(*) from read_parquet({path}) group by all order by all"
        )
    )
    unknown = kinds.pop("", 0)
    if unknown and (named := first_bad_line(staging, file)):  # `null` reads like a line without an id
        raise named
    return LineCounts(sum(kinds.values()) + unknown, kinds, unknown)


def _json(source: Path, columns: Columns) -> str:
    """SQL of the lines of a file, with these columns."""
    spelled = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items())
    # `records` spares DuckDB from trying other readings of a line, which costs more than reading it.
    return (
        f"(select {', '.join(columns)} from read_json({literal(str(source))}, format = 'newline_delimited', "
        f"records = true, maximum_object_size = {LONGEST_LINE}, columns = {{{spelled}}}))"
    )


def _refusal(staging: Staging, file: str) -> BadAnswer:
    return first_bad_line(staging, file) or BadAnswer(said("export_error.some_line_no_object", file=file))


def _split(source: Path, folder: Path) -> LineCounts:
    kinds: dict[str, int] = {}
    with ExitStack() as stack:
        opened = stack.enter_context(_opened(source))
        files: dict[str, IO[bytes]] = {}
        for block in _blocks(opened, source.name):
            for kind, lines in lines_by_kind(_ended(block), _kind_of).items():
                kinds[kind] = kinds.get(kind, 0) + len(lines)
                if kind and kind not in files:
                    files[kind] = stack.enter_context((folder / f"{kind}.jsonl").open("wb"))
                if kind:
                    files[kind].write(b"".join(lines))
    total, unknown = sum(kinds.values()), kinds.pop("", 0)
    return LineCounts(total, dict(sorted(kinds.items())), unknown)


def _ended(block: memoryview) -> bytes:
    """The block with a line feed at its end; the last one of a file may lack it, and may be cut off."""
    if block[-1] == LINE_FEED:
        return bytes(block)
    whole = bytes(block) + b"\n"
    if _problem(whole.splitlines()[-1])[0]:
        raise _NoObject
    return whole


def _kind_of(line: bytes) -> str:
    """The kind of a line, by parsing it; blank for one that is not known."""
    try:
        value = json.loads(line)
    except ValueError:
        raise _NoObject from None
    if not isinstance(value, dict):
        raise _NoObject
    match = GID.fullmatch(value["id"]) if isinstance(value.get("id"), str) else None
    return match[1] if match and match[1] in KINDS else ""


def _problem(line: bytes) -> tuple[str, str]:
    """The message of what is wrong with a line, and the id that it is about; both blank where nothing is."""
    try:
        value = json.loads(line)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except ValueError:
        return "export_error.line_no_object", ""
    if not isinstance(value, dict):
        return "export_error.line_no_object", ""
    id_ = value.get("id")
    if isinstance(id_, str) and START.match(b'{"id":"' + id_.encode()) and not GID.fullmatch(id_):
        return "export_error.line_strange_id", id_[:60]
    return "", ""


def _blocks(opened: IO[bytes], name: str) -> Iterator[memoryview]:
    """The bytes of a file in blocks of whole lines, each valid until the next; the last may lack its end of line."""
    buffer, filled = bytearray(BLOCK), 0
    try:
        while got := opened.readinto(memoryview(buffer)[filled:]):  # type: ignore[attr-defined]  # files have it
            filled += got
            end = buffer.rfind(b"\n", 0, filled) + 1
            if end:
                yield memoryview(buffer)[:end]
                buffer[: filled - end] = buffer[end:filled]
                filled -= end
            elif filled > LONGEST_LINE:
                raise BadAnswer(said("export_error.line_too_long", file=name, size=LONGEST_LINE >> 20))
            elif filled == len(buffer):
                buffer += bytes(len(buffer))
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadAnswer(said("export_error.file_cut_off", file=name)) from None
    if filled:
        yield memoryview(buffer)[:filled]


def split_path(staging: Staging, file: str, name: str = "") -> Path:
    """The folder of what a file was split into, or a file in it."""
    return staging.path(f"split/{Path(file).stem}") / name


def _source(staging: Staging, file: str) -> Path | None:
    """The file as it came, or packed; None where there is neither."""
    return next((path for path in (staging.path(file), staging.path(f"{file}.gz")) if path.exists()), None)


def _opened(source: Path) -> IO[bytes]:
    if source.suffix == ".gz":
        return cast(IO[bytes], gzip.open(source))
    return source.open("rb", buffering=0)


def _stamp(source: Path | None) -> list[Any]:
    """What tells a file from a later one of its name."""
    if source is None:
        return []
    stat = source.stat()
    return [source.name, stat.st_size, stat.st_mtime_ns]
