"""The audit for a person in JupyterLab: drop a count, mark an incident or an explanation, look into one item.

Nothing is decided here: an audit, and marking as it advises, are verbs of the workbench.
"""

from collections.abc import Callable, Iterable, Sequence

import ipywidgets

from unfulfill.audit import Audit
from unfulfill.audit.places import name_of
from unfulfill.mark import is_advised
from unfulfill.report import explanations
from unfulfill.ui.audit_views import explanation_card, incident_card
from unfulfill.ui.drop_area import MOST_BYTES, DropArea
from unfulfill.ui.edge import as_file, tried
from unfulfill.ui.place_view import place_view
from unfulfill.ui.shown import Shown, escape, say
from unfulfill.words import number, said, said_word, signed
from unfulfill.workbench import Workbench

MOST_CARDS = 20
MOST_PLACES = 500  # of the largest differences; stock.parquet has all
NO_ADVICE = "no_advice"
NONE = -1  # of the places: none is chosen
SHEETS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".zip")


class AuditPanel:
    """Works on the audit that was shown, and on a new one as soon as a count is dropped. `widget` is what is shown."""

    def __init__(self, wb: Workbench, audit: Audit) -> None:
        self._wb = wb
        self.audit = audit
        self.drop = DropArea(
            said("auditing.drop_label"),
            said("auditing.drop", number=MOST_BYTES // 1_000_000),
            SHEETS,
            self.take_count,
            lambda text: self._say(text, "bad"),
        )
        self.status = ipywidgets.HTML()
        self.cards = ipywidgets.VBox()
        self.place = ipywidgets.Dropdown(
            description=said("auditing.look_into"),
            style={"description_width": "initial"},
            layout={"width": "620px"},
        )
        self.about_place = ipywidgets.HTML()
        self.place.observe(lambda _: self._show_place(), names="value")
        self.widget = ipywidgets.VBox([self.drop, self.status, self.cards, self.place, self.about_place])
        self._show()

    def take_count(self, name: str, content: bytes) -> None:
        """Audit again with a count that a person dropped; it is kept in the run folder."""
        self.drop.busy = True
        self._say(said("auditing.comparing", file=name))
        try:
            self._try(lambda: self._audit_again(name, content), self.status)
        finally:
            self.drop.busy = False

    def _audit_again(self, name: str, content: bytes) -> Shown:
        with as_file(name, content, "count.csv") as file:
            self.audit = self._wb.audit(file)
        self._show()
        counted = self.audit.stock["variance"].dropna()
        differing = int((counted != 0).sum())
        text = said("auditing.compared", file=name, count=len(counted), differing=differing)
        return say(text, "warn" if differing else "good")

    # Cards

    def _show(self) -> None:
        self._marks = self._wb.marks()
        incidents = [self._incident(row) for row in self.audit.incidents.head(MOST_CARDS).to_dict("records")]
        found, _ = explanations(self.audit, MOST_CARDS)
        causes = self.audit.causes[self.audit.causes["role"] == "chosen"]
        explained = [
            self._card(
                explanation_card(one),
                said("auditing.explains", count=abs(one.units)),
                causes.loc[causes["explanation_id"] == one.id, "fulfillment_id"].dropna(),
            )
            for one in found
        ]
        self.cards.children = [
            *self._section(said("auditing.incidents"), incidents, said("incidents.none")),
            *self._section(said("auditing.explanations"), explained, said("auditing.nothing_differs")),
        ]
        self._show_places()

    @staticmethod
    def _section(title: str, cards: Sequence[ipywidgets.Widget], empty: str) -> list[ipywidgets.Widget]:
        head = ipywidgets.HTML(f'<h3 style="margin:14px 0 2px">{escape(title)}</h3>')
        return [head, *(cards or [ipywidgets.HTML(say(empty).markup)])]

    def _incident(self, row: dict[object, object]) -> ipywidgets.Widget:
        name = str(row["incident"])
        findings = self.audit.findings
        members = findings.loc[(findings["incident"] == name).fillna(False).astype(bool), "fulfillment_id"]
        return self._card(incident_card(row), name, members.dropna())

    def _card(self, shown: Shown, reason: str, fulfillment_ids: Iterable[str]) -> ipywidgets.Widget:
        """A card, and below it the button that marks its fulfillments as the audit advises."""
        ids = frozenset(fulfillment_ids)
        button = ipywidgets.Button(layout={"width": "auto"}, tooltip=said("auditing.tooltip"))
        told = ipywidgets.HTML()
        self._derive(ids, button, told)
        button.on_click(lambda _: self._mark(ids, reason, button, told))
        return ipywidgets.VBox([ipywidgets.HTML(shown.markup), ipywidgets.HBox([button, told])])

    def _derive(self, ids: frozenset[str], button: ipywidgets.Button, told: ipywidgets.HTML) -> None:
        """Say how many would be marked, and what of the others."""
        rows = self._marks[self._marks["fulfillment_id"].isin(ids)]
        is_decided = rows["decision"].fillna("") != ""
        is_locked = rows["locked"].notna() & ~is_decided
        would_mark = is_advised(rows)
        others = rows.loc[~is_decided & ~is_locked & ~would_mark, "right_fix"].fillna(NO_ADVICE)
        counts = {
            said("auditing.decided"): int(is_decided.sum()),
            said("auditing.locked"): int(is_locked.sum()),
        }
        counts |= {said_word(str(fix)): int(count) for fix, count in others.value_counts().items()}
        advised = int(would_mark.sum())
        button.description = (
            said("auditing.mark", count=advised) if advised else said("auditing.nothing_to_mark")
        )
        button.disabled = not advised
        rest = " · ".join(f"{number(count)} {what}" for what, count in counts.items() if count)
        told.value = (
            f'<span role="status">{escape(said("auditing.others", rest=rest) if rest else "")}</span>'
        )

    def _mark(
        self, ids: frozenset[str], reason: str, button: ipywidgets.Button, told: ipywidgets.HTML
    ) -> None:
        def mark() -> None:
            self._marks = self._wb.propose(ids, reason)
            self._derive(ids, button, told)

        self._try(mark, told)

    # One item at a location

    def _show_places(self) -> None:
        stock = self.audit.stock[self.audit.stock["variance"].fillna(0) != 0]
        first = stock.loc[stock["variance"].abs().sort_values(ascending=False, kind="stable").index]
        first = first.head(MOST_PLACES)
        labels = (
            name_of(first)
            + " · "
            + first["location_name"].fillna("?")
            + " · "
            + first["variance"].map(signed)
        )
        self.place.options = [(said("auditing.choose"), NONE), *zip(labels, first.index, strict=True)]
        self.place.value = NONE
        self.place.layout.display = "" if len(first) else "none"

    def _show_place(self) -> None:
        row = self.place.value
        if row == NONE:
            self.about_place.value = ""
            return
        self._try(lambda: place_view(self.audit, self.audit.stock.loc[row]), self.about_place)

    # The edge

    @staticmethod
    def _try(work: Callable[[], Shown | None], told: ipywidgets.HTML) -> None:
        shown = tried(work)
        if shown is not None:
            _tell(told, shown)

    def _say(self, text: str, tone: str = "plain") -> None:
        _tell(self.status, say(text, tone))


def _tell(where: ipywidgets.HTML, shown: Shown) -> None:
    where.value = f'<div role="status">{shown.markup}</div>'
