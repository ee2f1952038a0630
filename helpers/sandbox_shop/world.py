"""The shop's world: one SQLite file that several processes may share, with its clock, ids and ledgers.

Ids in the file are whole numbers; `gid` turns them into what the API shows. Times are text in UTC,
"2026-10-05T08:00:00Z", so that they sort. Lists (tags, tracking) are JSON text.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, Any]

SCHEMA = """
create table meta(key text primary key, value text not null);

create table location(id integer primary key, name text not null, active integer not null default 1,
  service_id integer, fulfills_online integer not null default 1, priority integer not null default 0);
create table service(id integer primary key, handle text not null, name text not null, type text not null,
  location_id integer);
create table item(id integer primary key, variant_id integer not null unique, product_id integer not null,
  sku text, barcode text, title text not null, variant_title text, product_handle text,
  tracked integer not null default 1, requires_shipping integer not null default 1, price text not null default '0.00');
create index ix_item_sku on item(sku);
create table level(item_id integer not null, location_id integer not null, available integer not null default 0,
  committed integer not null default 0, reserved integer not null default 0, damaged integer not null default 0,
  safety_stock integer not null default 0, quality_control integer not null default 0,
  incoming integer not null default 0, active integer not null default 1, created_at text not null,
  updated_at text not null, primary key(item_id, location_id)) without rowid;

create table "order"(id integer primary key, name text not null, number integer not null, created_at text not null,
  processed_at text not null, updated_at text not null, cancelled_at text, cancel_reason text, closed_at text,
  source_name text, financial_status text, paid_at text, refunded_at text,
  return_status text not null default 'NO_RETURN',
  tags text not null default '[]', note text, test integer not null default 0, currency text not null default 'EUR',
  total text not null default '0.00', refunded text not null default '0.00', email text, customer_name text,
  customer_locale text, retail_location_id integer, fulfillment_status text not null default 'UNFULFILLED',
  customer_id integer, risk text not null default 'NONE', address text);
create index ix_order_name on "order"(name);
create index ix_order_updated on "order"(updated_at);
create index ix_order_created on "order"(created_at);
create index ix_order_processed on "order"(processed_at);
create table line(id integer primary key, order_id integer not null, item_id integer, sku text, name text not null,
  title text not null, variant_title text, quantity integer not null, current_quantity integer not null,
  refunded_quantity integer not null default 0, requires_shipping integer not null default 1,
  gift_card integer not null default 0, price text not null default '0.00', vendor text);
create index ix_line_order on line(order_id);
create table transaction_(id integer primary key, order_id integer not null, kind text not null, status text not null,
  gateway text, amount text not null, processed_at text not null);
create index ix_transaction_order on transaction_(order_id);
create table refund(id integer primary key, order_id integer not null, created_at text not null, note text,
  amount text not null);
create index ix_refund_order on refund(order_id);
create table refund_line(id integer primary key, refund_id integer not null, line_id integer not null,
  quantity integer not null, restock_type text not null, location_id integer);
create index ix_refund_line_refund on refund_line(refund_id);

create table fulfillment(id integer primary key, order_id integer not null, name text not null, status text not null,
  display_status text, created_at text not null, updated_at text not null, in_transit_at text, delivered_at text,
  estimated_delivery_at text, location_id integer, service_id integer, tracking text not null default '[]',
  app text not null default '', origin_address text);
create index ix_fulfillment_order on fulfillment(order_id);
create table fulfillment_line(id integer primary key, fulfillment_id integer not null, line_id integer not null,
  fo_line_id integer not null, quantity integer not null);
create index ix_fulfillment_line_fulfillment on fulfillment_line(fulfillment_id);
create index ix_fulfillment_line_fo_line on fulfillment_line(fo_line_id);
create index ix_fulfillment_line_line on fulfillment_line(line_id);
create table fulfillment_event(id integer primary key, fulfillment_id integer not null, status text not null,
  happened_at text not null, created_at text not null, message text);
create index ix_event_fulfillment on fulfillment_event(fulfillment_id);

create table fulfillment_order(id integer primary key, order_id integer not null, status text not null,
  request_status text not null default 'UNSUBMITTED', location_id integer, created_at text not null,
  updated_at text not null, fulfill_at text, method text not null default 'SHIPPING');
create index ix_fulfillment_order_order on fulfillment_order(order_id);
create index ix_fulfillment_order_updated on fulfillment_order(updated_at);
-- stock: the state that the units are taken from: committed, available (came back uncommitted), bypass (unclaimed)
create table fo_line(id integer primary key, fo_id integer not null, line_id integer not null, total integer not null,
  remaining integer not null, stock text not null default 'committed');
create index ix_fo_line_fo on fo_line(fo_id);
create index ix_fo_line_line on fo_line(line_id);
create table hold(id integer primary key, fo_id integer not null, handle text not null default '', reason text not null,
  notes text, app text not null, external_id text);
create index ix_hold_fo on hold(fo_id);

create table order_event(id integer primary key, order_id integer not null, action text not null, message text not null,
  created_at text not null, app text not null default '');
create index ix_order_event_order on order_event(order_id);
create table metafield(id integer primary key, owner text not null, namespace text not null, key text not null,
  type text not null, value text not null, unique(owner, namespace, key));

-- ground truth for tests, out of the API's reach
create table ledger(id integer primary key, at text not null, request_id integer, item_id integer not null,
  location_id integer not null, name text not null, delta integer not null, reason text not null, document text);
create table request(id integer primary key, at text not null, app text, operation text, variables text, mutation text,
  effect integer not null default 0, status integer, fault text);
create table email(id integer primary key, at text not null, order_id integer not null, kind text not null);

create table bulk_operation(id integer primary key, type text not null, status text not null, error_code text,
  created_at text not null, completed_at text, object_count integer not null default 0,
  root_object_count integer not null default 0, query text not null, result blob, partial blob, client_identifier text,
  app text not null default '', scopes text not null default '[]', version text not null default '', upload text,
  file_size integer, group_objects integer not null default 0);
create table staged_upload(key text primary key, body blob);
create table idempotency(key text primary key, app text not null, request text not null, answer text not null,
  at text not null);
create table fault(id integer primary key, spec text not null, remaining integer not null);
create table access_token(token text primary key, app text not null, scopes text not null, expires_at text);
create table bucket(app text primary key, available real not null, at real not null);
"""


# Columns that older worlds lack; they are added when such a world is opened.
LATER_COLUMNS = ("customer_id integer", "risk text not null default 'NONE'", "address text")


class World:
    """One shop. Every access goes through `reading` or `writing`; both may be nested."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=60, check_same_thread=False)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("pragma journal_mode=truncate")
        self.connection.execute("pragma synchronous=off")
        if not self.connection.execute("select 1 from sqlite_master where name='meta'").fetchone():
            with self.writing():
                for statement in SCHEMA.split(";\n"):
                    self.connection.execute(statement)
        known = {row["name"] for row in self.rows('pragma table_info("order")')}
        for column in LATER_COLUMNS:
            if column.split()[0] not in known:
                self.connection.execute(f'alter table "order" add column {column}')

    def close(self) -> None:
        """Close the file; the world stays on disk."""
        self.connection.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A consistent view, without hindering other readers."""
        with self._transaction("begin"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing."""
        with self._transaction("begin immediate"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self.lock:
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute(begin)
            try:
                yield
            except BaseException:
                self.connection.execute("rollback")
                raise
            self.connection.execute("commit")

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────

    def rows(self, sql: str, *args: Any) -> list[Row]:
        """Every row of a query, as dicts; of columns with the same name, the first one's value."""
        with self.lock:
            cursor = self.connection.cursor()
            cursor.row_factory = None  # tuples: dict(zip()) is twice as fast as dict(sqlite3.Row)
            cursor.execute(sql, args)
            names = [column[0] for column in cursor.description or ()]
            if len(set(names)) < len(names):
                return [dict(zip(reversed(names), reversed(row), strict=True)) for row in cursor]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def row(self, sql: str, *args: Any) -> Row | None:
        """The first row of a query, or None."""
        with self.lock:
            row = self.connection.execute(sql, args).fetchone()
        return dict(row) if row else None

    def insert(self, table: str, values: Mapping[str, Any]) -> int:
        """Insert one row; returns its id."""
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        with self.lock:
            cursor = self.connection.execute(
                f'insert into "{table}"({names}) values({marks})', tuple(values.values())
            )
        return int(cursor.lastrowid or 0)

    def insert_many(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows that all have the columns of the first."""
        rows = list(rows)
        if rows:
            names = ", ".join(rows[0])
            marks = ", ".join("?" * len(rows[0]))
            with self.lock:
                self.connection.executemany(
                    f'insert into "{table}"({names}) values({marks})', [tuple(row.values()) for row in rows]
                )

    def update(self, table: str, id_: int, **values: Any) -> None:
        """Set columns of one row."""
        names = ", ".join(f"{name} = ?" for name in values)
        with self.lock:
            self.connection.execute(f'update "{table}" set {names} where id = ?', (*values.values(), id_))

    # ── meta, ids, clock ────────────────────────────────────────────────────────────────────────────

    def get(self, key: str, default: Any = None) -> Any:
        """A value of the meta table (JSON)."""
        row = self.row("select value from meta where key = ?", key)
        return json.loads(row["value"]) if row else default

    def set(self, key: str, value: Any) -> None:
        """Write a value of the meta table (JSON)."""
        with self.lock:
            self.connection.execute(
                "insert into meta values(?, ?) on conflict(key) do update set value = excluded.value",
                (key, json.dumps(value)),
            )

    def next_id(self, kind: str) -> int:
        """A new id, counted per kind from a base that looks like Shopify's (13 digits)."""
        last = self.get(f"id:{kind}", ID_BASES.get(kind, 1_000_000_000_000))
        self.set(f"id:{kind}", last + 1)
        return int(last) + 1

    def now(self) -> datetime:
        """The shop's clock. Frozen at `clock` while that is set; each write then moves it by a second."""
        frozen = self.get("clock")
        if frozen:
            return parse_time(frozen)
        return datetime.now(UTC).replace(microsecond=0)

    def tick(self, seconds: float = 1) -> str:
        """Move a frozen clock; returns the time now, as text."""
        if self.get("clock"):
            self.set("clock", format_time(self.now() + timedelta(seconds=seconds)))
        return format_time(self.now())


ID_BASES = {
    "Order": 6_100_000_000_000,
    "LineItem": 14_200_000_000_000,
    "Fulfillment": 5_300_000_000_000,
    "FulfillmentLineItem": 12_400_000_000_000,
    "FulfillmentOrder": 7_500_000_000_000,
    "FulfillmentOrderLineItem": 15_600_000_000_000,
    "InventoryItem": 46_700_000_000_000,
    "ProductVariant": 44_800_000_000_000,
    "Product": 8_900_000_000_000,
    "Location": 71_000_000_000,
}


def gid(kind: str, id_: int | str) -> str:
    """The id that the API shows: gid://shopify/Order/1."""
    return f"gid://shopify/{kind}/{id_}"


def format_time(moment: datetime) -> str:
    """Text of a UTC time, as Shopify writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """A UTC time from text with an offset or Z."""
    return datetime.fromisoformat(text).astimezone(UTC)
