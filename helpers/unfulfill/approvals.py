"""Who approved a plan: approvals.json of the run folder.

A name is what somebody typed, and no proof of who they are: whoever can write to the run folder can write any name. A
second person protects against slips, not against a person who means harm.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from unfulfill.errors import NotApproved, ParameterRefused, RunFolderRefused
from unfulfill.model import Plan
from unfulfill.redaction import CONTROL, SECRET
from unfulfill.run import Run, user_name
from unfulfill.safety import people
from unfulfill.words import said

APPROVALS = "approvals.json"
LONGEST_NAME = 60  # characters


def approve_plan(run: Run, digest: str, by: str, at: datetime) -> Plan:
    """Note that `by` (blank: the user of this machine) approves the plan of the run, and give that plan.

    Raises NotApproved where `digest` is not the plan's, ParameterRefused for a name that is none.
    """
    plan = run.load_plan()
    if digest != plan.digest:
        raise NotApproved(said("run_error.wrong_digest", folder=run.folder, digest=plan.digest))
    name, known = checked_name(by), approvers(run, digest)
    if len(people([*known, name])) > len(known):
        noted = {"digest": digest, "by": name, "at": at.isoformat(timespec="seconds")}
        run.save_json(APPROVALS, [*_load(run), noted])
    return plan


def approvers(run: Run, digest: str) -> list[str]:
    """The different people who approved the plan with this digest, the first one first."""
    return people(entry["by"] for entry in _load(run) if entry["digest"] == digest)


def checked_name(by: str) -> str:
    """The name of who approves; that of this machine's user where it is blank. Raises ParameterRefused."""
    name = " ".join((by.strip() or user_name()).split())
    if len(name) > LONGEST_NAME or "," in name or CONTROL.search(by) or SECRET.search(name):
        raise ParameterRefused(said("run_error.approver_name", most=LONGEST_NAME))
    return name


def _load(run: Run) -> list[Mapping[str, Any]]:
    if not run.has(APPROVALS):
        return []
    noted = run.load_json(APPROVALS, "approve")
    fields = ("digest", "by", "at")
    if not isinstance(noted, list) or not all(
        isinstance(entry, dict) and all(isinstance(entry.get(field), str) for field in fields)
        for entry in noted
    ):
        raise RunFolderRefused(said("run_error.approvals_damaged", file=run.folder / APPROVALS))
    return noted
