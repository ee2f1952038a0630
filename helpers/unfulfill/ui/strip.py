"""The strip on top of a notebook: which shop, which run, what is done, and what comes next."""

from unfulfill.status import Status, Step
from unfulfill.ui.shown import Shown, escape
from unfulfill.ui.views import NOTEBOOK_OF_STEP
from unfulfill.words import said, said_word

# A live shop has a ground of its own in both themes; it is told by words as well.
_SANDBOX = "background:#2f5d8a;color:#ffffff"
_LIVE = "background:#b3261e;color:#ffffff"
_BOX = (
    "display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center;padding:6px 10px;"
    "border:1px solid #8a8f98;border-radius:6px"
)
_BADGE = "font-weight:700;padding:2px 8px;border-radius:4px"


def strip_view(status: Status) -> Shown:
    """One line about the run, with a link to the notebook that comes next."""
    badge, colours = (said("strip.sandbox"), _SANDBOX) if status.is_sandbox else (said("strip.live"), _LIVE)
    steps = [step for step in status.steps if step.done or step.name == status.next]
    following = NOTEBOOK_OF_STEP.get(status.next, "")
    unasked = _unasked(status.unasked)
    parts = [
        f'<span style="{_BADGE};{colours}">{escape(badge)}</span>',
        f"<b>{escape(status.shop_name)}</b> <span>{escape(status.domain)}</span>",
        f"<span>{escape(said('strip.run'))} <b>{escape(status.run)}</b></span>",
        *(f"<span>{_mark(step, status.next)} {escape(_words(step))}</span>" for step in steps),
        _next(following),
        f'<span style="flex-basis:100%">{escape(unasked)}</span>' if unasked else "",
    ]
    text = ", ".join(
        [badge, f"{status.shop_name} ({status.domain})", f"{said('strip.run')} {status.run}"]
        + [_words(step) for step in steps if step.done]
        + [f"{said('strip.next')} {following}" if following else said("strip.all_done")]
        + ([unasked] if unasked else [])
    )
    return Shown(f'<div role="group" style="{_BOX}">{"".join(parts)}</div>', text)


def _mark(step: Step, following: str) -> str:
    return (
        '<span aria-hidden="true">▸</span>' if step.name == following else '<span aria-hidden="true">✓</span>'
    )


def _words(step: Step) -> str:
    return said("strip.step", step=said_word(step.name), text=step.text)


def _unasked(steps: tuple[str, ...]) -> str:
    if not steps:
        return ""
    key = "strip.unasked_marks" if "mark" in steps else "strip.unasked"
    return said(key, steps=", ".join(said_word(step) for step in steps))


def _next(notebook: str) -> str:
    if not notebook:
        return f"<span>{escape(said('strip.all_done'))}</span>"
    return f'<span>{escape(said("strip.next"))} <a href="{notebook}.ipynb">{notebook}</a></span>'
