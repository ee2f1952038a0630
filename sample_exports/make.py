"""Make every file of this folder again: `python sample_exports/make.py [FOLDER]`. All but run/ byte by byte.

One function a part; a new part is a function here or in a file beside, and a line of PARTS.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import hand_files
import matrixify_files
import sample_run
import shopify_files

Part = Callable[[Path], None]

PARTS: tuple[Part, ...] = (
    shopify_files.orders_79,
    shopify_files.orders_75,
    shopify_files.orders_73,
    shopify_files.orders_61,
    shopify_files.inventory_newest,
    shopify_files.inventory_older,
    shopify_files.inventory_available_only,
    matrixify_files.orders_xlsx,
    matrixify_files.orders_csv,
    matrixify_files.orders_cut_short,
    matrixify_files.unfulfill_altera,
    matrixify_files.unfulfill_matrixify,
    hand_files.count_by_sku,
    hand_files.count_by_barcode,
    hand_files.marks,
    hand_files.policy,
    sample_run.run,
)


def main() -> None:
    """Write into the folder given, else into this one."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        part(folder)


if __name__ == "__main__":
    main()
