"""How the lines of the shop's files become rows: the JSON columns of each kind of line, and a SELECT a table."""

from collections.abc import Mapping

from unfulfill.shop.reading import QUANTITY_NAMES

Columns = Mapping[str, str]

_LOCATION = 'STRUCT(id VARCHAR, "name" VARCHAR)'
_FULFILLMENT = f"""STRUCT(id VARCHAR, "name" VARCHAR, status VARCHAR, displayStatus VARCHAR, createdAt VARCHAR,
  updatedAt VARCHAR, inTransitAt VARCHAR, deliveredAt VARCHAR, totalQuantity BIGINT, requiresShipping BOOLEAN,
  "location" {_LOCATION}, service STRUCT(handle VARCHAR, serviceName VARCHAR, "type" VARCHAR),
  trackingInfo STRUCT(company VARCHAR, "number" VARCHAR, url VARCHAR)[])[]"""

ORDER: Columns = {
    "id": "VARCHAR",
    "name": "VARCHAR",
    "createdAt": "VARCHAR",
    "processedAt": "VARCHAR",
    "updatedAt": "VARCHAR",
    "cancelledAt": "VARCHAR",
    "closedAt": "VARCHAR",
    "displayFulfillmentStatus": "VARCHAR",
    "displayFinancialStatus": "VARCHAR",
    "returnStatus": "VARCHAR",
    "sourceName": "VARCHAR",
    "tags": "VARCHAR[]",
    "customerLocale": "VARCHAR",
    "requiresShipping": "BOOLEAN",
    "test": "BOOLEAN",
    "currentTotalPriceSet": "STRUCT(shopMoney STRUCT(amount VARCHAR, currencyCode VARCHAR))",
    "totalRefundedSet": "STRUCT(shopMoney STRUCT(amount VARCHAR))",
    "transactions": "STRUCT(kind VARCHAR, status VARCHAR, processedAt VARCHAR)[]",
    "refunds": "STRUCT(createdAt VARCHAR)[]",
}
ORDER_WITH_FULFILLMENTS: Columns = {"id": "VARCHAR", "fulfillments": _FULFILLMENT}
ORDER_HEAD: Columns = {"id": "VARCHAR", "name": "VARCHAR", "updatedAt": "VARCHAR"}
LINE_ITEM: Columns = {
    "id": "VARCHAR",
    "__parentId": "VARCHAR",
    "name": "VARCHAR",
    "sku": "VARCHAR",
    "quantity": "BIGINT",
    "currentQuantity": "BIGINT",
    "unfulfilledQuantity": "BIGINT",
    "refundableQuantity": "BIGINT",
    "requiresShipping": "BOOLEAN",
    "isGiftCard": "BOOLEAN",
    "variant": "STRUCT(id VARCHAR, inventoryItem STRUCT(id VARCHAR))",
}
FULFILLMENT_ORDER: Columns = {
    "id": "VARCHAR",
    "__parentId": "VARCHAR",
    "status": "VARCHAR",
    "requestStatus": "VARCHAR",
    "createdAt": "VARCHAR",
    "updatedAt": "VARCHAR",
    "assignedLocation": 'STRUCT("name" VARCHAR, "location" STRUCT(id VARCHAR))',
    "supportedActions": 'STRUCT("action" VARCHAR)[]',
    "fulfillmentHolds": "STRUCT(reason VARCHAR)[]",
    "deliveryMethod": 'STRUCT("methodType" VARCHAR)',
}
FULFILLMENT_LINE: Columns = {
    "id": "VARCHAR",
    "__parentId": "VARCHAR",
    "quantity": "BIGINT",
    "lineItem": "STRUCT(id VARCHAR)",
    "orderId": "VARCHAR",  # of a fulfillment order
}
ITEM: Columns = {"id": "VARCHAR", "sku": "VARCHAR", "tracked": "BOOLEAN"}
VARIANT: Columns = {"id": "VARCHAR", "__parentId": "VARCHAR", "barcode": "VARCHAR", "displayName": "VARCHAR"}
LEVEL: Columns = {
    "id": "VARCHAR",
    "__parentId": "VARCHAR",
    "location": _LOCATION,
    "quantities": 'STRUCT("name" VARCHAR, quantity BIGINT)[]',
}
# Conditions on a fulfillment `f`, each with a list of texts as its parameter.
HAS_CARRIER = "list_has_any(list_transform(f.trackingInfo, lambda t: lower(t.company)), ?::varchar[])"
HAS_SERVICE = "list_has_any([lower(f.service.handle), lower(f.service.serviceName)], ?::varchar[])"
HAS_TRACKING = """(with asked as (select ?::varchar[] as texts,
    list_filter(list_transform(f.trackingInfo, lambda t: t.number), lambda n: n <> '') as numbers)
  select list_has_any(numbers, texts) or (coalesce(len(numbers), 0) = 0 and list_contains(texts, 'none')) from asked)"""
ANY: Columns = {"id": "VARCHAR", "__parentId": "VARCHAR"}
# Beside id and parent, what an order and its lines are counted by.
COUNTED: Mapping[str, Columns] = {
    "Order": {"updatedAt": "VARCHAR", "subtotalLineItemsQuantity": "BIGINT"},
    "LineItem": {"quantity": "BIGINT", "isGiftCard": "BOOLEAN"},
}
COUNTED_SELECT: Mapping[str, str] = {
    "Order": "updatedAt as updated_at, subtotalLineItemsQuantity as units",
    "LineItem": "null as updated_at, if(isGiftCard, 0, quantity) as units",
}

# Whose id a column of a key is.
KEY_KINDS: Mapping[str, str] = {
    "order_id": "Order",
    "line_item_id": "LineItem",
    "fulfillment_id": "Fulfillment",
    "fulfillment_order_id": "FulfillmentOrder",
    "inventory_item_id": "InventoryItem",
    "location_id": "Location",
}


def number(column: str, kind: str) -> str:
    """SQL of the number in a gid, null for a gid of another kind: quicker to sort and to join than the text."""
    return f"case when starts_with({column}, '{_start(kind)}') then {_after(column, kind)} end"


def _start(kind: str) -> str:
    return f"gid://shopify/{kind}/"


def _after(column: str, kind: str) -> str:
    return f"substr({column}, {len(_start(kind)) + 1})::bigint"


def gid(column: str, kind: str) -> str:
    """SQL of the gid that has this number."""
    return f"'gid://shopify/{kind}/' || {column}"


# Each SELECT reads the relation `rows` and gives the columns of its table, in their order.

ORDERS_SELECT = """
select id, name, createdAt::timestamptz, processedAt::timestamptz, updatedAt::timestamptz,
  list_min(list_transform(list_filter(transactions,
    lambda t: t.kind in ('SALE', 'CAPTURE') and t.status = 'SUCCESS'), lambda t: t.processedAt::timestamptz)),
  cancelledAt::timestamptz, closedAt::timestamptz,
  list_max(list_transform(refunds, lambda r: r.createdAt::timestamptz)),
  displayFulfillmentStatus, displayFinancialStatus, returnStatus, sourceName,
  array_to_string(list_sort(tags), ', '), customerLocale, requiresShipping, test,
  currentTotalPriceSet.shopMoney.amount, totalRefundedSet.shopMoney.amount,
  currentTotalPriceSet.shopMoney.currencyCode
from rows"""

LINE_ITEMS_SELECT = """
select id, __parentId, name, sku, quantity, currentQuantity, unfulfilledQuantity, refundableQuantity,
  quantity - currentQuantity, requiresShipping, isGiftCard, variant.id, variant.inventoryItem.id
from rows"""

FULFILLMENTS_SELECT = """
select f.id, order_id, f.name, f.status, null, f.displayStatus, f.createdAt::timestamptz,
  f.updatedAt::timestamptz, f.inTransitAt::timestamptz, f.deliveredAt::timestamptz,
  f.location.id, f.location.name, f.service.handle, f.service.serviceName, f.service.type,
  list_filter(list_transform(f.trackingInfo, lambda t: t.company), lambda c: c <> '')[1],
  nullif(array_to_string(list_filter(list_transform(f.trackingInfo, lambda t: t.number), lambda n: n <> ''), ', '), ''),
  nullif(array_to_string(list_filter(list_transform(f.trackingInfo, lambda t: t.url), lambda u: u <> ''), ', '), ''),
  f.totalQuantity, f.requiresShipping
from (select id as order_id, unnest(fulfillments) as f from rows)"""

FULFILLMENT_ORDERS_SELECT = """
select id, __parentId, status, requestStatus, createdAt::timestamptz, updatedAt::timestamptz,
  assignedLocation.location.id, assignedLocation.name,
  array_to_string(list_transform(supportedActions, lambda a: a.action), ', '),
  array_to_string(list_transform(fulfillmentHolds, lambda h: h.reason), ', '),
  deliveryMethod.methodType
from rows"""

_PARENTS = {"FulfillmentLineItem": "Fulfillment", "Fulfillment": "FulfillmentOrder"}
_LINKED = (*_PARENTS, "FulfillmentOrder")
LINKS_SELECT = f"""
select kind, case kind {" ".join(f"when '{kind}' then {_after('id', kind)}" for kind in _LINKED)} end as number,
  case kind {" ".join(f"when '{kind}' then {number('__parentId', owner)}" for kind, owner in _PARENTS.items())} end
    as parent,
  {number("lineItem.id", "LineItem")} as line_item, quantity, {number("orderId", "Order")} as owner
from (select *, case {" ".join(f"when starts_with(id, '{_start(kind)}') then '{kind}'" for kind in _LINKED)} end as kind
  from rows)"""

# A fulfillment that spans several fulfillment orders comes once for each of them, its lines too. Reads `links`.
LINE_SUMS_SELECT = """
select parent as fulfillment, line_item, sum(quantity)::bigint as quantity
from (select distinct number, parent, line_item, quantity from links where kind = 'FulfillmentLineItem')
group by all"""

LEVELS_SELECT = f"""
select item.id, rows.location.id, rows.location.name, item.sku, variant.barcode, variant.displayName, item.tracked,
  {", ".join(f"list_filter(quantities, lambda q: q.name = '{name}')[1].quantity" for name in QUANTITY_NAMES)}
from rows join item on item.id = rows.__parentId
left join (select distinct on (__parentId) * from variant order by __parentId, id) as variant
  on variant.__parentId = item.id"""
