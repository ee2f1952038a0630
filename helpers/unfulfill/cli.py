"""The command line: `unfulfill demo | lab | connect | run | approve | sheet | journal | …`. It only passes on.

Exit status: 0 done or nothing to do · 1 error · 2 usage or input refused · 3 guard refused, nothing sent, or a plan
awaits approval · 4 paused, resumable · 5 finished with refusals or mismatches · 6 locked · 7 needs a person ·
130 interrupted, resumable.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from unfulfill.errors import ParameterRefused, WorkbenchError
from unfulfill.redaction import SECRET

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
    if passed_on and options.command != "lab":
        _parser().error(f"unknown argument {passed_on[0]}")
    os.umask(0o077)  # whatever is written here is the operator's alone
    try:
        match options.command:
            case "demo":
                return _demo(options)
            case "lab":
                return _lab(passed_on)
            case "connect":
                return _connect(options)
            case "run":
                return _run(options)
            case "approve":
                return _approve(options)
            case "unlock":
                return _unlock(options)
            case "sandbox":
                return _sandbox(options)
            case "marks" | "unfulfill-file" | "count-file":
                return _file_out(options)
            case "audit":
                return _audit(options)
            case "rules":
                return _rules(options)
            case "lint":
                return _lint(options)
            case "sheet":
                return _sheet(options)
            case _:
                return _journal(options)
    except WorkbenchError as error:
        print(f"unfulfill: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("unfulfill: interrupted; the same command goes on.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unfulfill",
        description="Find, cancel and prove Shopify fulfillments that were made by mistake.",
    )
    parser.add_argument("--version", action="version", version=f"unfulfill {version('unfulfill-workbench')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="the whole path on a sandbox shop, in ./runs/demo-<time>/")
    _add_seed_files(demo)
    demo.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="DIR", help="where the run folder is made"
    )

    lab = commands.add_parser(
        "lab", help="open JupyterLab on the notebook 0_start; options are passed on to it"
    )
    lab.epilog = "For example: unfulfill lab --no-browser --port 8899"

    _add_connect(commands.add_parser("connect", help="check and store what opens a shop, as a profile"))

    run = commands.add_parser("run", help="run one notebook without a browser")
    run.add_argument("notebook", help="a path, or a name such as 1_export or export")
    run.add_argument("--run", type=Path, required=True, metavar="DIR", help="the run folder")
    run.add_argument("--shop", help="sandbox, a profile, or a domain such as example.myshopify.com")
    run.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), dest="parameters")

    approve = commands.add_parser("approve", help="approve the plan of a run as one of two people")
    approve.add_argument("run", type=Path, help="the run folder")
    approve.add_argument("--digest", required=True, metavar="DIGEST", help="of the plan that was read")
    approve.add_argument("--by", default="", metavar="NAME", help="who approves; the user unless said")

    unlock = commands.add_parser("unlock", help="take a shop's lock from a machine that is gone for good")
    unlock.add_argument("shop", help="a profile, or a domain such as example.myshopify.com")

    sandbox = commands.add_parser(
        "sandbox", help="serve a sandbox shop until Ctrl-C; prints one line of JSON"
    )
    sandbox.add_argument(
        "--world", type=Path, metavar="FILE", help="its SQLite file; made where it is missing"
    )
    sandbox.add_argument("--seed", type=int, metavar="N")
    sandbox.add_argument("--size", type=int, metavar="ORDERS")
    sandbox.add_argument("--port", type=int, metavar="N", help="0 takes a free one")
    _add_seed_files(sandbox)

    journal = commands.add_parser("journal", help="what was sent to the shop, and what came of it")
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

    sheet = commands.add_parser("sheet", help="say what a spreadsheet or CSV is, and what is wrong with it")
    sheet.add_argument("file", type=Path, metavar="FILE", help=".xlsx, .csv, .txt, .tsv or a .zip of CSVs")
    sheet.add_argument("--json", action="store_true", help="the same as one JSON object")
    _add_files(commands)
    return parser


def _add_files(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Files for people and other programs: read without a shop, made of a run folder, or looked at."""
    audit = commands.add_parser("audit", help="audit files alone, without a shop, into a run folder")
    audit.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="an orders export, an inventory export, or both"
    )
    audit.add_argument("--run", type=Path, required=True, metavar="DIR", help="the run folder to make")
    audit.add_argument("--count", type=Path, metavar="FILE", help="a count of the shelves")
    audit.add_argument(
        "--days", type=int, default=5, metavar="N", help="days without movement that are a finding (5)"
    )

    marks = commands.add_parser(
        "marks", help="write marks.xlsx of a run: the marks, to decide in a spreadsheet"
    )
    marks.add_argument("run", type=Path, metavar="RUN", help="the run folder, audited")
    marks.add_argument("--take", type=Path, metavar="FILE", help="take over what was decided in such a file")

    rules = commands.add_parser("rules", help="count what the rules of rules.toml would mark, or mark it")
    rules.add_argument("run", type=Path, nargs="?", metavar="RUN", help="the run folder, audited")
    rules.add_argument(
        "--file", type=Path, metavar="FILE", help="other rules than those of the run or the notebooks"
    )
    rules.add_argument(
        "--mark", action="store_true", help="write the marks; without it they are only counted"
    )
    rules.add_argument("--columns", action="store_true", help="say what a rule may ask about, and mean by it")

    unfulfill = commands.add_parser(
        "unfulfill-file",
        help="write what is marked unfulfill as files for Matrixify or Altera (untested there)",
    )
    unfulfill.add_argument("run", type=Path, metavar="RUN", help="the run folder, marked")
    unfulfill.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="a new folder for the files"
    )
    unfulfill.add_argument("--app", choices=("matrixify", "altera"), default="matrixify")
    unfulfill.add_argument("--format", choices=("xlsx", "csv"), default="xlsx")
    unfulfill.add_argument(
        "--limit",
        type=int,
        metavar="ORDERS",
        help="orders that the app's plan takes in one file, such as 10, 1000 or 10000; all in one unless said",
    )

    count = commands.add_parser("count-file", help="fill what was counted into Shopify's own inventory CSV")
    count.add_argument("run", type=Path, metavar="RUN", help="the run folder, audited with a count")
    count.add_argument(
        "--inventory",
        type=Path,
        required=True,
        metavar="FILE",
        help="as Products ▸ Inventory ▸ Export made it",
    )
    count.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a new folder for the file")

    lint = commands.add_parser("lint", help="look an Orders sheet over before an app imports it")
    lint.add_argument("file", type=Path, metavar="FILE", help=".xlsx or .csv")
    lint.add_argument(
        "--limit", type=int, metavar="ORDERS", help="orders that the app's plan takes in one file"
    )
    lint.add_argument("--json", action="store_true", help="a JSON object a line, one a finding")


def _add_seed_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--orders", type=Path, metavar="FILE", help="seed the shop from an orders CSV of Shopify's"
    )
    parser.add_argument("--inventory", type=Path, metavar="FILE", help="and from an inventory CSV")


def _add_connect(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Asks for what is not given. A secret is never an argument: it is typed unseen or piped in."
    )
    parser.add_argument("--shop", default="", metavar="DOMAIN", help="such as example.myshopify.com")
    parser.add_argument("--profile", default="", metavar="NAME", help="the short name to open the shop by")
    parser.add_argument("--api-version", default="", metavar="YYYY-MM", help="2026-10 unless said")
    parser.add_argument(
        "--client-id", default="", metavar="ID", help="of the app, with --secret-stdin or asked"
    )
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--token-stdin", action="store_true", help="read the access token from standard input")
    given.add_argument(
        "--secret-stdin", action="store_true", help="read the client secret from standard input"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", help="show the profiles, without secrets")
    instead.add_argument("--check", metavar="PROFILE", help="ask the shop again, store nothing")
    instead.add_argument("--forget", metavar="PROFILE", help="remove a profile and its secret")


def _connect(options: argparse.Namespace) -> int:
    from unfulfill import connect

    terminal = connect.Terminal(sys.stdout)
    if options.list:
        return connect.list_profiles(terminal)
    if options.check:
        return connect.check_profile(options.check, terminal)
    if options.forget:
        return connect.forget(options.forget, terminal)
    if options.secret_stdin != bool(options.client_id) and (options.secret_stdin or options.token_stdin):
        raise ParameterRefused(
            "--secret-stdin needs --client-id, and --token-stdin goes without; give one of the two ways."
        )
    asked = connect.Asked(
        options.shop,
        options.profile,
        options.api_version,
        options.client_id,
        options.token_stdin or options.secret_stdin,
    )
    if not asked.secret_on_stdin and not (sys.stdin and sys.stdin.isatty()):
        raise ParameterRefused(
            "There is no terminal to ask in; give --shop and --token-stdin, or --client-id and --secret-stdin, and "
            "pipe the secret in."
        )
    return connect.connect(asked, terminal)


def _demo(options: argparse.Namespace) -> int:
    from unfulfill.demo import run_demo

    return run_demo(options.runs, options.orders, options.inventory)


def _lab(passed_on: Sequence[str]) -> int:
    from unfulfill.lab import open_lab

    open_lab(passed_on)


def _run(options: argparse.Namespace) -> int:
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


def _approve(options: argparse.Namespace) -> int:
    """Nothing is sent: the plan is applied by notebook 4, with the same digest."""
    from datetime import UTC, datetime

    from unfulfill.approvals import approve_plan, approvers
    from unfulfill.home import home
    from unfulfill.run import Run

    if not (home() / options.run).is_dir():
        raise ParameterRefused(f"{options.run}: there is no such run folder.")
    run = Run(options.run)
    plan = approve_plan(run, options.digest, options.by, datetime.now(UTC))
    names = " and ".join(approvers(run, plan.digest))
    print(f"{len(plan.changes):,} changes of {plan.shop.domain} are approved by {names}; nothing was sent.")
    return 0


def _unlock(options: argparse.Namespace) -> int:
    """Only a person can know that the machine that holds it will never go on."""
    from unfulfill.apply.shop_lock import remove_lock
    from unfulfill.home import home
    from unfulfill.profiles import find_settings
    from unfulfill.shop import Shop

    with Shop(find_settings(options.shop, os.environ, home())) as shop:
        holder = remove_lock(shop)
    print(f"The lock of {holder} was removed." if holder else "Nobody holds a lock of this shop.")
    return 0


def _sandbox(options: argparse.Namespace) -> int:
    """Become the sandbox: it shares no code with the workbench, so it is started like any other program."""
    command = [sys.executable, "-m", "sandbox_shop"]
    for name in ("world", "seed", "size", "orders", "inventory", "port"):
        value = getattr(options, name)
        if value is not None:
            command += [f"--{name}", str(value)]
    sys.stdout.flush()
    os.execv(sys.executable, command)


def _file_out(options: argparse.Namespace) -> int:
    """Nothing is sent: only the run folder is read."""
    from unfulfill import sheets
    from unfulfill.home import home
    from unfulfill.run import Run

    if not (home() / options.run).is_dir():
        raise ParameterRefused(f"{options.run}: there is no such run folder.")
    run = Run(options.run)
    if options.command == "marks" and options.take:
        from unfulfill.from_files import take_marks

        decided = take_marks(run, home() / options.take)
        lines = [f"{decided:,} rows are decided now in {run.folder / 'marks.csv'}."]
    elif options.command == "marks":
        lines = sheets.write_marks_workbook(run)
    elif options.command == "count-file":
        lines = sheets.write_count_file(run, home() / options.inventory, home() / options.to)
    else:
        lines = sheets.write_unfulfill_file(
            run, home() / options.to, app=options.app, file_format=options.format, limit=options.limit
        )
    return _say(lines)


def _audit(options: argparse.Namespace) -> int:
    """No shop is asked, and nothing is sent."""
    from unfulfill.from_files import audit_files, audit_lines
    from unfulfill.home import home

    if options.days < 1:
        raise ParameterRefused(f"--days is {options.days}; give 1 or more.")
    files = [home() / file for file in options.files]
    count = home() / options.count if options.count else None
    missing = [file for file in [*files, *filter(None, [count])] if not file.is_file()]
    if missing:
        raise ParameterRefused(f"{missing[0]}: there is no such file.")
    return _say(audit_lines(audit_files(options.run, files, count, options.days)))


def _rules(options: argparse.Namespace) -> int:
    """No shop is asked, and nothing is sent: only marks.csv is written, and only with --mark."""
    from unfulfill import run_rules
    from unfulfill.home import home
    from unfulfill.run import Run

    if options.columns:
        return _say(run_rules.column_lines())
    if options.run is None:
        raise ParameterRefused("Name the run folder, or ask for --columns.")
    if not (home() / options.run).is_dir():
        raise ParameterRefused(f"{options.run}: there is no such run folder.")
    run, file = Run(options.run), options.file or ""
    counted = run_rules.mark_by_rules(run, file)[0] if options.mark else run_rules.count_by_rules(run, file)
    return _say(run_rules.rules_lines(counted, run, options.mark))


def _lint(options: argparse.Namespace) -> int:
    import json
    from dataclasses import asdict

    from unfulfill.home import home
    from unfulfill.sheets.lint import has_errors, lint_lines, lint_sheet

    findings = lint_sheet(home() / options.file, options.limit)
    plain = (json.dumps(asdict(finding), ensure_ascii=False) for finding in findings)
    _say(plain if options.json else lint_lines(findings))
    return ParameterRefused.exit_status if has_errors(findings) else 0


def _sheet(options: argparse.Namespace) -> int:
    """Nothing is sent or written. A file that was cut off ends with the status of an incomplete export."""
    from unfulfill.errors import IncompleteExport
    from unfulfill.home import home
    from unfulfill.sheets.about import sheet_json, sheet_lines
    from unfulfill.sheets.read_sheet import read_sheet

    sheet = read_sheet(home() / options.file)
    for line in [sheet_json(sheet)] if options.json else sheet_lines(sheet):
        print(line)
    return 0 if sheet.complete else IncompleteExport.exit_status


def _journal(options: argparse.Namespace) -> int:
    from unfulfill.journal.view import journal_json, journal_lines, prove

    if options.verify or options.head:
        lines = prove(options.run, options.head)
    else:
        lines = journal_json(options.run) if options.json else journal_lines(options.run)
    return _say(lines)


def _say(lines: Iterable[str]) -> int:
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read it has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
    return 0


if __name__ == "__main__":
    sys.exit(main())
