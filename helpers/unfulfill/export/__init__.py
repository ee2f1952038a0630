"""The shop's orders, fulfillments and stock as tables of a run folder, complete or with the reasons why not."""

from unfulfill.export.exporter import export_shop
from unfulfill.export.filters import Filters
from unfulfill.export.manifest import Manifest, load_complete_manifest, load_manifest
from unfulfill.export.names import names_from_file

__all__ = ["Filters", "Manifest", "export_shop", "load_complete_manifest", "load_manifest", "names_from_file"]
