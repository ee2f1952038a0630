"""How long the rules of rules.toml take over a large shop.

    python tests/benchmarks/rules.py [--size 200000] [--repeat 3] [--json]

A made-up shop (`known_shops.py`) is audited without a count; then the shipped rules are counted over its marks. CPU
seconds of the least of all turns: reading the file and checking its criteria, gathering the columns that a rule may ask
about (`review`), and evaluating every rule (`rules`).
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "helpers")]

RULES_FILE = HERE.parents[1] / "notebooks" / "rules.toml"


def main() -> None:
    """Make a shop, audit it, and time the rules."""
    arguments = _arguments()
    result = measure(arguments.size, arguments.repeat)
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:20}{value}")


def measure(size: int, repeat: int) -> dict[str, Any]:
    """Seconds of each part, and how many rows each rule matches."""
    from known_shops import make_known_shop

    from unfulfill.audit import AUDIT_COLUMNS, audit_shop
    from unfulfill.mark import make_marks
    from unfulfill.rules import REVIEWED_COLUMNS, apply_rules, make_review, parse_rules

    shop = make_known_shop(1, size)
    tables = {name: shop.tables[name][list(columns)] for name, columns in AUDIT_COLUMNS.items()}
    audit = audit_shop(tables, now=shop.now, is_whole=True)
    marks = make_marks(shop.tables, audit)
    text = RULES_FILE.read_text(encoding="utf-8")
    asked = {name: shop.tables[name][list(columns)] for name, columns in REVIEWED_COLUMNS.items()}
    read, rules = _least(repeat, lambda: parse_rules(text, RULES_FILE.name))
    gathered, review = _least(repeat, lambda: make_review(asked, marks, audit.findings, shop.now))
    evaluated, ruled = _least(repeat, lambda: apply_rules(rules, marks, review))
    return {
        "size": size,
        "rows": len(marks),
        "read_seconds": read,
        "review_seconds": gathered,
        "rules_seconds": evaluated,
        "matches": {count.rule: count.matches for count in ruled.counts},
    }


def _least(repeat: int, do: Callable[[], Any]) -> tuple[float, Any]:
    """The least CPU seconds of several turns, and what came out."""
    seconds, result = [], None
    for _ in range(repeat):
        begun = time.process_time()
        result = do()
        seconds.append(time.process_time() - begun)
    return round(min(seconds), 3), result


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, default=200_000, help="fulfillments (default 200,000)")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser.parse_args()


if __name__ == "__main__":
    main()
