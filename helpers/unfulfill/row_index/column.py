"""One column of many rows: its texts, its order, which rows have a word. Nothing is reckoned before it is asked for."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_NUMBERED = re.compile(r"([^0-9]*)([0-9]{1,18})(.*)", re.DOTALL)


class Column:
    """A column that is only read. `values` may be a function, called when the column is needed for the first time."""

    def __init__(self, values: Any, order: Sequence[str] = ()) -> None:
        self._given_order = order  # words that are sorted so, where letters would not do
        self._is_function = callable(values)
        self._given: Callable[[], Any] = values if callable(values) else lambda: values

    @property
    def is_at_hand(self) -> bool:
        """Whether asking for texts calls no function."""
        return "_chunked" in self.__dict__ or not self._is_function

    @cached_property
    def _chunked(self) -> Any:
        given = self._given()
        return given if isinstance(given, pa.ChunkedArray) else pa.chunked_array([given])

    @cached_property
    def values(self) -> Any:
        """All of it, as one Arrow array."""
        whole = self._chunked.combine_chunks()
        return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)

    def __len__(self) -> int:
        return len(self._chunked)

    def texts(self, rows: "Numbers | range") -> list[str]:
        """What people read in these rows; a missing value is blank. A range of rows costs no more than its length."""
        if isinstance(rows, range):
            part = self._chunked.slice(rows.start, len(rows))
        else:
            part = self.values.take(pa.array(rows))
        return [text or "" for text in _as_text(part).to_pylist()]

    def all_texts(self) -> Any:
        """The texts of all rows, an Arrow array."""
        return _as_text(self.values)

    @cached_property
    def _coded(self) -> tuple[Codes, list[str]]:
        """A number a row and the words that the numbers stand for; a missing value is the blank word."""
        encoded: Any = pc.fill_null(self.all_texts(), "").dictionary_encode()
        return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32), encoded.dictionary.to_pylist()

    @property
    def codes(self) -> Codes:
        """A number a row, for the words in `words`."""
        return self._coded[0]

    @property
    def words(self) -> list[str]:
        """The different texts."""
        return self._coded[1]

    def where(self, is_meant: Callable[[str], bool]) -> Mask:
        """Rows whose word is meant; asked once a word, so it is for columns of few words."""
        meant = np.fromiter(map(is_meant, self.words), np.bool_, len(self.words))
        return meant[self.codes] if len(meant) else np.zeros(len(self), np.bool_)

    def equals(self, word: str) -> Mask:
        """Rows with exactly this word."""
        return self.where(lambda each: each == word)

    def filled(self) -> Mask:
        """Rows that have a text at all."""
        return self.where(bool)

    def counted(self) -> list[tuple[str, int]]:
        """Each word that some row has, with the number of its rows, in alphabetical order."""
        counts = np.bincount(self.codes, minlength=len(self.words))
        return sorted((word, int(n)) for word, n in zip(self.words, counts, strict=True) if n)

    def containing(self, part: str) -> Mask:
        """Rows whose text has `part` in it; neither minds upper or lower case."""
        found: Mask = pc.match_substring(self._folded, part.lower()).to_numpy(zero_copy_only=False)
        return found

    def matching(self, pattern: str) -> Mask:
        """Rows whose text, in lower case, matches a regular expression of RE2's."""
        found: Mask = pc.match_substring_regex(self._folded, pattern).to_numpy(zero_copy_only=False)
        return found

    @cached_property
    def _folded(self) -> Any:
        return pc.utf8_lower(pc.fill_null(self.all_texts(), ""))

    @cached_property
    def _ranks(self) -> tuple[Numbers, Mask]:
        """Where each row stands in order, and which rows have nothing to order by."""
        if pa.types.is_timestamp(self.values.type) or pa.types.is_integer(self.values.type):
            numbers = pc.fill_null(self.values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
            return numbers, pc.is_null(self.values).to_numpy(zero_copy_only=False)
        return _ranks_of_words(self.codes, self.words, self._given_order)

    def sort(self, rows: Numbers, descending: bool) -> Numbers:
        """`rows` in the order of this column; blanks last in either direction, equals as they stood."""
        ranks, blank = self._ranks
        keys, last = ranks[rows], blank[rows]
        full = rows[~last]
        order = np.argsort(-keys[~last] if descending else keys[~last], kind="stable")
        return np.concatenate([full[order], rows[last]])


class Written(Column):
    """A column that people write."""

    def __init__(self, values: Any, order: Sequence[str] = ()) -> None:
        super().__init__(values, order)
        self._touched = False

    def texts(self, rows: "Numbers | range") -> list[str]:
        """What stands in these rows now."""
        if not self._touched:
            return super().texts(rows)
        codes = self.codes[rows.start : rows.stop] if isinstance(rows, range) else self.codes[rows]
        return [self.words[code] for code in codes]

    def all_texts(self) -> Any:
        """The texts of all rows as they are now."""
        if not self._touched:
            return super().all_texts()
        return pa.DictionaryArray.from_arrays(pa.array(self.codes), pa.array(self.words, pa.string())).cast(
            pa.string()
        )

    def containing(self, part: str) -> Mask:
        """Rows whose word has `part` in it: few words are asked, however many rows there are."""
        return self.where(lambda word: part.lower() in word.lower())

    def words_in(self, rows: Numbers) -> Any:
        """What stands in these rows now, an Arrow array."""
        return pa.array(self.words, pa.string()).take(pa.array(self.codes[rows]))

    def code_of(self, word: str) -> int:
        """The number of a word, a new one where no row had it so far."""
        if word not in self.words:
            self.words.append(word)
        return self.words.index(word)

    def put(self, rows: Numbers, codes: "Codes | int") -> None:
        """Write words, by their numbers, into rows."""
        self._touched = True
        if not self.codes.flags.writeable:
            self.__dict__["_coded"] = (self.codes.copy(), self.words)
        self.codes[rows] = codes

    def sort(self, rows: Numbers, descending: bool) -> Numbers:
        """By the words as they are now."""
        self.__dict__["_ranks"] = _ranks_of_words(self.codes, self.words, self._given_order)
        return super().sort(rows, descending)


def _as_text(values: Any) -> Any:
    if pa.types.is_timestamp(values.type):
        minutes = values.cast(pa.timestamp("s", tz="UTC"), safe=False).cast(pa.string())
        return pc.utf8_slice_codeunits(minutes, 0, 16)
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def _ranks_of_words(codes: Codes, words: list[str], given: Sequence[str]) -> tuple[Numbers, Mask]:
    """#999 stands before #1000: digits count as a number where every word has some after the same beginning."""
    if not words:
        return np.zeros(len(codes), np.int64), np.zeros(len(codes), np.bool_)
    place = np.empty(len(words), np.int64)
    if given:
        place[:] = [given.index(word) if word in given else len(given) for word in words]
    else:
        place[np.asarray(_order(words), np.int64)] = np.arange(len(words))
    blank = np.fromiter((word == "" for word in words), np.bool_, len(words))
    return place[codes], blank[codes]


def _order(words: list[str]) -> Any:
    column: Any = pa.array(words, pa.string())
    if any(map(_NUMBERED.match, words[:50])):
        parts = pc.extract_regex(column, r"(?s)^(?P<a>[^0-9]*)(?P<n>[0-9]{1,18})(?P<z>.*)$")
        head = pc.utf8_lower(pc.coalesce(pc.struct_field(parts, "a"), column))
        number = pc.struct_field(parts, "n").cast(pa.int64())
        table = pa.table({"head": head, "number": number, "word": pc.utf8_lower(column)})
        keys = [("head", "ascending"), ("number", "ascending"), ("word", "ascending")]
        return pc.sort_indices(table, sort_keys=keys)
    return pc.sort_indices(pc.utf8_lower(column))
