"""Write the sandbox's slice of the Admin schema from Shopify's official introspections.

    python tests/sandbox_shop/make_schema_slice.py [FOLDER WITH admin_<version>.json.gz]

`FIELDS` names the fields of the slice by object type; everything that they need comes with them: all
arguments, whole enums, whole inputs. A field that an older version lacks is left out there. Descriptions are
left out. The result goes to helpers/sandbox_shop/schema/<version>.graphql.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from graphql import build_client_schema, print_schema

ROOT = Path(__file__).resolve().parents[2]
OFFICIAL = ROOT.parent / "shared" / "reference" / "schema"
SLICES = ROOT / "helpers" / "sandbox_shop" / "schema"
VERSIONS = ("2026-04", "2026-07", "2026-10")
DIRECTIVES = {"idempotent"}  # the others belong to GraphQL itself
INTERFACES = {"Node", "LegacyInteroperability", "DisplayableError", "Event", "HasMetafields"}

FIELDS = {
    "QueryRoot": """shop currentAppInstallation publicApiVersions locations location orders ordersCount order
        orderByIdentifier fulfillment fulfillmentOrder fulfillmentOrders assignedFulfillmentOrders
        manualHoldsFulfillmentOrders refund inventoryItem inventoryItems inventoryLevel inventoryProperties
        productVariant productVariants productVariantsCount node nodes bulkOperation bulkOperations
        currentBulkOperation job""",
    "Mutation": """fulfillmentCancel fulfillmentCreate fulfillmentTrackingInfoUpdate fulfillmentEventCreate
        fulfillmentOrderHold fulfillmentOrderReleaseHold fulfillmentOrderMove
        fulfillmentOrderSubmitCancellationRequest
        fulfillmentOrderOpen fulfillmentOrderCancel orderCreate orderUpdate orderCancel
        orderOpen orderClose refundCreate tagsAdd tagsRemove metafieldsSet bulkOperationRunQuery
        bulkOperationRunMutation bulkOperationCancel stagedUploadsCreate inventoryAdjustQuantities
        inventorySetQuantities inventoryMoveQuantities inventoryActivate""",
    "Order": """id legacyResourceId name number app alerts cancelReason cancellation cancelledAt canNotifyCustomer
        closed closedAt confirmed createdAt currencyCode currentSubtotalLineItemsQuantity currentTotalPriceSet
        customer customerLocale displayFinancialStatus displayFulfillmentStatus edited email events fulfillable
        fulfillmentOrders fulfillments fulfillmentsCount fullyPaid lineItems merchantEditable
        merchantEditableErrors metafield metafields nonFulfillableLineItems note originalTotalPriceSet
        paymentGatewayNames presentmentCurrencyCode processedAt refundable refunds requiresShipping restockable
        retailLocation returnStatus returns risk shippingAddress sourceIdentifier sourceName
        subtotalLineItemsQuantity tags test totalOutstandingSet totalPriceSet totalReceivedSet
        totalRefundedSet transactions transactionsCount unpaid updatedAt""",
    "OrderApp": "id name",
    "OrderRiskSummary": "recommendation",
    "Customer": "id",
    "MailingAddress": """address1 address2 city company country countryCodeV2 firstName id lastName name phone province
        provinceCode validationResultSummary zip""",
    "OrderCancellation": "staffNote",
    "ResourceAlert": "content dismissibleHandle severity title",
    "LineItem": """id name title variantTitle sku vendor quantity currentQuantity unfulfilledQuantity
        refundableQuantity nonFulfillableQuantity restockable merchantEditable requiresShipping isGiftCard
        taxable variant product originalUnitPriceSet discountedUnitPriceSet originalTotalSet
        discountedTotalSet unfulfilledOriginalTotalSet""",
    "Fulfillment": "*",
    "FulfillmentLineItem": "id lineItem quantity discountedTotalSet originalTotalSet",
    "FulfillmentTrackingInfo": "*",
    "FulfillmentOriginAddress": "*",
    "FulfillmentService": """callbackUrl handle id inventoryManagement location requiresShippingMethod
        serviceName trackingSupport type""",
    "FulfillmentEvent": "*",
    "FulfillmentOrder": """assignedLocation createdAt deliveryMethod fulfillAt fulfillBy fulfillmentHolds
        fulfillments id lineItems locationsForMove merchantRequests order orderId orderName orderProcessedAt
        requestStatus status supportedActions updatedAt""",
    "FulfillmentOrderAssignedLocation": "address1 address2 city countryCode location name phone province zip",
    "FulfillmentOrderLineItem": """id inventoryItemId lineItem productTitle remainingQuantity requiresShipping
        sku totalQuantity variant variantTitle vendor""",
    "FulfillmentOrderSupportedAction": "*",
    "FulfillmentOrderLocationForMove": "location message movable",
    "FulfillmentOrderMerchantRequest": "*",
    "FulfillmentHold": "*",
    "DeliveryMethod": "id methodType presentedName serviceCode sourceReference minDeliveryDateTime maxDeliveryDateTime",
    "Refund": """createdAt id legacyResourceId note order processedAt refundLineItems totalRefundedSet
        transactions updatedAt""",
    "RefundLineItem": "id lineItem location priceSet quantity restockType restocked subtotalSet",
    "Return": "id name status totalQuantity order createdAt closedAt",
    "OrderTransaction": "amountSet createdAt gateway id kind manualPaymentGateway order processedAt status test",
    "BasicEvent": """action appTitle attributeToApp attributeToUser createdAt criticalAlert id message subjectId
        subjectType""",
    "Location": """createdAt deactivatedAt fulfillmentService fulfillsOnlineOrders hasActiveInventory
        hasUnfulfilledOrders id inventoryLevel inventoryLevels isActive isFulfillmentService legacyResourceId
        name shipsInventory updatedAt""",
    "InventoryItem": """createdAt duplicateSkuCount id inventoryHistoryUrl inventoryLevel inventoryLevels
        legacyResourceId locationsCount requiresShipping sku tracked updatedAt variants""",
    "InventoryLevel": "canDeactivate createdAt id isActive item location quantities updatedAt",
    "InventoryQuantity": "*",
    "InventoryProperties": "*",
    "InventoryQuantityName": "*",
    "ProductVariant": """barcode createdAt displayName id inventoryItem inventoryQuantity legacyResourceId
        price product sku title updatedAt""",
    "Product": "createdAt handle id legacyResourceId status title updatedAt vendor",
    "Shop": "currencyCode ianaTimezone id myshopifyDomain name plan",
    "ShopPlan": "partnerDevelopment publicDisplayName shopifyPlus",
    "AppInstallation": "id app accessScopes metafield metafields",
    "AccessScope": "*",
    "App": "handle id title",
    "ApiVersion": "*",
    "BulkOperation": "*",
    "Job": "done id",
    "Metafield": "compareDigest createdAt id key legacyResourceId namespace ownerType type updatedAt value",
    "Count": "*",
    "MoneyBag": "*",
    "MoneyV2": "*",
    "PageInfo": "*",
    "InventoryAdjustmentGroup": "app changes createdAt id reason referenceDocumentUri",
    "InventoryChange": "*",
    "StagedMediaUploadTarget": "*",
    "StagedUploadParameter": "*",
    "RefundCreatePayload": "order refund userErrors",
    "OrderCancelPayload": "job orderCancelUserErrors userErrors",
    "Node": "*",
    "LegacyInteroperability": "*",
    "DisplayableError": "*",
    "Event": "*",
    "HasMetafields": "*",
}
ANY_FIELDS = (
    "Payload",
    "Connection",
    "Edge",
    "UserError",
    "CancelError",
)  # types taken whole, by the end of their name


def introspection(version: str, folder: Path = OFFICIAL) -> dict[str, Any]:
    """The official introspection of one version, as `{"__schema": …}`."""
    data = json.loads(gzip.decompress((folder / f"admin_{version}.json.gz").read_bytes()))
    return data.get("data", data)


def slice_of(official: dict[str, Any]) -> dict[str, Any]:
    """The introspection cut to FIELDS and to what those need."""
    types = {each["name"]: each for each in official["__schema"]["types"]}
    kept: dict[str, dict[str, Any]] = {}
    waiting = ["QueryRoot", "Mutation", "BasicEvent", "Boolean", "String"]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name], needed = _cut(types[name])
            waiting += needed
    for each in kept.values():
        each["possibleTypes"] = [one for one in each.get("possibleTypes") or [] if one["name"] in kept]
    schema = {
        "queryType": {"name": "QueryRoot"},
        "mutationType": {"name": "Mutation"},
        "subscriptionType": None,
        "types": [kept[name] for name in sorted(kept)],
        "directives": [each for each in official["__schema"]["directives"] if each["name"] in DIRECTIVES],
    }
    return _without_descriptions({"__schema": schema})


def _cut(full: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    cut, needed = dict(full), []
    if full["kind"] in ("OBJECT", "INTERFACE"):
        cut["fields"] = [each for each in full["fields"] if _wanted(full["name"], each)]
        cut["interfaces"] = [each for each in full["interfaces"] or [] if each["name"] in INTERFACES]
        cut["interfaces"] = [each for each in cut["interfaces"] if _implements(cut, each["name"])]
        needed += [each["name"] for each in cut["interfaces"]]
        needed += [_named(each["type"]) for each in cut["fields"]]
        needed += [_named(arg["type"]) for each in cut["fields"] for arg in each["args"]]
    if full["kind"] == "INPUT_OBJECT":
        needed += [_named(each["type"]) for each in full["inputFields"]]
    if full["kind"] == "UNION":
        raise ValueError(f"{full['name']} is a union: name the fields that need it in FIELDS")
    return cut, needed


def _wanted(type_name: str, field: dict[str, Any]) -> bool:
    if type_name not in FIELDS:
        if not type_name.endswith(ANY_FIELDS):
            raise ValueError(f"{type_name} has no entry in FIELDS")
        return True
    wanted = FIELDS[type_name].split()
    if wanted == ["*"]:
        return not (field["isDeprecated"] or _named(field["type"]) in ("StaffMember", "MetafieldReference"))
    return field["name"] in wanted


def _implements(cut: dict[str, Any], interface: str) -> bool:
    needs = {
        "Node": {"id"},
        "LegacyInteroperability": {"legacyResourceId"},
        "HasMetafields": {"metafield", "metafields"},
    }
    return needs.get(interface, set()) <= {each["name"] for each in cut["fields"]}


def _named(type_: dict[str, Any]) -> str:
    while type_.get("ofType"):
        type_ = type_["ofType"]
    return str(type_["name"])


def _without_descriptions(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: None if key == "description" else _without_descriptions(each) for key, each in value.items()
        }
    if isinstance(value, list):
        return [_without_descriptions(each) for each in value]
    return value


def slice_text(version: str, folder: Path = OFFICIAL) -> str:
    """The slice as SDL."""
    schema = build_client_schema(slice_of(introspection(version, folder)), assume_valid=True)
    return print_schema(schema) + "\n"


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else OFFICIAL
    for each_version in VERSIONS:
        (SLICES / f"{each_version}.graphql").write_text(slice_text(each_version, source), encoding="utf-8")
        print(SLICES / f"{each_version}.graphql")
