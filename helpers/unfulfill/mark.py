"""Marks: what was decided for each fulfillment, beside what the audit says. Pure: tables in, tables out."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.audit import KINDS, Audit, lock_reasons
from unfulfill.errors import ParameterRefused
from unfulfill.model import Decision, Mark
from unfulfill.plan_cases import AT_SERVICE
from unfulfill.plan_parts import PartUnclear, read_part
from unfulfill.tables import ARROW_TYPES, MARKS, make_table
from unfulfill.words import said

TEXT = pd.ArrowDtype(ARROW_TYPES["text"])
DECIDED = (
    "decision",
    "part",
    "reason",
    "note",
    "override",
    "marked_by",
)  # what a person writes; the rest is for reading
DECISIONS = tuple(decision.value for decision in Decision)
CHANGING = tuple(decision.value for decision in Decision if decision is not Decision.KEEP)
ADVISED = CHANGING  # right fixes that are a decision too
WITH_PART = (Decision.UNFULFILL.value, Decision.HOLD.value)  # decisions that may be about some units only

# Which columns of the exported tables `make_marks` reads.
MARKED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "orders": ("order_id", "name"),
    "line_items": ("line_item_id", "sku", "name"),
    "fulfillments": (
        "fulfillment_id", "order_id", "name", "status", "display_status", "created_at", "in_transit_at",
        "delivered_at", "location_name", "service_type", "tracking_numbers",
    ),
    "fulfillment_lines": ("fulfillment_id", "line_item_id", "quantity"),
}  # fmt: skip

# Of several findings about one fulfillment, the fix that wins: what must come first, then the more cautious one.
FIXES = (
    "request_cancellation", "void_label", "hold", "unfulfill", "partial", "move", "return", "correct_tracking",
    "count_again", "nothing",
)  # fmt: skip
SEVERITIES = ("high", "medium", "low")
_RANKS = {severity: rank for rank, severity in enumerate(SEVERITIES)}


def make_marks(
    tables: Mapping[str, pd.DataFrame], audit: Audit, earlier: pd.DataFrame | None = None
) -> pd.DataFrame:
    """MARKS: every live fulfillment of the export, what the audit says of it, and no decision yet.

    Those with the gravest findings come first, and of equals the newest.

    Live are also those that a third-party service still works on: it can be asked to stop. Decisions of `earlier`
    marks are kept, also those for fulfillments that are no longer live: planning says why nothing can be done about
    them.
    """
    fulfillments = tables["fulfillments"]
    decided = earlier[earlier["decision"].fillna("") != ""] if earlier is not None else make_table(MARKS)
    at_service = fulfillments["status"].isin(AT_SERVICE) & (fulfillments["service_type"] == "THIRD_PARTY")
    live = (fulfillments["status"] == "SUCCESS") | at_service
    kept = fulfillments["fulfillment_id"].isin(decided["fulfillment_id"])
    shown = fulfillments[(live | kept).fillna(False).astype(bool)]
    shown = shown.assign(locked=lock_reasons(shown))
    names = tables["orders"][["order_id", "name"]].rename(columns={"name": "order_name"})
    marks = shown.drop(columns="name").merge(names, on="order_id", how="left", validate="many_to_one")
    for part in (_told_by(audit.findings), _items(tables, shown), decided[["fulfillment_id", *DECIDED]]):
        marks = marks.merge(part, on="fulfillment_id", how="left", validate="one_to_one")
    gone = decided[~decided["fulfillment_id"].isin(marks["fulfillment_id"])]
    marks = marks.sort_values(["created_at", "fulfillment_id"], ascending=False, kind="stable")
    rank = marks["severity"].map(_RANKS)
    marks = marks.loc[rank.sort_values(kind="stable").index]  # those without a finding are last
    whole = pd.concat([make_table(MARKS, marks), gone], ignore_index=True)
    return make_table(MARKS, whole.assign(**{name: whole[name].fillna("") for name in DECIDED}))


def mark_rows(
    marks: pd.DataFrame,
    *,
    decision: str,
    fulfillment_ids: Iterable[str] | None = None,
    kinds: Iterable[str] | None = None,
    findings: pd.DataFrame | None = None,
    part: str | None = None,
    reason: str = "",
    note: str = "",
    override: str = "",
    by: str = "",
) -> pd.DataFrame:
    """`marks` with one decision for the fulfillments named, or for those with findings of `kinds`, or for both.

    Both given means rows that are in both. `findings` is where kinds are looked up; by default the column of the
    marks. A blank decision takes one back. An override and a part count only for rows named one by one. `part` says
    which units ("SKU-1=2; SKU-2=1"; blank: all); None leaves a part as it stands, lest many rows marked at once become
    whole again.
    """
    _check_mark(decision, fulfillment_ids, kinds, override)
    _check_part(decision, fulfillment_ids, part)
    ids, wanted = (set(some) if some is not None else None for some in (fulfillment_ids, kinds))
    if wanted is not None and not wanted <= set(KINDS):
        unknown = ", ".join(sorted(wanted - set(KINDS)))
        raise ParameterRefused(said("mark.no_kind", kind=unknown, kinds=", ".join(KINDS)))
    chosen = pd.Series(True, index=marks.index)
    if ids is not None:
        chosen &= _named(marks, ids)
    if wanted is not None:
        chosen &= _with_finding(marks, wanted, findings)
    written = decided_words(decision, part=part, reason=reason, note=note, override=override, by=by)
    return make_table(
        MARKS, marks.assign(**{name: marks[name].mask(chosen, word) for name, word in written.items()})
    )


def decided_words(
    decision: str, *, part: str | None, reason: str, note: str, override: str, by: str
) -> dict[str, str]:
    """What a row says after a decision: column → text. Blank takes one back; a part is kept only where one may be."""
    words = {"decision": decision, "reason": reason, "note": note, "override": override, "marked_by": by}
    if decision == "":
        words = dict.fromkeys(words, "")
    if part is not None or decision not in WITH_PART:
        words["part"] = part or ""
    return words


def replace_decided(marks: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    """`marks` with the rows of `changed` (fulfillment_id and what a person writes) as these say.

    Raises ParameterRefused for an unknown or doubled fulfillment, an unknown decision, and a part that cannot be.
    """
    ids = changed["fulfillment_id"]
    if not ids.is_unique:
        raise ParameterRefused(said("mark.twice_at_once", id=ids[ids.duplicated()].iloc[0]))
    for decision, part in changed[["decision", "part"]].drop_duplicates().itertuples(index=False, name=None):
        _check_mark(decision, ids, None, "")
        _check_part(decision, ids, part)
    positions: Any = pc.index_in(pa.array(marks["fulfillment_id"]), pa.array(ids).cast(pa.string()))
    if pc.count(positions).as_py() < len(ids):
        _named(marks, set(ids))
    is_changed = pc.is_valid(positions)
    after = {
        name: pc.if_else(is_changed, pc.take(pa.array(changed[name]), positions), pa.array(marks[name]))
        for name in DECIDED
    }
    return make_table(
        MARKS, marks.assign(**{name: pd.Series(pd.array(new, dtype=TEXT)) for name, new in after.items()})
    )


def _check_mark(
    decision: str, fulfillment_ids: Iterable[str] | None, kinds: Iterable[str] | None, override: str
) -> None:
    if decision not in ("", *DECISIONS):
        raise ParameterRefused(said("mark.no_decision", decision=decision, decisions=", ".join(DECISIONS)))
    if fulfillment_ids is None and kinds is None:
        raise ParameterRefused(said("mark.nothing_named"))
    if isinstance(fulfillment_ids, str) or isinstance(kinds, str):
        raise ParameterRefused(said("mark.not_lists"))
    if override and fulfillment_ids is None:
        raise ParameterRefused(said("mark.override_of_rows"))


def _check_part(decision: str, fulfillment_ids: Iterable[str] | None, part: str | None) -> None:
    if not part:
        return
    if fulfillment_ids is None:
        raise ParameterRefused(said("mark.part_of_rows"))
    if decision not in WITH_PART:
        first, second = WITH_PART
        raise ParameterRefused(said("mark.part_without", first=first, second=second, decision=decision))
    try:
        read_part(part)
    except PartUnclear as unclear:
        raise ParameterRefused(said("mark.part_unclear", why=unclear)) from None


def _named(marks: pd.DataFrame, wanted: set[str]) -> pd.Series:
    unknown = sorted(wanted - set(marks["fulfillment_id"]))
    if unknown:
        raise ParameterRefused(said("mark.unknown_rows", count=len(unknown), id=unknown[0]))
    return marks["fulfillment_id"].isin(wanted).astype(bool)


def _with_finding(marks: pd.DataFrame, kinds: set[str], findings: pd.DataFrame | None) -> pd.Series:
    if findings is not None:
        found = findings.loc[findings["kind"].isin(list(kinds)), "fulfillment_id"]
        return marks["fulfillment_id"].isin(found.dropna()).astype(bool)
    said = ", " + marks["findings"].fillna("") + ", "
    chosen = pd.Series(False, index=marks.index)
    for kind in kinds:
        chosen |= said.str.contains(f", {kind}, ", regex=False).astype(bool)
    return chosen


def decided_once(frame: pd.DataFrame) -> pd.DataFrame:
    """The decided rows of MARKS, what was decided and for which order; the same row twice counts once.

    Raises ParameterRefused for an unknown decision and for a fulfillment with two different decisions.
    """
    decided = frame[frame["decision"].fillna("") != ""]
    decided = decided.assign(
        **{name: decided[name].fillna("") for name in ("order_id", "order_name", *DECIDED)}
    )
    unknown = decided[~decided["decision"].isin(DECISIONS)]
    if len(unknown):
        row = unknown.iloc[0]
        raise ParameterRefused(
            said(
                "mark.row_without_decision",
                order=row["order_name"],
                id=row["fulfillment_id"],
                decision=row["decision"],
                decisions=", ".join(DECISIONS),
            )
        )
    columns = ["fulfillment_id", "order_id", "order_name", *DECIDED]
    if decided["fulfillment_id"].is_unique:
        return decided[columns]
    once = decided[columns].drop_duplicates(["fulfillment_id", *DECIDED])
    doubled = once[once.duplicated("fulfillment_id", keep=False)]
    if len(doubled):
        first = doubled[doubled["fulfillment_id"] == doubled["fulfillment_id"].iloc[0]]
        raise ParameterRefused(
            said(
                "mark.not_alike",
                order=first["order_name"].iloc[0],
                id=first["fulfillment_id"].iloc[0],
                count=len(first),
                decisions=", ".join(first["decision"]),
            )
        )
    return once


def to_marks(frame: pd.DataFrame) -> tuple[Mark, ...]:
    """The decided rows of MARKS as Marks, in their order; the same row twice counts once.

    Raises ParameterRefused for an unknown decision and for a fulfillment with two different decisions.
    """
    once = decided_once(frame)
    return tuple(
        Mark(id_, order_id, name, Decision(decision), reason, note, override, by, part)
        for id_, order_id, name, decision, part, reason, note, override, by in once.itertuples(
            index=False, name=None
        )
    )


def is_advised(marks: pd.DataFrame) -> pd.Series:
    """Which rows the audit would decide and nobody has; locked rows are not among them."""
    is_free = (marks["decision"].fillna("") == "") & marks["right_fix"].isin(ADVISED) & marks["locked"].isna()
    return is_free.fillna(False).astype(bool)


def propose(
    marks: pd.DataFrame,
    findings: pd.DataFrame,
    fulfillment_ids: Collection[str] | None = None,
    reason: str = "",
) -> pd.DataFrame:
    """`marks` with the audit's decision in every undecided row for which it advises one, or in those of some ids.

    It advises to unfulfill, to hold, or to ask the service that has the row to stop. Locked rows are left alone.
    Without a reason it is the kinds of findings that say so.
    """
    chosen = is_advised(marks)
    if fulfillment_ids is not None:
        chosen &= marks["fulfillment_id"].isin(fulfillment_ids).astype(bool)
    advice = findings[findings["right_fix"].isin(ADVISED)]
    advice = advice[advice["fulfillment_id"].isin(marks.loc[chosen, "fulfillment_id"])]
    reasons = marks["fulfillment_id"].map(_joined(advice["fulfillment_id"], advice["kind"])).astype(TEXT)
    proposed = marks.assign(
        decision=marks["decision"].mask(chosen, marks["right_fix"]),
        reason=marks["reason"].mask(chosen, reason or reasons),
        marked_by=marks["marked_by"].mask(chosen, "audit"),
    )
    return make_table(MARKS, proposed)


def _told_by(findings: pd.DataFrame) -> pd.DataFrame:
    """One row a fulfillment with findings: worst severity, its kinds, and the fix that wins."""
    told = findings[findings["fulfillment_id"].notna()]
    ranks = pd.DataFrame(
        {
            "fulfillment_id": told["fulfillment_id"],
            "severity": told["severity"].map(_RANKS).astype("int64"),
            "right_fix": told["right_fix"]
            .map({word: rank for rank, word in enumerate(FIXES)})
            .astype("int64"),
        }
    )
    best = ranks.groupby("fulfillment_id").min()
    kinds = _joined(told["fulfillment_id"], told["kind"])
    return pd.DataFrame(
        {
            "severity": best["severity"].map(dict(enumerate(SEVERITIES))).astype(TEXT),
            "findings": kinds.reindex(best.index),
            "right_fix": best["right_fix"].map(dict(enumerate(FIXES))).astype(TEXT),
        }
    ).reset_index()


def _items(tables: Mapping[str, pd.DataFrame], shown: pd.DataFrame) -> pd.DataFrame:
    """One row a fulfillment of `shown`: "2 × TEE-BLK-M, 1 × Mug"."""
    lines = tables["fulfillment_lines"]
    lines = lines[lines["fulfillment_id"].isin(shown["fulfillment_id"])]
    names = tables["line_items"][["line_item_id", "sku", "name"]]
    lines = lines.merge(names, on="line_item_id", how="left", validate="many_to_one")
    sku = lines["sku"].fillna("")
    said = (
        lines["quantity"].fillna(0).astype("string").astype(TEXT)
        + " × "
        + sku.mask(sku == "", lines["name"]).fillna("?")
    )
    return _joined(lines["fulfillment_id"], said).rename("items").rename_axis("fulfillment_id").reset_index()


def _joined(keys: pd.Series, texts: pd.Series) -> pd.Series:
    """Texts of each key, joined by ", ", indexed by key. Arrow's list join: no Python object a row."""
    order = keys.argsort(kind="stable")
    sorted_keys, sorted_texts = keys.iloc[order], texts.iloc[order]
    starts = (~sorted_keys.duplicated()).to_numpy().nonzero()[0]
    values = pa.array(sorted_texts, type=pa.string())
    flat: Any = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    lists = pa.ListArray.from_arrays(pa.array([*starts, len(sorted_keys)], type=pa.int32()), flat)
    joined: Any = pc.binary_join(lists, ", ")
    plain = joined.to_pandas(types_mapper=pd.ArrowDtype)
    texts_of_key: pd.Series = plain.set_axis(pd.Index(sorted_keys.iloc[starts]))
    return texts_of_key
