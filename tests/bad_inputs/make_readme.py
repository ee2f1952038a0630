"""Write README.md of the corpus: python tests/bad_inputs/make_readme.py, with helpers/ on the path."""

from collections.abc import Sequence
from pathlib import Path

from case import Case
from commands import CALLS, NO_FILES

README = Path(__file__).with_name("README.md")
INTRODUCTION = """# Bad files

Files that must be refused, each made when its test runs (`containers.py`: the archive and its parts; `contents.py`:
cells and columns; `shapes.py`: the form of the whole file). For every one `test_bad_files.py` asserts the class of the
error, the file's name and the texts below in its message, less than two seconds, and that nothing was written.
`test_mutants.py` damages good files. What the commands say of paths that are no files, and of arguments that cannot be
meant, is in the second table (`commands.py`, `test_bad_commands.py`): exit status 2, one sentence, nothing written.

Not in here: what shows only beside an export (an order that is not in it, a mark that is carried out already) is
refused when a plan is made, and answers of the shop have tests of their own (`test_export_bad_input.py`).

This table is made by `make_readme.py`.

"""


def table(cases: Sequence[Case]) -> str:
    """The cases with what their refusal says."""
    lines = ["| case | file | the message says |", "|---|---|---|"]
    for case in cases:
        said = " … ".join(text.strip() for text in case.said if text)
        lines.append("| " + " | ".join(_plain(text) for text in (case.name, case.file, said)) + " |")
    return "\n".join(lines) + "\n"


def whole_table(cases: Sequence[Case]) -> str:
    """The cases of files, then those of commands."""
    lines = ["", "| command | the message says |", "|---|---|"]
    lines += [f"| each command: {case.name} | {_plain(case.said)} |" for case in NO_FILES]
    lines += [f"| {call.name} | {_plain(call.said)} |" for call in CALLS]
    return table(cases) + "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    shown = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return shown.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    import containers
    import contents
    import shapes

    cases = [*containers.CASES, *contents.CASES, *shapes.CASES]
    README.write_text(INTRODUCTION + whole_table(cases), encoding="utf-8")
