"""The report's first lines: what became of the run, in a sentence, and its numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from unfulfill.audit.findings import UNDOING
from unfulfill.model import Result, Skip
from unfulfill.report.cases import Case, needs_attention
from unfulfill.report.data import ReportData
from unfulfill.words import number, said, said_word


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
        return Headline("bad", said("summary.contact", order=contact.order_name), contact.problem)
    if data.manifest and not data.manifest.get("complete", True):
        return Headline("bad", said("summary.incomplete"), _reasons(data))
    if data.plan is None:
        return _audited(data)
    kind = data.plan.kind if data.plan.kind in ("undo", "fulfil") else "unfulfill"
    if not data.outcomes:
        more = said("summary.left_out_below", count=len(data.plan.skips)) if data.plan.skips else ""
        return Headline(
            "plain",
            f"{said(f'summary.planned_{kind}', count=len(cases))} {_unchanged(data)}",
            more,
        )
    attention, done = (
        [case for case in cases if needs_attention(case)],
        [case for case in cases if case.is_done],
    )
    half_done = sum(case.is_open for case in cases)
    unsent = len(cases) - len(attention) - len(done)
    what = said(f"summary.done_{kind}", done=len(done), count=len(cases))
    more = " ".join(_more(data, unsent))
    if half_done:
        return Headline("bad", said("summary.half_done", what=what, count=half_done), more)
    if attention:
        return Headline("bad", said("summary.need_a_look", what=what, count=len(attention)), more)
    if unsent:
        return Headline("warn", said("summary.rest_not_sent", what=what), more)
    if all(case.is_confirmed for case in done):
        return Headline("good", said("summary.confirmed", what=what), more)
    return Headline("warn", said("summary.not_verified", what=what), more)


def _audited(data: ReportData) -> Headline:
    if data.findings is None:
        return Headline("plain", said("summary.not_audited"), _unchanged(data))
    advised = data.findings[data.findings["right_fix"].isin(UNDOING)]["fulfillment_id"].nunique()
    if data.findings.empty:
        return Headline("good", f"{said('summary.nothing_wrong')} {_unchanged(data)}")
    findings = said("step.audit", count=len(data.findings))
    verdict = said("summary.in_question", count=advised, findings=findings)
    return Headline("warn" if advised else "plain", verdict, said("summary.nothing_planned"))


def _unchanged(data: ReportData) -> str:
    contact = data.first_contact
    if contact is not None and contact.cancelled:
        return said("summary.unchanged_but", order=contact.order_name)
    return said("summary.unchanged")


def _more(data: ReportData, unsent: int) -> list[str]:
    sentences = []
    if unsent:
        sentences.append(said("summary.not_sent", count=unsent))
    if data.plan is not None and data.plan.skips:
        sentences.append(said("summary.left_out", count=len(data.plan.skips)))
    if data.undone:
        told = ", ".join(f"{number(count)} {said_word(word)}" for word, count in data.undone.items())
        sentences.append(said("summary.undone", told=told))
    return sentences


def _reasons(data: ReportData) -> str:
    return " ".join(str(reason) for reason in data.manifest.get("reasons", ()))


def make_tiles(data: ReportData, cases: Sequence[Case]) -> list[tuple[str, str]]:
    """(number, what it counts), in the order of the work."""
    tiles: list[tuple[str, int]] = []
    if data.fulfillments is not None:
        tiles.append(("live", int((data.fulfillments["status"] == "SUCCESS").sum())))
    if data.findings is not None:
        tiles.append(("findings", len(data.findings)))
        asked = data.findings[data.findings["right_fix"].isin(UNDOING)]["fulfillment_id"].nunique()
        tiles.append(("in_question", asked))
    if data.marks is not None:
        tiles.append(("marked", int((data.marks["decision"].fillna("") != "").sum())))
    if data.plan is not None:
        tiles.append(("planned", len(cases)))
        tiles.append(("left_out", len(data.plan.skips)))
    if data.outcomes:
        tiles.append(("done", sum(case.is_done for case in cases)))
    if data.verdicts:
        tiles.append(("confirmed", sum(case.is_confirmed for case in cases)))
    return [(number(count), said(f"tile.{what}")) for what, count in tiles]


def skip_groups(skips: Sequence[Skip]) -> list[tuple[str, int]]:
    """(reason in words, rows), the most frequent first."""
    return [(said_word(word), rows) for word, rows in Counter(skip.reason for skip in skips).most_common()]


def result_counts(data: ReportData) -> list[tuple[str, int]]:
    """(result, changes), in the order of Result."""
    counted = Counter(outcome.result for outcome in data.outcomes.values())
    return [(said_word(result.value), counted[result]) for result in Result if counted[result]]
