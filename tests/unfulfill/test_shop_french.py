"""What goes wrong with a shop, its settings, an export or a first contact is said in French, with nothing left out.

The failures are real: bad files, bad settings, a sandbox with faults, a server that answers nonsense.
"""

import ast
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contacts import quiet_orders
from french import english_words
from keyrings_made import MemoryKeyring
from shop_servers import PREFLIGHT, Told, telling
from states import fulfillment_state
from test_connect import Person
from test_first_contact_observed import AFTER, BEFORE, BETWEEN, CANCELLED, DONE, level
from test_shop_answers import answer
from test_words import said_by, values_in

import unfulfill
from unfulfill import ui
from unfulfill.connect import Asked, connect, forget, list_profiles
from unfulfill.connection import Candidate, check_candidate
from unfulfill.errors import SettingsRefused, WorkbenchError
from unfulfill.export import Filters, Manifest, export_shop
from unfulfill.export.names import names_from_file
from unfulfill.first_contact import Happened, observe, refuse_order, stock_sentence, what_will_happen
from unfulfill.model import Tracking
from unfulfill.profiles import Profile, find_settings, keep_profile, profiles_file
from unfulfill.run import MANIFEST, Run
from unfulfill.settings import Secret, ShopSettings, read_settings, sandbox_settings
from unfulfill.shop import Shop
from unfulfill.shop.answers import STATUSES, judge
from unfulfill.shop.before_shipping import read_before_shipping
from unfulfill.shop.customer_names import read_customer_names
from unfulfill.shop.one_order import find_order, find_orders
from unfulfill.shop.shapes import flag, identifier, moment, number, order_state, part, parts, text
from unfulfill.words.saying import messages
from unfulfill.workbench import Workbench

WORLD = {"seed": 13, "size": 60}
SECTIONS = ("shop_error", "export_error", "export_proof", "contact_error", "observation", "profile")
SPEAKING = (
    "shop",
    "export",
    "contacting",
    "first_contact",
    "profiles",
    "connect.py",
    "connection.py",
    "settings.py",
)
OpenRun = Callable[..., Workbench]


@pytest.fixture(autouse=True)
def _in_french(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "fr")
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))


def refusal(call: Callable[[], object]) -> str:
    """What a call that fails says, of which no word is English."""
    with pytest.raises(WorkbenchError) as refused:
        call()
    said = str(refused.value)
    assert english_words(said) == []
    return said


# The messages


def speaking() -> Iterator[tuple[str, ast.Module]]:
    folder = Path(unfulfill.__file__).parent
    for name in SPEAKING:
        path = folder / name
        for file in [path] if path.is_file() else sorted(path.glob("*.py")):
            yield str(file.relative_to(folder)), ast.parse(file.read_text(encoding="utf-8"))


def test_a_message_that_is_chosen_when_it_runs_is_given_its_values_too() -> None:
    known = {key: values_in(m) for key, m in messages("en").items() if key.partition(".")[0] in SECTIONS}
    lacking, chosen = [], 0
    for name, tree in speaking():
        calls = [
            node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "said"
        ]
        direct = {key for call in calls for key, _ in said_by(call)}
        given = [
            {keyword.arg for keyword in call.keywords}
            | ({"shop", "status", "request"} if unpacks(call) else set())
            for call in calls
            if not any(said_by(call))
        ]
        named = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in known
        }
        chosen += len(named - direct)
        lacking += [(name, key) for key in named - direct if not any(known[key] <= names for names in given)]

    assert lacking == []
    assert chosen > 50


def unpacks(call: ast.Call) -> bool:
    """What is known of an answer by its HTTP status is given by **; each status is said in a test below."""
    return any(keyword.arg is None for keyword in call.keywords)


# Settings and profiles

ACME = Profile("acme", "acme.myshopify.com", "2026-10", "token", "")


def test_every_problem_of_the_settings_is_told(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("UNFULFILL_SHOPS=x\nUNFULFILL_TOKEN=a b\n")
    env.chmod(0o644)

    nothing = refusal(lambda: read_settings("", {}, None))
    wrong = refusal(
        lambda: read_settings(
            "a.example.com",
            {
                "UNFULFILL_SHOP": "b.myshopify.com",
                "UNFULFILL_API_VERSION": "2020-01",
                "UNFULFILL_CLIENT_ID": "c",
            },
            env,
        )
    )

    assert nothing.startswith("Les réglages sont inutilisables\u00a0: aucune boutique n'est nommée")
    for words in (
        f"la ligne 1 de {env} n'est pas de la forme", f"lancez chmod 600 {env}", "la boutique demandée est a.example",
        "'a.example.com' n'est pas le domaine", "UNFULFILL_API_VERSION vaut '2020-01'", "contient un espace",
        "UNFULFILL_TOKEN et UNFULFILL_CLIENT_ID sont tous donnés",
    ):  # fmt: skip
        assert words in wrong
    half = refusal(lambda: read_settings("a.myshopify.com", {"UNFULFILL_CLIENT_ID": "c"}, None))
    assert "l'un des deux manque" in half
    assert "n'est pas l'adresse d'un bac à sable" in refusal(
        lambda: sandbox_settings("http://10.0.0.1:80", "")
    )


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ("[acme\n", "ne peut pas être lu"),
        ('acme = "x"\n', "n'est pas une section de textes"),
        ("[acme]\n", "il n'a pas de shop, il n'a pas de api_version"),
        (
            '[Acme]\nshop = "x"\napi_version = "1"\ncredentials = "magic"\nsecret_in = "a"\n',
            "a des minuscules",
        ),
    ],
)
def test_a_damaged_list_of_profiles_is_told(listed: str, words: str, tmp_path: Path) -> None:
    path = profiles_file(os.environ)
    path.parent.mkdir(parents=True)
    path.write_text(listed)

    with pytest.raises(SettingsRefused) as refused:  # a parser says in English where it failed
        find_settings("acme", os.environ, tmp_path)

    assert words in str(refused.value)
    assert "connectez de nouveau" in str(refused.value)


def test_profiles_that_are_not_there_or_not_alone_are_told(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    keep_profile(ACME, Secret("t"), os.environ, tmp_path / ".env")
    keep_profile(replace(ACME, name="acme-2"), Secret("t"), os.environ, tmp_path / ".env")

    assert "les profils acme et acme-2 sont tous de acme.myshopify.com" in refusal(
        lambda: find_settings("acme.myshopify.com", os.environ, tmp_path)
    )
    assert "il y a acme, acme-2" in refusal(lambda: find_settings("other", os.environ, tmp_path))
    memory_keyring.kept.clear()
    gone = refusal(lambda: find_settings("acme", os.environ, tmp_path))
    assert "n'est pas dans le trousseau du système" in gone
    taken = Candidate("x", "acme", Secret("a b"), "c d", "2020-01")
    said = refusal(lambda: check_candidate(taken, os.environ))
    for words in (
        "le secret contient",
        "l'identifiant client contient",
        "la version de l'API vaut",
        "acme appartient",
    ):
        assert words in said


def test_a_shop_is_connected_listed_and_forgotten_in_french(
    server: Any, memory_keyring: MemoryKeyring
) -> None:
    person = Person(f"{server.url}/", "oui", "", server.token)

    assert connect(Asked(), person.terminal) == 0
    list_profiles(person.terminal)
    forget("practice", person.terminal)
    list_profiles(person.terminal)

    assert person.asked[1].endswith("Est-ce bien cette boutique\u00a0? [o/N] ")
    told = person.out.getvalue()
    assert english_words(" ".join(person.asked)) == english_words(told) == []
    for words in (
        "  bon       jeton\u00a0: ",
        "secret dans",
        "sont supprimés",
        "Aucune boutique n'est encore connectée",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("answers", "words"),
    [(["x", "non"], "n'a pas été confirmée"), (["/"], "n'est pas le domaine"), ([], "arrêtées")],
)
def test_a_conversation_that_ends_early_stores_nothing(answers: list[str], words: str) -> None:
    assert words in refusal(lambda: connect(Asked(), Person(*answers).terminal))


# What a shop answers

FAULTS: list[tuple[Any, int, str, str]] = [
    *((b"", status, "2026-10", f"(statut HTTP {status}) (requête req-1).") for status in STATUSES),
    (b"", 418, "2026-10", "a refusé la requête avec le statut HTTP 418"),
    (b"", 302, "2026-10", "par une redirection"),
    (b"", 503, "2026-10", "a échoué avec le statut HTTP 503"),
    (b"", 204, "2026-10", "a répondu avec le statut HTTP 204"),
    (b"<html>", 200, "2026-10", "n'a pas répondu en JSON mais par '<html>'"),
    ([], 200, "2026-10", "qui n'est pas un objet"),
    ({}, 200, "2026-10", "sans données et sans erreur"),
    ({}, 200, "2025-01", "avec la version 2025-01 de l'API, alors que 2026-10 était demandée"),
    ({}, 200, "", "sans version de l'API"),
    ({"errors": "Non"}, 200, "2026-10", "a refusé la requête\u00a0: Non (requête"),
    ({"errors": [{"message": "Non"}, {"message": "Ni"}]}, 200, "2026-10", "(sans code)\u00a0: Non\u00a0; Ni (requête"),
    ({"errors": [{"message": "Non", "extensions": {"code": "ACCESS_DENIED"}}]}, 200, "2026-10", "accordez l'autor"),
    ({"data": {}, "extensions": {"search": [{"warnings": [{"field": "x", "message": "Non"}]}]}}, 200, "2026-10",
     "une partie de la recherche"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "version", "words"), FAULTS)
def test_what_an_answer_means_is_said_in_french(body: Any, status: int, version: str, words: str) -> None:
    for profile in ("", "acme"):
        fault = judge(answer(body, status, version), "acme.myshopify.com", "2026-10", profile).fault

        assert fault is not None
        assert english_words(fault.message) == []
        assert words in fault.message
        assert ("--profile acme" in fault.message) is (status == 401 and profile != "")


@pytest.mark.parametrize(
    "call",
    [
        lambda: text({"x": 1}, "x"), lambda: identifier({"id": "1"}), lambda: number({"x": "1"}, "x"),
        lambda: moment({"x": "hier"}, "x"), lambda: flag({"x": 1}, "x"), lambda: part({"x": 1}, "x"),
        lambda: parts({"x": 1}, "x"), lambda: order_state({"tags": 1}),
    ],
)  # fmt: skip
def test_a_value_that_is_none_of_shopifys_is_told(call: Callable[[], object]) -> None:
    assert refusal(call).startswith("La boutique a envoyé ")


def test_a_shop_that_does_not_answer_or_answers_nonsense_is_told() -> None:
    token = Secret("t")
    nowhere = Shop(ShopSettings("https://no.invalid", "no.invalid", token=token), sleep=lambda seconds: None)
    with telling(Told(PREFLIGHT, cut=True)) as server, Shop(sandbox_settings(server.url, "t")) as shop:
        shop.sleep = lambda seconds: None
        cut = refusal(shop.identity)
    with telling(Told({"data": {}})) as server, Shop(sandbox_settings(server.url, "t")) as shop:
        nameless = refusal(shop.identity)
    with telling(Told(PREFLIGHT), Told({"data": {"tagsAdd": {}}})) as server:
        shop = Shop(sandbox_settings(server.url, "t"))
        payload = refusal(lambda: shop.write("TagsAdd", id="x", tags=[]))
        shop.close()
    with telling(Told(PREFLIGHT), Told(b"", 503)) as server, Shop(sandbox_settings(server.url, "t")) as shop:
        lost = refusal(lambda: shop.write("TagsAdd", id="x", tags=[]))

    with nowhere:
        assert refusal(nowhere.identity) == (
            "no.invalid est injoignable\u00a0: son nom est inconnu\u00a0; vérifiez l'adresse et le réseau."
        )
    assert "n'a pas donné de réponse complète\u00a0: " in cut
    assert nameless.endswith("n'a pas dit quelle boutique elle est\u00a0; essayez de nouveau.")
    assert payload.endswith("par autre chose que son résultat.")
    assert lost.startswith("TagsAdd a peut-être eu un effet, ou peut-être pas\u00a0: ")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Told(b"", 503), "n'a pas donné de jeton (statut HTTP 503)"),
        (Told(b"", 400), "n'accepte pas l'identifiant client et le secret du profil acme (statut HTTP 400)"),
        (Told({}), "par autre chose"),
        (Told({"access_token": "x", "expires_in": -1}), "dans combien de secondes il finit"),
    ],
)
def test_credentials_that_give_no_token_are_told(told: Told, words: str) -> None:
    with telling(told) as server:
        settings = ShopSettings(server.url, "", client_id="c", client_secret=Secret("s"), profile="acme")
        with Shop(settings, sleep=lambda seconds: None) as shop:
            assert words in refusal(shop.identity)


# Orders by name, and what the token may not know


def test_orders_that_are_not_found_and_facts_that_are_denied_are_told(server: Any, shop: Shop) -> None:
    scopes = [scope for scope in shop.scopes if scope not in ("read_customers", "read_all_orders")]
    token = server.control("tokens", {"scopes": scopes})["token"]

    assert refusal(lambda: find_order(shop, " ")).startswith("Aucune commande n'est nommée")
    assert "ne montre aucune commande #99" in refusal(lambda: find_order(shop, "#99999"))
    assert refusal(lambda: find_orders(shop, ["#99998", "#99999", "#99997"])).endswith(
        "introuvables\u00a0: 2."
    )
    with Shop(sandbox_settings(server.url, token)) as small:
        assert "demandent l'autorisation read_all_orders" in refusal(lambda: find_order(small, "#99999"))
    server.control("switches", {"customer_data": "denied"})
    ids = [node["id"] for node in shop.read("OrdersPage", first=60, search=None)["orders"]["nodes"]]
    with Shop(sandbox_settings(server.url, token)) as small:
        unknown = read_before_shipping(small, ids).unknown
        names = refusal(lambda: read_customer_names(small, ids, True))
    assert [each.partition("\u00a0:")[0] for each in unknown] == [
        "On ne sait pas quelles adresses sont incomplètes",
        "On ne sait pas quelles commandes sont du même client",
    ]
    assert "la boutique refuse les adresses à ce jeton" in names


# An export


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"created_from": "5.10.2026"}, "created_from vaut '5.10.2026'\u00a0; écrivez un jour"),
        ({"created_from": "2026-10-05", "created_to": "2026-10-01"}, "created_from vient après created_to"),
        ({"names": ("1.23E+15", "gid://x", "a;b")}, "qu'un tableur a arrondi\u00a0; exportez"),
        ({"statuses": ("lost",)}, "le statut 'lost' n'est aucun de open"),
        ({"tags": 3}, "tags doit être une liste de textes"),
    ],
)
def test_filters_that_make_no_sense_are_told(filters: dict[str, Any], words: str) -> None:
    assert words in refusal(lambda: Filters(**filters))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"#1001\n" + b"a;b\n" * 30, "ligne 2\u00a0: 'a;b' n'est pas un nom de commande\u00a0; "),
        (b"\xff\xfe", "enregistrez la liste en texte brut"),
        (b"name\n", "ne contient aucun nom de commande"),
    ],
)
def test_a_list_of_orders_that_is_none_is_told(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "orders.txt").write_bytes(content)

    assert words in refusal(lambda: names_from_file("orders.txt"))


def exported(server: Any, run: Run, token: str = "", **more: Any) -> Manifest:
    with Shop(sandbox_settings(server.url, token or server.token), sleep=lambda seconds: None) as shop:
        return export_shop(shop, run, more.pop("filters", Filters()), poll_s=0.01, **more)


def test_why_an_export_is_not_complete_is_said_in_french(server: Any, tmp_path: Path) -> None:
    fault = {"drop_every": 3, "of": " orders(", "times": 1}
    server.control("switches", {"bulk_fault": fault})
    manifest = exported(server, Run(tmp_path / "lost"), route="bulk")
    scopes = [
        "read_orders", "read_products", "read_inventory", "read_locations", "read_merchant_managed_fulfillment_orders",
    ]  # fmt: skip
    token = server.control("tokens", {"scopes": scopes})["token"]
    blind = exported(server, Run(tmp_path / "blind"), token, route="pages", since="last")

    told = [*manifest.reasons, *manifest.warnings, *blind.reasons, *blind.warnings, manifest.forecast]

    assert not manifest.complete
    assert english_words(" ".join(told)) == []
    assert any("le fichier de BulkOrders contient" in reason for reason in manifest.reasons)
    assert any("Shopify omet des ordres de traitement" in reason for reason in blind.reasons)
    assert any("aucun export précédent" in warning for warning in blind.warnings)
    assert "par opérations groupées" in manifest.forecast
    shown = ui.export_view(manifest).text
    assert english_words(shown) == []


def test_a_bulk_operation_that_keeps_failing_is_told_in_french(server: Any, tmp_path: Path) -> None:
    server.control("switches", {"bulk_fault": {"fail_at": 5, "error_code": "TIMEOUT", "of": " orders("}})

    warnings = exported(server, Run(tmp_path / "run"), route="bulk").warnings

    assert english_words(" ".join(warnings)) == []
    assert any("a échoué (TIMEOUT) après 5 objets\u00a0; une autre a été lancée" in each for each in warnings)
    assert any("a été lu page par page" in each and "essais faits\u00a0: 3" in each for each in warnings)


def test_what_stops_an_export_is_said_in_french(server: Any, tmp_path: Path) -> None:
    run = Run(tmp_path / "tuesday")
    monday = tmp_path / "monday"
    exported(server, Run(monday))
    manifest = monday / MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "complete": False}))

    assert f"On ne peut pas partir de l'export de {monday}\u00a0: il n'est pas complet." in refusal(
        lambda: exported(server, run, since=str(monday))
    )
    assert "ne contient aucun export d'où partir" in refusal(lambda: exported(server, run, since="nowhere"))
    assert "Un export filtré par transporteur ne peut pas" in refusal(
        lambda: exported(server, run, since="last", filters=Filters(carriers=("DHL",)))
    )
    assert "Il n'y a pas d'emplacement 'Mars'" in refusal(
        lambda: exported(server, run, filters=Filters(locations=("Mars",)))
    )
    server.control("switches", {"bulk_fault": {"cut_line": 7, "of": " orders(", "times": 1}})
    assert re.match(
        r"La ligne \d+ de orders.jsonl n'est pas", refusal(lambda: exported(server, run, route="bulk"))
    )
    manifest.write_text("{}")
    assert refusal(lambda: exported(server, run, since=str(monday))).endswith("relancez l'export.")


# A first contact


def test_a_first_contact_is_planned_done_and_shown_in_french(workbench: OpenRun, sandbox: Any) -> None:
    bench = workbench()
    order = quiet_orders(sandbox, archived=True)[0]

    planned = bench.first_contact(order)
    contact = bench.first_contact(order, planned.digest).check()

    for shown in (ui.first_contact_view(planned), ui.first_contact_view(contact)):
        assert english_words(shown.text.replace("report.html", "")) == []
    assert english_words(" ".join([*planned.will_happen, contact.stock])) == []
    assert planned.will_happen[3].endswith("archiver de nouveau la commande.")
    seen = {each.question: each.seen for each in contact.observations}
    assert re.fullmatch(
        r"\d+,\d s, relu \d+,\d s plus tard", seen["Combien de temps l'annulation a-t-elle pris\u00a0?"]
    )
    assert seen["Le jeton peut-il annuler un traitement\u00a0?"] == "oui\u00a0: la boutique l'a accepté"


def test_an_order_that_is_no_good_and_another_digest_are_told(workbench: OpenRun, sandbox: Any) -> None:
    bench = workbench()
    first, second = quiet_orders(sandbox)[:2]
    early = refusal(lambda: bench.first_contact(first, "x"))
    digest = bench.first_contact(first).digest

    assert (
        early == f"Il n'y a pas encore de plan pour {first}\u00a0; laissez approve vide pour le voir d'abord."
    )
    assert f"est pour {first}, et non pour {second}" in refusal(lambda: bench.first_contact(second, digest))
    (bench.run.folder / "first_contact.json").write_text('{"shop": 1}')
    with pytest.raises(WorkbenchError, match="est endommagé") as damaged:
        bench.last_first_contact()
    assert "refaites le premier contact" in str(damaged.value)


@pytest.mark.parametrize(
    ("order", "state", "words"),
    [
        ({"cancelled": True}, {}, "elle est annulée"),
        ({"financial_status": "PARTIALLY_REFUNDED"}, {}, "son paiement est remboursé en partie"),
        ({"return_status": "IN_PROGRESS"}, {}, "un retour est ouvert"),
        ({}, {"status": "CANCELLED"}, "rien n'y est traité"),
        ({}, {"status": "PENDING"}, "le statut de son traitement est PENDING"),
        ({}, {"service_type": "THIRD_PARTY", "service_handle": ""}, "le service d'une autre application"),
        ({}, {"service_type": "GIFT_CARD"}, "carte-cadeau"),
        ({}, {"display_status": "LABEL_PRINTED"}, "étiquette d'expédition"),
        ({}, {"display_status": "IN_TRANSIT"}, "son colis semble parti (en transit)"),
        ({}, {"lines": ()}, "n'a pas de lignes"),
    ],
)
def test_why_an_order_is_not_tried_is_said_in_french(
    order: dict[str, Any], state: dict[str, Any], words: str
) -> None:
    changed = replace(BEFORE.order, **order)
    said = refuse_order(
        replace(BEFORE, order=changed, fulfillments=(fulfillment_state(1, changed, **state),))
    )

    assert words in said
    assert english_words(said) == []


def test_whatever_a_shop_does_it_is_told_in_french() -> None:
    lost = replace(AFTER.fulfillments[1], tracking=Tracking(), lines=(), name="#1001-F9")
    theirs = fulfillment_state(3, BETWEEN.order, name="#1001-F3")
    order = replace(AFTER.order, tags=("vip",), financial_status="VOIDED", return_status="X", cancelled=True)
    odd = replace(
        AFTER,
        order=replace(order, closed=False),
        fulfillments=(CANCELLED, lost, theirs),
        levels=(level(1, 1, 1),),
    )
    gone = replace(
        BETWEEN, fulfillments=(), fulfillment_orders=(), levels=(level(7, 0, 7), level(0, 2, 2, "L2", ""))
    )
    still = replace(BETWEEN, order=replace(BETWEEN.order, closed=True, updated_at=BEFORE.order.updated_at))
    was_open = replace(BEFORE, order=replace(BEFORE.order, closed=False))
    cases = [
        (BEFORE, BETWEEN, AFTER, DONE), (BEFORE, gone, odd, DONE),
        (BEFORE, still, AFTER, replace(DONE, closed_by_us=True)),
        (was_open, BETWEEN, AFTER, replace(DONE, seconds={"cancel": 1.25, "undo": 2.0, "undo shown": 0.5})),
        (BEFORE, BETWEEN, None, Happened(cancelled=True)), (BEFORE, BETWEEN, None, Happened(True, undo_problem="Non")),
        (BEFORE, BETWEEN, replace(AFTER, fulfillments=()), DONE),
        (BEFORE, None, None, Happened(cancel_problem="Non")),
        (BEFORE, None, None, Happened(cancel_problem="Non", cancel_was_tried=False)),
    ]  # fmt: skip

    seen = [each for case in cases for each in observe(*case)]

    told = [part for each in seen for part in (each.question, each.expected, each.seen)]
    assert len(set(told)) > 60
    assert [(part, english_words(part)) for part in told if english_words(part)] == []
    assert english_words(stock_sentence(BEFORE, BETWEEN) + stock_sentence(BEFORE, gone)) == []
    assert "une annulation de 2 unités a augmenté" in stock_sentence(BEFORE, BETWEEN)
    steps = [step for was in (BEFORE, was_open) for step in what_will_happen(was, lost)]
    assert english_words(" ".join(steps)) == []


# What a step says while it works


def test_every_phase_has_its_french(workbench: OpenRun, sandbox: Any, tmp_path: Path) -> None:
    phases: set[str] = set()

    def note(done: int, total: int | None, text: str = "") -> None:
        phases.add(text)

    bench = workbench()
    order = quiet_orders(sandbox)[0]
    bench.first_contact(order, bench.first_contact(order, progress=note).digest, progress=note)
    for route in ("bulk", "pages"):
        export_shop(bench.shop, Run(tmp_path / route), Filters(), note, route=route, poll_s=0.01)
    read_before_shipping(bench.shop, ["gid://shopify/Order/1"], note)
    read_customer_names(bench.shop, ["gid://shopify/Order/1"], True, note)

    known = {key.removeprefix("phase.") for key in messages("fr") if key.startswith("phase.")}
    assert len(phases) > 12
    assert phases - known == set()
