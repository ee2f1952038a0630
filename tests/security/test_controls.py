"""Proofs of single controls that no other file has; `tests/reliability/controls.csv` says what proves each."""

import base64
import csv
import io
import logging
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hostile import FORMULAS, PATHS
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import PlainTextFormatter
from plans_made import cancel, ended, plan_of
from shop_servers import greeting

import sandbox_shop
from unfulfill.errors import ParameterRefused, SettingsRefused, WorkbenchError
from unfulfill.kernel import check_cells
from unfulfill.profiles.listing import profile_name_problems
from unfulfill.redaction import STARTS_FORMULA
from unfulfill.report.csv_for_people import csv_for_people
from unfulfill.report.messages import write_messages
from unfulfill.run import Run
from unfulfill.settings import DOMAIN, Secret, ShopSettings, address_problems, sandbox_settings
from unfulfill.sheets.csv_stream import write_csv
from unfulfill.sheets.styled_cells import write_text
from unfulfill.sheets.xlsx_stream import Column, write_workbook
from unfulfill.shop import Shop
from unfulfill.shop.documents import load_document, operation_names
from unfulfill.shop.transport import NoAnswer, Transport
from unfulfill.workbench import Workbench, open_workbench

CERTIFICATES = Path(__file__).with_name("certificates")
TOKEN = "shpat_" + "c0ffee" * 5 + "00"
READING = [
    "read_orders", "read_all_orders", "read_products", "read_inventory", "read_locations",
    "read_merchant_managed_fulfillment_orders", "read_third_party_fulfillment_orders",
]  # fmt: skip


# C02


def test_a_secret_shows_nowhere_that_prints_or_logs_objects(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(TOKEN)
    settings = ShopSettings("https://x", "x", token=secret)

    logging.getLogger("x").warning("%s %r %s", secret, settings, [secret])
    shown = [
        str(asdict(settings)),
        str(pd.DataFrame({"a": [secret]})),
        pd.Series([secret]).to_json(default_handler=str),
        pd.DataFrame({"a": [secret]}).to_html(),
        PlainTextFormatter()(settings),
        str(vars(settings)),
        repr(replace(settings, profile="p")),
        caplog.text,
    ]

    assert [
        text for text in shown if TOKEN in text or base64.b64encode(TOKEN.encode()).decode() in text
    ] == []


# C07


@contextmanager
def certified(name: str) -> Iterator[str]:
    """The address of a server with one of our certificates, each signed by itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    with socket.create_server(("127.0.0.1", 0)) as server, greeting(server, context):
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("name", "trusted", "taken"),
    [
        ("good", True, True),
        ("good", False, False),  # nobody vouches for it but the environment
        ("expired", True, False),
        ("other_host", True, False),
    ],
)
def test_only_a_good_certificate_is_taken_whatever_the_environment_says(
    name: str, trusted: bool, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = str(CERTIFICATES / f"{name}.pem")
    if trusted:
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", made)
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(variable, made)
    transport = Transport(5, 5, clock=lambda: 0.0)

    with certified(name) as url:
        answer = transport.post(url, {"X-Shopify-Access-Token": Secret(TOKEN)}, json={})
    transport.close()

    assert isinstance(answer, NoAnswer)
    assert (answer.what != "its certificate is not trusted") is taken
    assert answer.sent is taken


# C09


@given(st.text(max_size=80).filter(lambda text: not DOMAIN.fullmatch(text)))
def test_no_other_text_is_a_shop(text: str) -> None:
    if text.startswith("http://127.0.0.1:"):
        return
    assert address_problems(text) != []


@given(st.from_regex(DOMAIN, fullmatch=True))
def test_what_is_a_shop_is_asked_at_that_host_and_no_other(domain: str) -> None:
    assert address_problems(domain) == []
    assert (
        urlsplit(f"https://{domain}/admin").netloc == urlsplit(f"https://{domain}/admin").hostname == domain
    )


# C11


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[tuple[Workbench, Any]]:
    """A workbench whose token may only read, and its shop."""
    with sandbox_shop.start(tmp_path / "world.sqlite", seed=7, size=60) as server:
        token = server.control("tokens", {"scopes": READING})["token"]
        with Shop(sandbox_settings(server.url, token)) as shop:
            yield Workbench(shop, Run(tmp_path / "run"), lock="x", sleep=lambda seconds: None), server


def test_a_token_that_only_reads_exports_audits_plans_and_reports(read_only: tuple[Workbench, Any]) -> None:
    bench, server = read_only

    assert bench.export().complete
    bench.audit()
    bench.propose()
    assert bench.plan().changes
    bench.verify()
    bench.report()

    assert [row for row in server.control("request", {})["rows"] if row["mutation"]] == []


def test_a_token_that_only_reads_can_do_none_of_our_writes(read_only: tuple[Workbench, Any]) -> None:
    bench, server = read_only
    writes = [name for name in operation_names() if load_document(name).kind == "mutation"]
    assert len(writes) > 12
    bench.ensure("plan")
    plan = bench.load_plan()

    with pytest.raises(WorkbenchError):
        bench.apply(plan.digest).check()

    assert [row for row in server.control("request", {})["rows"] if row["mutation"] and row["effect"]] == []


# C13


@pytest.mark.parametrize("text", FORMULAS)
def test_no_writer_makes_a_formula(text: str, tmp_path: Path) -> None:
    streamed, told = io.BytesIO(), csv_for_people(("a",), [(text,)])
    write_csv(streamed, ["a"], [pa.table({"a": [text]})])
    with (tmp_path / "streamed.xlsx").open("wb") as file:
        write_workbook(file, "S", [Column("a", 10)], [pa.table({"a": [text]})])
    book = openpyxl.Workbook()
    write_text(book.active, 1, 1, text)
    book.save(tmp_path / "styled.xlsx")

    for written in (streamed.getvalue(), told):
        cell = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))[1][0]
        assert cell.startswith("'") or not STARTS_FORMULA.match(cell)
    for name in ("streamed.xlsx", "styled.xlsx"):
        kinds = {
            c.data_type for row in openpyxl.load_workbook(tmp_path / name).active.iter_rows() for c in row
        }
        assert "f" not in kinds


# C20


@pytest.mark.parametrize("text", PATHS)
def test_a_text_that_is_a_path_becomes_no_file_name(text: str) -> None:
    plan = plan_of(cancel(1, name=text))

    names = set(write_messages(plan, ended(*plan.changes)))

    assert all(re.fullmatch(r"0001-[A-Za-z0-9-]{1,40}\.eml|messages\.csv", name) for name in names)
    assert profile_name_problems(text) != []


def test_a_link_in_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("mine")
    run = Run(tmp_path / "run")
    run.path("report.html").symlink_to(other)

    run.write("report.html", "new")

    assert other.read_text() == "mine"
    assert not run.path("report.html").is_symlink()


# C29, C01


def test_a_notebook_with_a_token_in_a_cell_opens_no_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ParameterRefused, match="looks like an access token"):
        check_cells({"In": ["import unfulfill", f"unfulfill.open_workbench('{TOKEN}')"]})

    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))
    with pytest.raises(SettingsRefused) as refused:
        open_workbench(TOKEN, tmp_path / "run")
    assert TOKEN not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
