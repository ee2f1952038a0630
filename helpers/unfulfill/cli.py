"""The command line: `unfulfill demo | lab | connect | run | fleet | approve | sheet | journal | …`. It only passes on.

Exit status: 0 done or nothing to do · 1 error · 2 usage or input refused · 3 guard refused, nothing sent, or a plan
awaits approval · 4 paused, resumable · 5 finished with refusals or mismatches · 6 locked · 7 needs a person ·
130 interrupted, resumable.

A command is a parser whose default `act` runs it: here those about notebooks and runs, in `cli_shop` those about a
shop, in `cli_files` those about files.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from unfulfill.cli_files import add_file_commands
from unfulfill.cli_shop import add_seed_files, add_shop_commands
from unfulfill.errors import ParameterRefused, WorkbenchError
from unfulfill.redaction import SECRET
from unfulfill.terminal import say

INTERRUPTED = 130
SECRET_GIVEN = (
    "an argument looks like a token or a client secret, and other users of this machine can see arguments; run "
    "unfulfill connect, which asks for it unseen."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if any(SECRET.search(argument) for argument in given):
        print(f"unfulfill: {SECRET_GIVEN}", file=sys.stderr)
        return ParameterRefused.exit_status
    options, passed_on = _parser().parse_known_args(given)
    if passed_on and options.act is not _lab:
        _parser().error(f"unknown argument {passed_on[0]}")
    options.passed_on = passed_on
    os.umask(0o077)  # whatever is written here is the operator's alone
    try:
        status: int = options.act(options)
    except WorkbenchError as error:
        print(f"unfulfill: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("unfulfill: interrupted; the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unfulfill",
        description="Find, cancel and prove Shopify fulfillments that were made by mistake.",
    )
    parser.add_argument("--version", action="version", version=f"unfulfill {version('unfulfill-workbench')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="the whole path on a sandbox shop, in ./runs/demo-<time>/")
    demo.set_defaults(act=_demo)
    add_seed_files(demo)
    demo.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="DIR", help="where the run folder is made"
    )

    lab = commands.add_parser(
        "lab", help="open JupyterLab on the notebook 0_start; options are passed on to it"
    )
    lab.set_defaults(act=_lab)
    lab.epilog = "For example: unfulfill lab --no-browser --port 8899"

    run = commands.add_parser("run", help="run one notebook, or a schedule of them, without a browser")
    run.set_defaults(act=_run)
    run.add_argument("notebook", nargs="?", help="a path, or a name such as 1_export or export")
    run.add_argument("--run", type=Path, metavar="DIR", help="the run folder")
    run.add_argument(
        "--schedule",
        type=Path,
        metavar="FILE",
        help="a TOML file: export, audit, mark by rules, plan, and stop",
    )
    run.add_argument("--shop", help="sandbox, a profile, or a domain such as example.myshopify.com")
    run.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), dest="parameters")

    fleet = commands.add_parser(
        "fleet", help="run a schedule for many shops, on this machine or on a cluster of Dask"
    )
    fleet.set_defaults(act=_fleet)
    fleet.add_argument(
        "file", type=Path, metavar="FILE", help="a TOML file: the schedule, the shops, where runs stand"
    )
    fleet.add_argument(
        "--scheduler", default="", metavar="URL", help="of a cluster that is there: tcp://host:8786"
    )
    fleet.add_argument(
        "--workers", type=int, metavar="N", help="processes on this machine, two shops at a time each"
    )
    fleet.add_argument(
        "--resume", default="", metavar="NIGHT", help="go on with a night: the name of its folder in runs"
    )

    share = commands.add_parser(
        "share", help="make pages to share of a run's executed notebooks, without code or secrets"
    )
    share.set_defaults(act=_share)
    share.add_argument("run", type=Path, metavar="RUN", help="the run folder")

    approve = commands.add_parser("approve", help="approve the plan of a run as one of two people")
    approve.set_defaults(act=_approve)
    approve.add_argument("run", type=Path, help="the run folder")
    approve.add_argument("--digest", required=True, metavar="DIGEST", help="of the plan that was read")
    approve.add_argument("--by", default="", metavar="NAME", help="who approves; the user unless said")

    journal = commands.add_parser("journal", help="what was sent to the shop, and what came of it")
    journal.set_defaults(act=_journal)
    journal.add_argument(
        "run", type=Path, metavar="RUN", help="the run folder, or its folder undo or first_contact"
    )
    journal.add_argument(
        "--verify",
        action="store_true",
        help="prove that it was not edited or cut, also by the head in report.html",
    )
    journal.add_argument("--head", default="", metavar="HASH", help="prove it by this head, kept elsewhere")
    journal.add_argument("--json", action="store_true", help="a JSON object a line, everything in it")

    add_shop_commands(commands)
    add_file_commands(commands)
    return parser


def _demo(options: argparse.Namespace) -> int:
    from unfulfill.demo import run_demo

    return run_demo(options.runs, options.orders, options.inventory)


def _lab(options: argparse.Namespace) -> int:
    from unfulfill.lab import open_lab

    open_lab(options.passed_on)


def _run(options: argparse.Namespace) -> int:
    if options.schedule is not None:
        if options.notebook or options.run or options.shop or options.parameters:
            raise ParameterRefused("--schedule stands alone: shop, folder and parameters are in the file.")
        from unfulfill.scheduling import run_schedule

        return run_schedule(options.schedule)
    if options.notebook is None or options.run is None:
        raise ParameterRefused("Name a notebook and its --run folder, or a --schedule.")
    from unfulfill.ending import last_ending
    from unfulfill.notebook_runner import run_notebook
    from unfulfill.parameters import load_notebook
    from unfulfill.terminal import CellProgress

    given: dict[str, object] = {} if options.shop is None else {"shop": options.shop}
    for name, value in options.parameters:
        if name in given or name == "run":
            raise ParameterRefused(f"The parameter {name} is given twice; give it once.")
        given[name] = value
    with CellProgress(sys.stderr) as progress:
        output = run_notebook(options.notebook, options.run, given, progress)
    print(output)
    ending = last_ending(load_notebook(output))
    if ending.exit_status:
        print(f"unfulfill: {ending.text}", file=sys.stderr)
    return ending.exit_status


def _fleet(options: argparse.Namespace) -> int:
    from unfulfill.fleet import run_fleet

    return run_fleet(
        options.file, scheduler=options.scheduler, workers=options.workers, resume=options.resume
    )


def _share(options: argparse.Namespace) -> int:
    """Only the run folder is read and written."""
    from unfulfill.run import existing_run
    from unfulfill.share import share_notebooks

    return say(map(str, share_notebooks(existing_run(options.run))))


def _approve(options: argparse.Namespace) -> int:
    """Nothing is sent: the plan is applied by notebook 4, with the same digest."""
    from datetime import UTC, datetime

    from unfulfill.approvals import approve_plan, approvers
    from unfulfill.run import existing_run

    run = existing_run(options.run)
    plan = approve_plan(run, options.digest, options.by, datetime.now(UTC))
    names = " and ".join(approvers(run, plan.digest))
    print(f"{len(plan.changes):,} changes of {plan.shop.domain} are approved by {names}; nothing was sent.")
    return 0


def _journal(options: argparse.Namespace) -> int:
    from unfulfill.journal.view import journal_json, journal_lines, prove

    if options.verify or options.head:
        lines = prove(options.run, options.head)
    else:
        lines = journal_json(options.run) if options.json else journal_lines(options.run)
    return say(lines)


if __name__ == "__main__":
    sys.exit(main())
