"""What the code never says: looked for in its syntax tree, its templates, its queries and its scripts."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from graphql import FieldNode, OperationDefinitionNode, Visitor, parse, visit

from unfulfill.shop.documents import load_document, operation_names

ROOT = Path(__file__).resolve().parents[2]
HELPERS = ROOT / "helpers"
# Calls by their last name, and with the object before them where the last name alone says too little.
BANNED_CALLS = frozenset([
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.load", "pickle.loads", "marshal.loads",
    "yaml.load", "shelve.open", "pandas.read_pickle", "pd.read_pickle", "pd.eval", "frame.query",
    "ssl._create_unverified_context", "ssl.create_default_context", "tempfile.mktemp", "Markup",
])  # fmt: skip
BANNED_MODULES = frozenset(["pickle", "shelve", "marshal", "yaml", "telnetlib", "ftplib", "dill", "joblib"])
BANNED_NAMES = frozenset(
    ["Styler", "Markdown", "Latex", "Javascript", "IFrame", "Image"]
)  # of IPython and pandas
MAY_WRITE = frozenset(["apply", "contacting", "shop"])  # who may call the client's `write`
PERSONAL = frozenset([
    "email", "phone", "displayName", "firstName", "lastName", "name", "address1", "address2", "city", "zip", "note",
    "company", "billingAddress", "shippingAddress", "customer", "defaultEmailAddress", "clientIp", "paymentDetails",
])  # fmt: skip
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
LOADS = r"<(script|link|iframe|object|embed|img|form)\b|@import|url\(|https?://|\son\w+="
MAKES_MARKUP = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|fetch\(|import\("
)
# Operation → what of a person it asks for, and nothing else does.
ASKED_FOR = {
    "OrderCustomersById": {"customer"},
    "OrderAddressesById": {"shippingAddress", "lastName", "address1", "city", "zip"},
    "OrderNamesById": {"shippingAddress", "firstName", "lastName", "city"},
}
NOT_OF_A_PERSON = {"name", "displayName", "company"}  # but of orders, items, locations and carriers


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple(
        (path, ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(HELPERS.rglob("*.py"))
    )


def ours() -> Iterator[tuple[str, ast.AST]]:
    """Every node of the workbench and of the sandbox, with the file that it stands in."""
    for path, tree in modules():
        for node in ast.walk(tree):
            yield str(path.relative_to(HELPERS)), node


def test_nothing_is_evaluated_unpickled_or_given_to_a_shell() -> None:
    found = []
    for path, node in ours():
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            found += [(path, name)] * (name in BANNED_CALLS)
            shell = [key for key in node.keywords if key.arg == "shell" and ast.unparse(key.value) != "False"]
            found += [(path, "shell=")] * len(shell)
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            module = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
            found += [(path, name) for name in module if name.split(".")[0] in BANNED_MODULES]
            found += [(path, name) for name in names if name in BANNED_NAMES]
        if isinstance(node, ast.Attribute) and node.attr in BANNED_NAMES:
            found.append((path, node.attr))

    assert found == []


def test_certificates_are_always_checked_and_redirects_never_followed() -> None:
    keywords = [
        (path, key.arg, ast.unparse(key.value))
        for path, node in ours()
        if isinstance(node, ast.Call)
        for key in node.keywords
        if key.arg in ("verify", "cert", "allow_redirects", "proxies", "trust_env", "check_hostname")
    ]
    assigned = [
        (path, node.targets[0].attr, ast.unparse(node.value))
        for path, node in ours()
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute)
        if node.targets[0].attr in ("verify", "cert", "trust_env", "proxies", "check_hostname", "verify_mode")
    ]

    assert keywords == [("unfulfill/shop/transport.py", "allow_redirects", "False")]
    assert assigned == [("unfulfill/shop/transport.py", "trust_env", "False")]


def test_requests_is_used_by_the_transport_alone() -> None:
    network = ("requests", "urllib3", "http", "socket", "ssl", "urllib")
    users = {
        path
        for path, node in ours()
        if isinstance(node, ast.Import | ast.ImportFrom) and path.startswith("unfulfill")
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
        if name.split(".")[0] in network and not name.startswith(("urllib.parse", "urllib3.exceptions"))
    }

    assert {path for path in users if path != "unfulfill/shop/transport.py"} <= {
        "unfulfill/apply/shop_lock.py", "unfulfill/lock.py",  # the name of this machine
        "unfulfill/fleet/cluster.py",  # whether the scheduler that the operator names answers
    }  # fmt: skip


def test_an_assertion_only_tells_mypy_what_would_fail_without_it_too() -> None:
    """Python may leave them out (`-O`): none guards anything but a None or a type that the next line trips over."""
    tests = [(path, ast.unparse(node.test)) for path, node in ours() if isinstance(node, ast.Assert)]
    narrowing = re.compile(r"[\w.]+ is not None|isinstance\(.*\)")

    assert [
        (path, test) for path, test in tests if path.startswith("unfulfill") and not narrowing.fullmatch(test)
    ] == []


def test_only_apply_and_what_it_is_made_of_writes_to_a_shop() -> None:
    writers = {
        path.split("/")[1].removesuffix(".py")
        for path, node in ours()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "write"
        if re.fullmatch(r"(self\.)?_?shop", ast.unparse(node.func.value)) and path.startswith("unfulfill")
    }

    assert writers <= MAY_WRITE
    assert "apply" in writers


@pytest.mark.parametrize("name", operation_names())
def test_no_query_asks_for_a_person_but_the_three_that_are_meant_to(name: str) -> None:
    found: set[str] = set()

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            found.add(node.name.value)

    document = parse(load_document(name).text)
    visit(document, Fields())

    assert isinstance(document.definitions[0], OperationDefinitionNode)
    assert found & (PERSONAL - NOT_OF_A_PERSON) == ASKED_FOR.get(name, set())


def test_every_page_forbids_scripts_and_loads_nothing() -> None:
    templates = HELPERS / "unfulfill" / "report" / "templates"
    pages = [path for path in templates.glob("*.j2") if "<!doctype" in path.read_text(encoding="utf-8")]
    assert len(pages) >= 3

    for path in templates.glob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"<(script|link|iframe|object|embed|img|form)\b|@import|url\(|https?://|\son\w+=", text
        ), path
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
            in text
        )


def test_only_one_template_shows_markup_as_it_is() -> None:
    """That of a notebook, whose results were escaped where they were made, under a policy that runs no script."""
    templates = HELPERS / "unfulfill" / "report" / "templates"

    unescaped = {
        path.name for path in templates.glob("*.j2") if re.search(r"\|\s*safe\b|autoescape", path.read_text())
    }

    assert unescaped == {"notebook.html.j2"}


def test_no_widget_or_style_of_ours_loads_anything_or_makes_markup_of_text() -> None:
    files = [path for kind in ("*.js", "*.css") for path in (HELPERS / "unfulfill" / "ui").rglob(kind)]
    assert len(files) > 5

    for path in files:
        text = path.read_text(encoding="utf-8")
        hit = re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|fetch\(|import\(",
            text,
        )
        assert hit is None, (path, hit)
        assert not re.search(
            r"https?://(?!www\.w3\.org/)|XMLHttpRequest|WebSocket|sendBeacon|@import", text
        ), path


def test_notebooks_are_checked_in_ci_without_anything_of_the_environment() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    step = script[script.index("7. Notebooks") :]

    assert re.search(r"env -i PATH=.*\n\s+pytest .*--nbval-lax", step)
