"""`unfulfill journal`: what it prints, what it proves, and that neither a terminal nor a pipe comes to harm."""

import json
import subprocess
import sys

import pytest
from journals import edit, entries, now, written
from plans_made import AT, IDENTITY, cancel, hold, plan_of

from unfulfill.cli import main
from unfulfill.journal import Journal, journal_head
from unfulfill.plan import plan_to_text, seal
from unfulfill.report import ReportData, render_report

MADE = seal(plan_of(cancel(1), hold(12)))
CANCEL, HOLD = (change.id for change in MADE.changes)
INTENT = {
    "operation": "FulfillmentCancel",
    "variables": {"id": "gid://shopify/Fulfillment/1"},
    "look": {"order": "x"},
}
ROWS = [
    (MADE.digest, "", 0, "PLAN", {"approved_by": "ana", "changes": 2}),
    (MADE.digest, CANCEL, 1, "INTENT", INTENT),
    (MADE.digest, CANCEL, 1, "NOT_APPLIED", {"message": "no trace of it", "lost": True}),
    (MADE.digest, CANCEL, 2, "INTENT", INTENT),
    (MADE.digest, CANCEL, 2, "APPLIED", {"evidence": "answer", "created_id": "", "fulfillment_order_id": ""}),
    (
        MADE.digest,
        HOLD,
        0,
        "STALE",
        {"message": "moved\x1b[2J to\nanother place\u202e shpat_0123456789abcdef"},
    ),
]


@pytest.fixture
def run(tmp_path):
    """A run folder with a plan, and the journal of its apply."""
    written(tmp_path / "journal.sqlite", ROWS)
    (tmp_path / "plan.json").write_text(plan_to_text(MADE), encoding="utf-8")
    return tmp_path


def report(run):
    """A report of the run as it stands."""
    head = journal_head(run / "journal.sqlite")
    (run / "report.html").write_text(
        render_report(ReportData("run", IDENTITY, AT, plan=MADE, journal_head=head))
    )
    return head


def told(capsys, *arguments):
    """The exit status, and what was printed."""
    status = main(["journal", *map(str, arguments)])
    streams = capsys.readouterr()
    return status, streams.out, streams.err


def test_each_event_is_a_line_with_its_order_and_words_safe_for_a_terminal(run, capsys):
    status, out, err = told(capsys, run)

    assert (status, err) == (0, "")
    assert out.splitlines() == [
        f"     1  {now()}         plan {MADE.digest[:8]}     PLAN          approved by ana, 2 changes",
        f"     2  {now()}  #1001  m0001-cancel      INTENT        FulfillmentCancel",
        f"     3  {now()}  #1001  m0001-cancel      NOT_APPLIED   no trace of it",
        f"     4  {now()}  #1001  m0001-cancel      INTENT        FulfillmentCancel, attempt 2",
        f"     5  {now()}  #1001  m0001-cancel      APPLIED       answer, attempt 2",
        f"     6  {now()}  #1012  m0012-hold        STALE         moved [2J to another place  [removed]",
    ]


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", "damaged", plan_to_text(MADE).replace("#1001", "#1999")]
)
def test_without_its_plan_or_with_an_edited_one_changes_stand_for_themselves(run, capsys, content):
    (run / "plan.json").unlink()
    if content is not None:
        (run / "plan.json").write_text(content, encoding="utf-8")

    status, out, _ = told(capsys, run)

    assert status == 0
    assert out.splitlines()[1] == f"     2  {now()}  m0001-cancel      INTENT        FulfillmentCancel"


def test_rows_of_another_plan_get_no_order_of_this_one(run, capsys):
    with Journal(run / "journal.sqlite", now) as journal:
        journal.record("another", CANCEL, 0, "STALE", {"message": "changed"})

    _, out, _ = told(capsys, run)

    assert out.splitlines()[-1] == f"     7  {now()}         m0001-cancel      STALE         changed"


def test_as_json_everything_is_told(run, capsys):
    status, out, _ = told(capsys, run, "--json")

    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert out.isascii()
    assert [(line["plan"], line["change"], line["attempt"], line["event"]) for line in lines] == [
        row[:4] for row in ROWS
    ]
    assert lines[1]["body"] == INTENT
    assert [line["order"] for line in lines] == ["", *["#1001"] * 4, "#1012"]
    assert lines[-1]["hash"] == journal_head(run / "journal.sqlite")
    assert [line["previous"] for line in lines[1:]] == [line["hash"] for line in lines[:-1]]


def test_the_folder_of_an_undo_is_a_run_folder_too(run, capsys):
    (run / "undo").mkdir()
    written(run / "undo" / "journal.sqlite", ROWS[:1])

    assert told(capsys, run / "undo")[1].count("\n") == 1
    assert told(capsys, run / "undo", "--verify")[0] == 0


# Proof


def test_verify_tells_rows_and_head(run, capsys):
    head = journal_head(run / "journal.sqlite")

    assert told(capsys, run, "--verify") == (
        0,
        f"{run}/journal.sqlite: 6 rows, chain unbroken, head {head}\n",
        "",
    )


def test_verify_finds_the_head_in_the_report(run, capsys):
    report(run)

    status, out, _ = told(capsys, run, "--verify")

    assert (status, out.splitlines()[1:]) == (0, [f"{run}/report.html: the same head"])


def test_a_report_that_was_made_before_the_last_rows_is_no_alarm(run, capsys):
    head = report(run)
    with Journal(run / "journal.sqlite", now) as journal:
        journal.record_many((MADE.digest, f"m{number}", 0, "STALE", {}) for number in range(1500))

    status, out, _ = told(capsys, run, "--verify", "--head", f" {head.upper()}\n")

    assert status == 0
    assert out.splitlines()[1:] == [
        f"{run}/report.html: of row 6; 1,500 came after it",
        "--head: of row 6; 1,500 came after it",
    ]


@pytest.mark.parametrize("cut", ["seq > 4", "seq > 0"])
def test_a_cut_at_the_end_shows_by_the_report_and_by_a_head_kept_elsewhere(run, capsys, cut):
    head = report(run)
    edit(run / "journal.sqlite", f"delete from event where {cut}")

    by_report = told(capsys, run, "--verify")
    (run / "report.html").unlink()
    by_head = told(capsys, run, "--head", head)

    for (status, out, err), source in ((by_report, f"{run}/report.html"), (by_head, "--head")):
        assert (status, out) == (2, "")
        assert f"has the hash {head} of {source}; rows were cut from its end" in err
    assert told(capsys, run, "--verify")[0] == 0  # without a head nobody can tell


@pytest.mark.parametrize(
    "content", ["", "<p>no head</p>", "<dt>Head of the journal</dt><dd><code>no hash</code></dd>"]
)
def test_a_report_without_a_head_proves_nothing_and_does_no_harm(run, capsys, content):
    (run / "report.html").write_text(content)

    assert told(capsys, run, "--verify")[1].count("\n") == 1


def test_an_edit_is_told_with_its_row_and_what_stands_before_it_is_shown(run, capsys):
    edit(run / "journal.sqlite", "update event set at = '2026-01-01' where seq = 3")

    verified, shown = told(capsys, run, "--verify"), told(capsys, run)

    assert verified[:2] == (2, "")
    assert (shown[0], shown[1].count("\n")) == (2, 2)
    for _, _, err in (verified, shown):
        assert "row 3 was edited, or one before it was cut out; do not rely on it." in err


@pytest.mark.parametrize("options", [[], ["--verify"], ["--json"]])
def test_an_empty_journal_is_no_mistake(tmp_path, capsys, options):
    (tmp_path / "journal.sqlite").touch()

    status, out, _ = told(capsys, tmp_path, *options)

    assert status == 0
    assert out == (
        f"{tmp_path}/journal.sqlite: 0 rows, chain unbroken, head none\n" if options == ["--verify"] else ""
    )


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_who_has_seen_enough_ends_it_without_a_traceback(tmp_path, options):
    written(tmp_path / "journal.sqlite", entries(1000))
    command = [sys.executable, "-m", "unfulfill.cli", "journal", str(tmp_path), *options]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as shown:
        first = shown.stdout.readline()
        shown.stdout.close()
        complaint = shown.stderr.read()

    assert first
    assert (shown.returncode, complaint) == (0, b"")
