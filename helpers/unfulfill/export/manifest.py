"""What an export holds and whether that is provably everything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from unfulfill.errors import IncompleteExport, RunFolderRefused
from unfulfill.model import to_json
from unfulfill.run import MANIFEST, Run
from unfulfill.words import listed, said


@dataclass(frozen=True)
class Manifest:
    """The completeness proof of one export, saved as `export/manifest.json`."""

    complete: bool
    reasons: tuple[str, ...]  # why it is not complete
    counts: Mapping[str, int]  # rows of each table
    id_digest: Mapping[str, str]  # SHA-256 of the sorted keys of each table
    api_version_asked: str
    api_version_served: str
    shop: str  # domain
    shop_id: str
    taken_at: datetime  # the shop's clock when the export began
    filters: Mapping[str, Any]
    filtered_here: tuple[str, ...]  # filters that the shop cannot apply
    orders_counted: Mapping[str, int]  # the shop's own count before and after
    route: str  # of the orders: "bulk" or "pages"
    warnings: tuple[str, ...]
    forecast: str = ""  # what either route was expected to take
    bulk: Mapping[str, Any] = field(
        default_factory=dict
    )  # by query: its operation, objects and roots as counted
    since: Mapping[str, Any] = field(default_factory=dict)  # the earlier export gone on from: run, taken_at

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        plain = to_json(self)
        assert isinstance(plain, dict)
        return plain


def load_complete_manifest(run: Run) -> Manifest:
    """The manifest of a run folder whose export is complete. Raises IncompleteExport, RunFolderRefused."""
    manifest = load_manifest(run)
    if not manifest.complete:
        raise IncompleteExport(
            said("error.incomplete_export", folder=run.folder, reasons=listed(manifest.reasons))
        )
    return manifest


def load_manifest(run: Run) -> Manifest:
    """The manifest of a run folder. Raises RunFolderRefused where it is missing or damaged."""
    plain = run.load_json(MANIFEST, "export")
    try:
        return Manifest(
            **{
                **plain,
                "taken_at": datetime.fromisoformat(plain["taken_at"]),
                **{name: tuple(plain[name]) for name in ("reasons", "filtered_here", "warnings")},
            }
        )
    except (TypeError, KeyError, ValueError):
        path = run.folder / MANIFEST
        raise RunFolderRefused(said("export_error.manifest_damaged", path=path)) from None
