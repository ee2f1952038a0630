"""The columns of an Orders sheet in the Matrixify dialect, and the names that people take for columns."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

_BASIC = (
    "ID", "Name", "Command", "Send Receipt", "Inventory Behaviour", "Number", "Phone", "Email", "Note", "Tags",
    "Tags Command", "Created At", "Updated At", "Cancelled At", "Cancel: Reason", "Cancel: Send Receipt",
    "Cancel: Refund", "Processed At", "Closed At", "Currency", "Source", "Source Identifier", "Source URL",
    "Physical Location", "User ID", "Checkout ID", "Cart Token", "Token", "Order Status URL", "Weight Total",
    "Payment: Status", "Payment: Processing Method", "Order Fulfillment Status", "Additional Details", "Row #",
    "Top Row", "ID (Ref)", "Name (Ref)", "Import Result", "Import Comment",
)  # fmt: skip
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Price": (
        "Total Line Items", "Current Subtotal", "Subtotal", "Total Discount", "Total Shipping",
        "Current Total Shipping", "Total Refund", "Total Outstanding", "Current Total", "Total",
    ),
    "Tax": ("Included", "Total"),
    "Customer": (
        "ID", "Email", "Phone", "First Name", "Last Name", "Note", "State", "Tags", "Accepts Marketing",
        "Email Marketing Status", "SMS Marketing Status", "Tax Exempt", "Orders Count", "Total Spent",
    ),
    **dict.fromkeys(
        ("Billing", "Shipping"),
        (
            "First Name", "Last Name", "Name", "Company", "Phone", "Address 1", "Address 2", "Zip", "City",
            "Province", "Province Code", "Country", "Country Code",
        ),
    ),
    "Browser": (
        "IP", "Width", "Height", "User Agent", "Landing Page", "Referrer", "Referrer Domain", "Search Keywords",
        "Ad URL", "UTM Source", "UTM Medium", "UTM Campaign", "UTM Term", "UTM Content",
    ),
    "Company": (
        "ID", "Name", "External ID", "Location ID", "Location Name", "Location External ID",
    ),
    "Line": (
        "Type", "ID", "Command", "Product ID", "Product Handle", "Title", "Name", "Variant ID", "Variant Title",
        "SKU", "Quantity", "Price", "Discount", "Discount Allocation", "Discount per Item", "Total", "Pre Tax Price",
        "Grams", "Requires Shipping", "Vendor", "Properties", "Gift Card", "Force Gift Card", "Taxable", "Tax Total",
        "Fulfillable Quantity", "Fulfillment Service", "Fulfillment Status", "Product Type", "Product Tags",
        "Variant SKU", "Variant Barcode", "Variant Weight", "Variant Weight Unit", "Variant Inventory Qty",
        "Variant Cost", "Variant Price", "Variant Compare At Price", "Variant Country of Origin",
        "Variant Province of Origin", "Variant HS Code",
    ),
    "Shipping Origin": ("Name", "Country Code", "Province Code", "City", "Address 1", "Address 2", "Zip"),
    "Refund": (
        "ID", "Created At", "Note", "Restock", "Restock Type", "Restock Location", "Send Receipt",
        "Generate Transaction",
    ),
    "Transaction": (
        "ID", "Kind", "Processed At", "Amount", "Currency", "Shop Currency Amount", "Shop Currency", "Status",
        "Message", "Gateway", "Payment Method", "Wallet", "Force Gateway", "Test", "Authorization", "Payment ID",
        "Parent ID", "Error Code", "CC AVS Result", "CC Bin", "CC CVV Result", "CC Number", "CC Company",
    ),
    "Risk": ("Source", "Score", "Recommendation", "Cause Cancel", "Message"),
    "Fulfillment": (
        "ID", "Status", "Created At", "Updated At", "Processed At", "Tracking Company", "Tracking Number",
        "Tracking URL", "Location", "Shipment Status", "Send Receipt",
    ),
}  # fmt: skip
KNOWN = (*_BASIC, *(f"{group}: {name}" for group, names in _GROUPS.items() for name in names))
BY_FOLDED: Mapping[str, str] = {name.casefold(): name for name in KNOWN}
# Names found in the files of others; the app has no such column and says nothing.
INVENTED = ("fulfillment: notify customer", "fulfillment: send notification", "fulfillment: notify")
_NUMBERED = re.compile(
    r"(?:line: )?tax [0-9]{1,3}:? (?:title|rate|price)|(?:order )?metafield: .+", re.IGNORECASE
)


def known_column(name: str) -> str:
    """The column as the dialect spells it, whatever the case; blank where there is none of this name."""
    if _NUMBERED.fullmatch(name):
        return name
    return BY_FOLDED.get(" ".join(name.split()).casefold(), "")


def similar_column(name: str) -> str:
    """The column that was probably meant; blank where nothing is near."""
    near = get_close_matches(name.casefold(), BY_FOLDED, n=1, cutoff=0.8)
    return BY_FOLDED[near[0]] if near else ""
