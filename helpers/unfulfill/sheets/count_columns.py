"""The columns of a count of the shelf, by their headers in four languages."""

from collections.abc import Mapping, Sequence

from unfulfill.words import said

# Names of the columns in English, French, German and Spanish, without case, accents kept.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "sku": (
        "sku", "variant sku", "item", "item number", "article", "référence", "reference", "réf", "code article",
        "artikelnummer", "artikel-nr.", "artikelnr", "art.-nr.", "referencia", "artículo", "código",
    ),
    "barcode": (
        "barcode", "variant barcode", "ean", "gtin", "upc", "code-barres", "code barres", "strichcode",
        "código de barras", "codigo de barras",
    ),
    "location": (
        "location", "location name", "location_id", "location id", "place", "emplacement", "lieu", "entrepôt",
        "standort", "lagerort", "lager", "filiale", "ubicación", "ubicacion", "sucursal", "almacén", "almacen",
    ),
    "counted": (
        "counted", "count", "counted quantity", "counted units", "physical count", "on hand (new)", "compté",
        "comptage", "quantité comptée", "gezählt", "gezaehlt", "zählung", "zählmenge", "istbestand", "contado",
        "contados",
        "cantidad contada", "recuento", "conteo",
    ),
}  # fmt: skip
OPTIONAL_COUNT = "on hand (new)"  # in Shopify's own inventory file a blank cell here means: not counted


def plain_name(name: str) -> str:
    """The name of a column without case and doubled blanks."""
    return " ".join(name.casefold().split())


def count_columns(header: Sequence[str]) -> tuple[dict[str, int], str]:
    """Our name of each known column → its position; and what is to be said where two have one meaning."""
    columns: dict[str, int] = {}
    for position, name in enumerate(header):
        ours = next((ours for ours, names in HEADERS.items() if plain_name(name) in names), "")
        if ours in columns:
            return columns, said("sheet.same_column", first=header[columns[ours]], second=name, column=ours)
        if ours:
            columns[ours] = position
    return columns, ""
