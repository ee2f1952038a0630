"""The commands about files: read without a shop, made of a run folder, or looked at. None sends anything."""

import argparse
from pathlib import Path

from unfulfill.errors import ParameterRefused
from unfulfill.terminal import say


def add_file_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add them to the command line."""
    sheet = commands.add_parser("sheet", help="say what a spreadsheet or CSV is, and what is wrong with it")
    sheet.set_defaults(act=_sheet)
    sheet.add_argument("file", type=Path, metavar="FILE", help=".xlsx, .csv, .txt, .tsv or a .zip of CSVs")
    sheet.add_argument("--json", action="store_true", help="the same as one JSON object")

    audit = commands.add_parser("audit", help="audit files alone, without a shop, into a run folder")
    audit.set_defaults(act=_audit)
    audit.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="an orders export, an inventory export, or both"
    )
    audit.add_argument("--run", type=Path, required=True, metavar="DIR", help="the run folder to make")
    audit.add_argument("--count", type=Path, metavar="FILE", help="a count of the shelves")
    audit.add_argument(
        "--days", type=_from_1, default=5, metavar="N", help="days without movement that are a finding (5)"
    )

    marks = commands.add_parser(
        "marks", help="write marks.xlsx of a run: the marks, to decide in a spreadsheet"
    )
    marks.set_defaults(act=_marks)
    marks.add_argument("run", type=Path, metavar="RUN", help="the run folder, audited")
    marks.add_argument("--take", type=Path, metavar="FILE", help="take over what was decided in such a file")

    rules = commands.add_parser("rules", help="count what the rules of rules.toml would mark, or mark it")
    rules.set_defaults(act=_rules)
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
    unfulfill.set_defaults(act=_unfulfill_file)
    unfulfill.add_argument("run", type=Path, metavar="RUN", help="the run folder, marked")
    unfulfill.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="a new folder for the files"
    )
    unfulfill.add_argument("--app", choices=("matrixify", "altera"), default="matrixify")
    unfulfill.add_argument("--format", choices=("xlsx", "csv"), default="xlsx")
    unfulfill.add_argument(
        "--limit",
        type=_from_1,
        metavar="ORDERS",
        help="orders that the app's plan takes in one file, such as 10, 1000 or 10000; all in one unless said",
    )

    count = commands.add_parser("count-file", help="fill what was counted into Shopify's own inventory CSV")
    count.set_defaults(act=_count_file)
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
    lint.set_defaults(act=_lint)
    lint.add_argument("file", type=Path, metavar="FILE", help=".xlsx or .csv")
    lint.add_argument(
        "--limit", type=_from_1, metavar="ORDERS", help="orders that the app's plan takes in one file"
    )
    lint.add_argument("--json", action="store_true", help="a JSON object a line, one a finding")


def _from_1(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1")
    return int(text)


def _sheet(options: argparse.Namespace) -> int:
    """Nothing is sent or written. A file that was cut off ends with the status of an incomplete export."""
    from unfulfill.errors import IncompleteExport
    from unfulfill.home import home
    from unfulfill.sheets.about import look_at, look_json, look_lines

    look = look_at(home() / options.file)
    say([look_json(look)] if options.json else look_lines(look))
    if look.refused:
        raise look.refused
    return 0 if look.is_complete else IncompleteExport.exit_status


def _audit(options: argparse.Namespace) -> int:
    """No shop is asked, and nothing is sent."""
    from unfulfill.from_files import audit_files, audit_lines
    from unfulfill.home import home

    files = [home() / file for file in options.files]
    count = home() / options.count if options.count else None
    return say(audit_lines(audit_files(options.run, files, count, options.days)))


def _marks(options: argparse.Namespace) -> int:
    from unfulfill.home import home
    from unfulfill.run import existing_run

    run = existing_run(options.run)
    if options.take is None:
        from unfulfill.sheets import write_marks_workbook

        return say(write_marks_workbook(run))
    from unfulfill.from_files import take_marks

    return say(take_marks(run, home() / options.take))


def _unfulfill_file(options: argparse.Namespace) -> int:
    from unfulfill.home import home
    from unfulfill.run import existing_run
    from unfulfill.sheets import write_unfulfill_file

    run, folder = existing_run(options.run), home() / options.to
    return say(
        write_unfulfill_file(run, folder, app=options.app, file_format=options.format, limit=options.limit)
    )


def _count_file(options: argparse.Namespace) -> int:
    from unfulfill.home import home
    from unfulfill.run import existing_run
    from unfulfill.sheets import write_count_file

    run = existing_run(options.run)
    return say(write_count_file(run, home() / options.inventory, home() / options.to))


def _rules(options: argparse.Namespace) -> int:
    """No shop is asked, and nothing is sent: only marks.csv is written, and only with --mark."""
    from unfulfill import run_rules
    from unfulfill.run import existing_run

    if options.columns:
        return say(run_rules.column_lines())
    if options.run is None:
        raise ParameterRefused("Name the run folder, or ask for --columns.")
    run, file = existing_run(options.run), options.file or ""
    counted = run_rules.mark_by_rules(run, file)[0] if options.mark else run_rules.count_by_rules(run, file)
    return say(run_rules.rules_lines(counted, run, options.mark))


def _lint(options: argparse.Namespace) -> int:
    import json
    from dataclasses import asdict

    from unfulfill.home import home
    from unfulfill.sheets.lint import has_errors, lint_lines, lint_sheet

    findings = lint_sheet(home() / options.file, options.limit)
    plain = (json.dumps(asdict(finding), ensure_ascii=False) for finding in findings)
    say(plain if options.json else lint_lines(findings))
    return ParameterRefused.exit_status if has_errors(findings) else 0
