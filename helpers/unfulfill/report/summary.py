"""The report's first lines: what became of the run, in a sentence, and its numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from unfulfill.audit.findings import UNDOING
from unfulfill.model import Result, Skip
from unfulfill.report.cases import Case, needs_attention
from unfulfill.report.data import ReportData

WORDS = {"undo": ("change", "taken back"), "fulfil": ("fulfillment", "made")}  # of the kinds of plans


@dataclass(frozen=True)
class Headline:
    """Tone (good, warn, bad, plain), the verdict and a sentence more."""

    tone: str
    verdict: str
    more: str = ""


def make_headline(data: ReportData, cases: Sequence[Case]) -> Headline:
    """The verdict. The worst thing that is true comes first."""
    contact = data.first_contact
    if contact is not None and contact.cancelled and not contact.finished:
        return Headline(
            "bad", f"Order {contact.order_name}, the first contact, needs a look.", contact.problem
        )
    if data.manifest and not data.manifest.get("complete", True):
        return Headline("bad", "The export is not complete; nothing can be planned from it.", _reasons(data))
    if data.plan is None:
        return _audited(data)
    noun, what = WORDS.get(data.plan.kind, ("fulfillment", "cancelled"))
    if not data.outcomes:
        more = (
            f"{len(data.plan.skips):,} marked rows are left out, with reasons below."
            if data.plan.skips
            else ""
        )
        return Headline(
            "plain",
            f"Planned and not applied: {count(len(cases), noun)} to be {what}. {_unchanged(data)}",
            more,
        )
    attention, done = (
        [case for case in cases if needs_attention(case)],
        [case for case in cases if case.is_done],
    )
    half_done = sum(case.is_open for case in cases)
    unsent = len(cases) - len(attention) - len(done)
    said = f"{len(done):,} of {count(len(cases), noun)} {what}"
    more = " ".join(_more(data, unsent))
    if half_done:
        halves = f"{count(half_done, 'case')} half done, the rest not fulfilled again yet"
        return Headline("bad", f"{said}; {halves}. Apply the plan again.", more)
    if attention:
        return Headline("bad", f"{said}; {len(attention):,} need a look.", more)
    if unsent:
        return Headline("warn", f"{said}; the rest was not sent.", more)
    if all(case.is_confirmed for case in done):
        return Headline("good", f"{said}, each confirmed by reading the shop again.", more)
    return Headline("warn", f"{said}, not verified yet.", more)


def _audited(data: ReportData) -> Headline:
    if data.findings is None:
        return Headline("plain", "Nothing was audited yet.", _unchanged(data))
    advised = data.findings[data.findings["right_fix"].isin(UNDOING)]["fulfillment_id"].nunique()
    if data.findings.empty:
        return Headline("good", f"Nothing looks wrong. {_unchanged(data)}")
    verdict = f"{count(advised, 'fulfillment')} in question, {count(len(data.findings), 'finding')} in all."
    return Headline("warn" if advised else "plain", verdict, "Nothing was planned or changed.")


def _unchanged(data: ReportData) -> str:
    contact = data.first_contact
    if contact is not None and contact.cancelled:
        return f"Nothing was changed but order {contact.order_name}, which was tried and taken back."
    return "Nothing was changed."


def _more(data: ReportData, unsent: int) -> list[str]:
    said = []
    if unsent:
        said.append(f"{unsent:,} not sent: the shop had changed, or the run was stopped.")
    if data.plan is not None and data.plan.skips:
        said.append(f"{count(len(data.plan.skips), 'marked row')} left out by the plan.")
    if data.undone:
        told = ", ".join(f"{number:,} {word}" for word, number in data.undone.items())
        said.append(f"Afterwards an undo was applied: {told}.")
    return said


def _reasons(data: ReportData) -> str:
    return " ".join(str(reason) for reason in data.manifest.get("reasons", ()))


def make_tiles(data: ReportData, cases: Sequence[Case]) -> list[tuple[str, str]]:
    """(number, what it counts), in the order of the work."""
    tiles: list[tuple[str, int]] = []
    if data.fulfillments is not None:
        tiles.append(("live fulfillments", int((data.fulfillments["status"] == "SUCCESS").sum())))
    if data.findings is not None:
        tiles.append(("findings", len(data.findings)))
        asked = data.findings[data.findings["right_fix"].isin(UNDOING)]["fulfillment_id"].nunique()
        tiles.append(("in question", asked))
    if data.marks is not None:
        tiles.append(("marked", int((data.marks["decision"].fillna("") != "").sum())))
    if data.plan is not None:
        tiles.append(("planned", len(cases)))
        tiles.append(("left out", len(data.plan.skips)))
    if data.outcomes:
        tiles.append(("done", sum(case.is_done for case in cases)))
    if data.verdicts:
        tiles.append(("confirmed", sum(case.is_confirmed for case in cases)))
    return [(f"{number:,}", what) for what, number in tiles]


def skip_groups(skips: Sequence[Skip]) -> list[tuple[str, int]]:
    """(reason in words, rows), the most frequent first."""
    return [
        (word.replace("_", " "), number)
        for word, number in Counter(skip.reason for skip in skips).most_common()
    ]


def result_counts(data: ReportData) -> list[tuple[str, int]]:
    """(result, changes), in the order of Result."""
    counted = Counter(outcome.result for outcome in data.outcomes.values())
    return [(result.value, counted[result]) for result in Result if counted[result]]


def count(number: int, noun: str) -> str:
    """ "1 case", "1,200 cases"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
