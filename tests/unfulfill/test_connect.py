"""`unfulfill connect`: a conversation, or a pipe, that stores what works and says in one sentence what does not."""

import io
import os
import pty
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keyrings_made import MemoryKeyring
from shop_servers import PREFLIGHT, Told, telling

import sandbox_shop
from unfulfill.cli import main
from unfulfill.connect import Asked, Terminal, check_profile, connect
from unfulfill.connection import recognise_shop
from unfulfill.errors import AccessDenied, InputRefused, SettingsRefused, WorkbenchError
from unfulfill.profiles import Profile, keep_profile, load_profiles
from unfulfill.settings import Secret, ShopSettings
from unfulfill.shop import Shop, preflight
from unfulfill.shop.scopes import READING

CANARY = "shpat_canary0123456789abcdef"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    world = tmp_path_factory.mktemp("connect") / "world.sqlite"
    with sandbox_shop.start(world, seed=3, size=60) as running:
        yield running


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")


def profiles() -> list[tuple[str, str]]:
    return [(each.name, each.credentials) for each in load_profiles(os.environ)]


def piped(monkeypatch: pytest.MonkeyPatch, secret: str, *arguments: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
    return main(["connect", *arguments])


class Person:
    """Answers questions in turn; an answer that is not there is the end of the input."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.out = io.StringIO()

    def answer(self, question: str) -> str:
        self.asked.append(question)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)

    @property
    def terminal(self) -> Terminal:
        return Terminal(self.out, self.answer, self.answer, sleep=lambda seconds: None)


def files_with(text: str, *folders: Path) -> list[str]:
    return [
        path.name
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    ]


# What was typed for the shop


@pytest.mark.parametrize(
    ("typed", "domain", "is_exact"),
    [
        ("example.myshopify.com", "example.myshopify.com", True),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123", True),
        ("https://example.myshopify.com/admin", "example.myshopify.com", False),
        ("https://Example.MyShopify.com", "example.myshopify.com", False),
        ("example.myshopify.com/admin/orders?x=1#y", "example.myshopify.com", False),
        ("admin.shopify.com/store/example", "example.myshopify.com", False),
        ("https://admin.shopify.com/store/example/orders?x=1", "example.myshopify.com", False),
        ("example", "example.myshopify.com", False),
        ("http://127.0.0.1:8123/", "http://127.0.0.1:8123", False),
        ("", "", False),
        ("https://example.com", "", False),
        ("https://example.myshopify.com.evil.com", "", False),
        ("https://evil.com/example.myshopify.com", "", False),
        ("https://user@example.myshopify.com", "", False),
        ("https://evil.com#example.myshopify.com", "", False),
        ("https://admin.shopify.com.evil.com/store/example", "", False),
        ("exämple.myshopify.com", "", False),
        ("http://10.0.0.1:80/", "", False),
        ("\u212a.myshopify.com", "", False),  # the sign for kelvin, whose small letter is k
    ],
)
def test_a_pasted_address_is_a_proposal_and_a_foreign_one_is_nothing(
    typed: str, domain: str, is_exact: bool
) -> None:
    assert recognise_shop(typed) == (domain, is_exact)


def test_a_proposed_domain_is_not_used_before_it_was_confirmed() -> None:
    person = Person("https://admin.shopify.com/store/example", "")

    with pytest.raises(SettingsRefused, match="not confirmed and nothing was stored"):
        connect(Asked(), person.terminal)

    assert person.asked == [
        "Shop, such as example.myshopify.com: ",
        "Its domain would be example.myshopify.com. Is that the shop you mean? [y/N] ",
    ]
    assert profiles() == []


def test_a_token_given_as_the_shop_is_not_repeated() -> None:
    with pytest.raises(SettingsRefused) as refused:
        connect(Asked(), Person(f"https://{CANARY}").terminal)

    assert CANARY not in str(refused.value)


# Storing


def test_a_person_connects_a_shop_by_answering(
    server: Any, memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    person = Person(f"{server.url}/", "y", "practice", server.token)

    assert connect(Asked(), person.terminal) == 0

    told = person.out.getvalue()
    assert memory_keyring.kept == {("unfulfill-workbench", "practice"): server.token}
    assert profiles() == [("practice", "token")]
    assert "look  right to cancel: Shopify names no scope for it; only a first cancel proves it" in told
    assert "The token is in the system keyring, under the profile practice." in told
    assert 'shop = "practice"' in told
    assert server.token not in told
    assert files_with(server.token, tmp_path, Path(os.environ["XDG_CONFIG_HOME"])) == []


def test_a_client_id_and_secret_are_asked_for_where_no_token_is_given(
    server: Any, memory_keyring: MemoryKeyring
) -> None:
    client = server._server.world.get("client")
    person = Person(server.url, "", "", client["id"], client["secret"])

    assert connect(Asked(), person.terminal) == 0

    assert profiles() == [("practice", "client")]
    assert memory_keyring.kept == {("unfulfill-workbench", "practice"): client["secret"]}
    assert "ends in 23 h 59 min" in person.out.getvalue() or "ends in 24 h" in person.out.getvalue()


def test_a_scheduler_pipes_the_token_in(
    server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = piped(monkeypatch, server.token, "--shop", server.url, "--profile", "ci", "--token-stdin")

    told = capsys.readouterr()
    assert (status, told.err, profiles()) == (0, "", [("ci", "token")])
    assert f"The token is in {tmp_path / '.env'}, under the profile ci." in told.out
    assert server.token not in told.out
    assert files_with(server.token, tmp_path, Path(os.environ["XDG_CONFIG_HOME"])) == [".env"]


def test_a_scheduler_pipes_a_client_secret_in_and_a_new_one_later(
    server: Any, monkeypatch: pytest.MonkeyPatch, memory_keyring: MemoryKeyring
) -> None:
    client = server._server.world.get("client")
    first = ("--shop", server.url, "--profile", "ci", "--api-version", "2026-07", "--client-id", client["id"])

    assert piped(monkeypatch, client["secret"], *first, "--secret-stdin") == 0
    assert piped(monkeypatch, server.token, "--profile", "ci", "--token-stdin") == 0

    assert profiles() == [("ci", "token")]
    assert load_profiles(os.environ)[0].api_version == "2026-07"
    assert memory_keyring.kept == {("unfulfill-workbench", "ci"): server.token}


@pytest.mark.parametrize("arguments", [["--client-id", "x", "--token-stdin"], ["--secret-stdin"]])
def test_a_pipe_that_could_mean_two_things_is_refused(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert piped(monkeypatch, CANARY, "--shop", "a.myshopify.com", *arguments) == 2
    assert "one of the two ways" in capsys.readouterr().err


def test_without_a_terminal_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert piped(monkeypatch, CANARY) == 2
    assert "no terminal to ask in" in capsys.readouterr().err


def test_answers_that_end_early_store_nothing(server: Any) -> None:
    with pytest.raises(InputRefused, match="nothing was stored"):
        connect(Asked(), Person(server.url, "practice").terminal)

    assert profiles() == []


def test_a_token_that_lacks_a_scope_is_shown_and_not_stored(
    server: Any, memory_keyring: MemoryKeyring
) -> None:
    token = server.control("tokens", {"scopes": ["read_orders", "read_locations"]})["token"]
    person = Person(server.url, "practice", token)

    with pytest.raises(AccessDenied, match="nothing was stored, for read_products, read_inventory"):
        connect(Asked(), person.terminal)

    assert "BAD   read_products: not held" in person.out.getvalue()
    assert (profiles(), memory_keyring.kept) == ([], {})


@pytest.mark.parametrize(
    ("asked", "secret", "words"),
    [
        (Asked("a.myshopify.com", "A b"), "x", "small letters"),
        (Asked("a.myshopify.com", "sandbox"), "x", "ships with the workbench"),
        (Asked("a.myshopify.com", "a", "2025-01"), "x", "2025-01"),
        (Asked("a.myshopify.com", "a", "", "an id"), "x", "the client id holds a blank"),
        (Asked("a.myshopify.com", "a"), f"{CANARY} ü", "the secret holds a blank"),
        (Asked("a.myshopify.com", "a", "", "id"), "", "the secret is missing"),
        (Asked("a.myshopify.com", "taken"), "x", r"belongs to b\.myshopify\.com"),
    ],
)
def test_what_cannot_be_right_is_refused_before_any_shop_is_asked(
    asked: Asked, secret: str, words: str, memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    taken = Profile("taken", "b.myshopify.com", "2026-10", "token", "")
    keep_profile(taken, Secret("x"), os.environ, tmp_path / ".env")

    with pytest.raises(SettingsRefused, match=words) as refused:
        connect(asked, Person(secret).terminal)

    assert CANARY not in str(refused.value)
    assert profiles() == [("taken", "token")]


def test_hostile_names_of_a_shop_do_not_move_the_terminal() -> None:
    shop = {**PREFLIGHT["data"]["shop"], "name": "Told\x1b[2J\u202eevil\nBAD  "}
    plan = {"plan": {"partnerDevelopment": False, "shopifyPlus": False}}
    facts = {"shop": plan, "publicApiVersions": [{"handle": "2026-10", "supported": True}]}
    answers = (
        Told({"data": {**PREFLIGHT["data"], "shop": shop}}),
        Told({"data": facts}),
        Told({"data": {"locations": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}}),
    )
    with telling(*answers) as server:
        person = Person(server.url, "practice", "x")
        with pytest.raises(AccessDenied):
            connect(Asked(), person.terminal)

    told = person.out.getvalue()
    assert "Told [2J evil BAD" in told
    assert "\x1b" not in told and "\u202e" not in told


# Arguments


@pytest.mark.parametrize(
    "arguments",
    [
        ["connect", CANARY],
        ["connect", "--token", CANARY],
        ["connect", "--shop", "a.myshopify.com", f"--client-id={CANARY}"],
        ["run", CANARY, "--run", "r"],
    ],
)
def test_a_secret_as_an_argument_is_refused_and_not_repeated(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2

    told = capsys.readouterr()
    assert told.err.startswith("unfulfill: an argument looks like a token")
    assert CANARY not in told.out + told.err


# --list, --check, --forget


def kept(url: str, tmp_path: Path, token: str = CANARY, version: str = "2026-10") -> None:
    keep_profile(Profile("acme", url, version, "token", ""), Secret(token), os.environ, tmp_path / ".env")


def test_profiles_are_listed_checked_and_forgotten(
    server: Any, tmp_path: Path, memory_keyring: MemoryKeyring, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["connect", "--list"]) == 0
    assert "No shop is connected yet" in capsys.readouterr().out
    kept(server.url, tmp_path, server.token)

    assert main(["connect", "--list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == [
        "acme",
        server.url,
        "2026-10",
        "token",
        "the",
        "system",
        "keyring",
    ]
    assert main(["connect", "--check", "acme"]) == 0
    assert main(["connect", "--check", server.url]) == 0
    assert "good  shop: SANDBOX" in capsys.readouterr().out
    assert main(["connect", "--forget", "acme"]) == 0
    assert (profiles(), memory_keyring.kept) == ([], {})
    assert main(["connect", "--forget", "acme"]) == 2
    assert "there is none yet" in capsys.readouterr().err


def test_a_missing_scope_is_a_bad_line_and_status_1(
    server: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scopes = [scope for scope in READING if scope != "read_orders"]
    kept(server.url, tmp_path, server.control("tokens", {"scopes": scopes})["token"])

    assert main(["connect", "--check", "acme"]) == 1
    assert "BAD   read_orders: not held: no order can be exported" in capsys.readouterr().out


FROZEN = Told({"errors": "Unavailable Shop"}, 402)
PROXY = Told(b"<html><h1>Sign in to the guest network</h1></html>", headers={"Content-Type": "text/html"})


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Told({"errors": "[API] Invalid API key or access token"}, 401), "connect --profile acme"),
        (FROZEN, "frozen until its owner settles the bill"),
        (Told({"errors": "Not Found"}, 404), "knows no such address"),
        (Told({"errors": "This shop is unavailable"}, 423), "is locked"),
        (Told({}, 302, {"Location": "https://login.example.com"}), "redirect, which is never followed"),
        (Told(PREFLIGHT, headers={"X-Shopify-API-Version": "2027-01"}), "answered with API version 2027-01"),
        (Told({"data": {"shop": None}}), "did not say which shop it is"),
        (Told(PROXY.body, 407, PROXY.headers), "HTTP status 407"),
    ],
)
def test_a_shop_that_cannot_be_talked_to_is_one_sentence_and_status_1(
    told: Told, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with telling(told) as server:
        kept(server.url, tmp_path)

        assert main(["connect", "--check", "acme"]) == 1

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("unfulfill: ")
    assert shown.err.count("\n") == 1
    assert words in shown.err
    assert CANARY not in shown.err


@pytest.mark.parametrize(
    ("told", "words"),
    [(PROXY, "did not answer with JSON but with '<html>"), (Told({}, 503), "failed with HTTP status 503")],
)
def test_what_might_pass_is_tried_again_and_then_one_sentence(told: Told, words: str, tmp_path: Path) -> None:
    with telling(told) as server:
        kept(server.url, tmp_path)

        with pytest.raises(WorkbenchError) as refused:
            check_profile("acme", Person().terminal)

        assert len(server.seen) == 6
    assert refused.value.exit_status == 1
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_host_that_nobody_knows_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unknown(*arguments: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    kept("no-such-shop.myshopify.com", tmp_path)
    monkeypatch.setattr("socket.getaddrinfo", unknown)

    with pytest.raises(WorkbenchError, match="cannot be reached: its name is not known") as refused:
        check_profile("acme", Person().terminal)

    assert refused.value.exit_status == 1


def test_another_shop_than_the_profile_names_is_refused() -> None:
    with telling(Told(PREFLIGHT)) as server:
        settings = ShopSettings(server.url, "acme.myshopify.com", token=Secret(CANARY), profile="acme")
        with (
            Shop(settings) as shop,
            pytest.raises(WorkbenchError, match=r"answers as told.*`unfulfill connect`") as refused,
        ):
            preflight(shop)

    assert refused.value.exit_status == 3


# In a real terminal


def converse(arguments: list[str], answers: list[tuple[str, str]], folder: Path) -> tuple[int, str]:
    """Run the command in a pseudo-terminal, answering each prompt; returns its status and what was shown."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "unfulfill.cli", *arguments]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, start_new_session=True
    )
    os.close(theirs)
    shown = ""
    try:
        while select.select([ours], [], [], 30)[0]:
            try:
                shown += os.read(ours, 4096).decode()
            except OSError:  # the other side has closed it
                break
            if answers and shown.endswith(answers[0][0]):
                os.write(ours, f"{answers.pop(0)[1]}\n".encode())
        return process.wait(30), shown
    finally:
        os.close(ours)
        process.kill()
        process.wait()


def test_a_token_typed_in_a_terminal_is_not_shown(server: Any, tmp_path: Path) -> None:
    answers = [
        ("example.myshopify.com: ", server.url),
        ("[practice]: ", ""),
        ("client id and secret): ", server.token),
    ]

    status, shown = converse(["connect"], answers, tmp_path)

    assert (status, answers) == (0, [])
    assert "under the profile practice." in shown
    assert server.token not in shown
    assert files_with(server.token, tmp_path, Path(os.environ["XDG_CONFIG_HOME"])) == [".env"]
