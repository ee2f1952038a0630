"""What spoke for each fulfillment that a plan changes never having left, in words."""

from unfulfill.audit.attribution.model import STILL_ON_SHELF
from unfulfill.report.data import ReportData
from unfulfill.report.speaking import on_page

BY_COUNT = "by the count {percent}% sure that it is on the shelf"
LIKELY = "{percent}% likely that it never left"
LIKELY_BESIDE = "without a count {percent}% likely that it never left"


def evidence_texts(data: ReportData) -> dict[str, tuple[str, ...]]:
    """Fulfillment id → sentences: what the count says of it, and what everything else does."""
    if data.plan is None:
        return {}
    planned = {change.fulfillment_id for change in data.plan.changes}
    found: dict[str, tuple[str, ...]] = {}
    if data.causes is not None:
        chosen = (data.causes["role"] == "chosen") & (data.causes["cause"] == STILL_ON_SHELF)
        rows = data.causes[chosen & data.causes["fulfillment_id"].isin(planned)]
        for fulfillment, percent in rows.groupby("fulfillment_id")["percent"].max().items():
            found[str(fulfillment)] = (on_page(BY_COUNT).format(percent=percent),)
    if data.evidence is not None:
        rows = data.evidence[data.evidence["fulfillment_id"].isin(planned)].dropna(subset=["percent"])
        for fulfillment, percent in zip(rows["fulfillment_id"], rows["percent"], strict=True):
            counted = found.get(fulfillment, ())
            said = on_page(LIKELY_BESIDE if counted else LIKELY).format(percent=percent)
            found[fulfillment] = (*counted, said)
    return found
