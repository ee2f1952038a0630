"""What goes wrong, what became of each change and what reading back says, in French: real failures, no English left."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from french import english_pieces, english_words
from journals import edit, entries, now, written
from on_sandbox import CANCEL, FULFIL, HOLD, TRACK, admin, applied, choose, open_orders
from plans_made import IDENTITY
from states import NOW, mark, open_order, order_state, plan_for
from test_report_french import pieces_of, visible

from unfulfill import ui
from unfulfill.apply.shop_lock import new_holder, shop_keeps_lock
from unfulfill.errors import Locked, WorkbenchError
from unfulfill.fulfil import ToFulfil, plan_fulfil
from unfulfill.journal import Journal, read_journal, verify_journal
from unfulfill.journal.view import prove
from unfulfill.kernel import check_cells
from unfulfill.lock import shop_lock
from unfulfill.model import Hold, Limits, Line, Result, Tracking, VerdictKind
from unfulfill.notebook_runner import find_notebook, run_notebook
from unfulfill.parameters import check_parameters, declared_parameters, load_notebook
from unfulfill.plan import HOLD_REASONS, PlanOptions, make_plan, raise_if_unsafe
from unfulfill.plan_parts import PartUnclear, part_units, read_part
from unfulfill.policy import PARAMETER, parse_policy, tightened
from unfulfill.report.redacting import checked_level
from unfulfill.report.runs_page import render_fleet, render_runs
from unfulfill.report.wordings import read_wordings
from unfulfill.rules import COLUMNS, parse_rules
from unfulfill.run import JOURNAL, PLAN, RUN_FILE, Run, existing_run
from unfulfill.run_rules import find_rules
from unfulfill.share import share_notebooks
from unfulfill.tables import FINDINGS
from unfulfill.words.saying import messages
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]


@pytest.fixture(autouse=True)
def _in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "fr")


@pytest.fixture
def bench(workbench: OpenRun) -> Workbench:
    """A run with an audit, nothing marked."""
    return workbench(with_audit=True)


def refused(work: Callable[[], object]) -> str:
    """The sentence of an error that must come; no English of ours is in it, and no value is missing."""
    with pytest.raises(WorkbenchError) as error:
        work()
    return french(str(error.value))


def french(text: str) -> str:
    """The text, if there is some and it is French."""
    assert text
    assert english_pieces([text]) == []
    assert not re.search(r"\{(?!order\})[a-z_]*\}", text)
    return text


# Run folders, parameters, notebooks


def test_run_folders_that_cannot_be_used(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = bench.run
    told = {
        "file": refused(lambda: Run(tmp_path / "file")),
        "below": refused(lambda: Run(tmp_path / "file" / "run")),
        "nowhere": refused(lambda: existing_run(tmp_path / "nowhere")),
        "plan": refused(run.load_plan),
        "policy": refused(lambda: (run.write("policy.toml", b"\xff\xfe"), run.policy())),
    }

    assert "est un fichier" in told["file"] and str(tmp_path / "file") in told["file"]
    assert told["plan"].endswith("plan.json manque\u00a0; faites d'abord cette étape\u00a0: plan.")
    assert "UTF-8" in told["policy"]
    run.path("findings.parquet").write_bytes(b"PAR1")
    assert "est endommagé" in refused(lambda: run.load_table(FINDINGS))
    run.write(RUN_FILE, "[]")
    assert "ce n'est pas un objet JSON" in refused(lambda: run.load_json(RUN_FILE, "export"))


def test_a_plan_that_was_edited_and_a_run_of_another_shop(bench: Workbench) -> None:
    bench.propose()
    bench.plan()
    text = bench.run.path(PLAN).read_text(encoding="utf-8")
    bench.run.write(PLAN, text.replace('"limits": {"max_cancels": 1000', '"limits": {"max_cancels": 1001'))

    assert "son contenu ne correspond pas à son empreinte" in refused(bench.run.load_plan)
    facts = bench.run.load_json(RUN_FILE, "export") | {"shop": "autre.myshopify.com"}
    bench.run.save_json(RUN_FILE, facts)
    told = refused(lambda: bench.run.open_for(bench.identity, "2026-10", "1", NOW))
    assert "est celui de autre.myshopify.com" in told


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("size", "many", "il faut un nombre entier, et non 'many'"),
        ("share", "x", "il faut un nombre, et non 'x'"),
        ("bulk", "maybe", "il faut true (oui) ou false (non), et non 'maybe'"),
        ("tag", 3, "il faut un texte, et non '3'"),
        ("tag", "a\x07", "la valeur contient un caractère de contrôle"),
        ("tag", "shpat_" + "0" * 32, "ressemble à un jeton d'accès"),
        ("Tag", "x", "le nom d'un paramètre n'a que des minuscules"),
        ("label", "x", "n'a pas de paramètre label\u00a0; il a\u00a0: size, share, bulk, tag"),
    ],
)  # fmt: skip
def test_parameters_that_cannot_be_taken(name: str, value: object, words: str) -> None:
    source = 'size: int = 1  # a\nshare: float = 0.5  # b\nbulk: bool = False  # c\ntag: str = ""  # d'
    cell = {"metadata": {"tags": ["parameters"]}, "source": source}
    declared = declared_parameters({"cells": [cell]}, "mine")

    assert words in refused(lambda: check_parameters(declared, {name: value}, "mine"))


def test_notebooks_that_cannot_be_read_run_or_shared(tmp_path: Path) -> None:
    (tmp_path / "list.ipynb").write_text("[]")
    (tmp_path / "broken.ipynb").write_text("{")
    cell = {"metadata": {"tags": ["parameters"]}, "source": "size = 3"}
    run = Run(tmp_path / "run")

    assert "ce notebook n'existe pas" in refused(lambda: load_notebook(tmp_path / "none.ipynb"))
    assert "illisible comme notebook" in refused(lambda: load_notebook(tmp_path / "broken.ipynb"))
    assert "pas un notebook Jupyter" in refused(lambda: load_notebook(tmp_path / "list.ipynb"))
    assert "la ligne 1 de la cellule des paramètres" in refused(
        lambda: declared_parameters({"cells": [cell]}, "mine")
    )
    assert "donnez un chemin, ou l'un de ceux-ci" in refused(lambda: find_notebook("nosuch"))
    assert "n'a pas de paramètre nosuch" in refused(
        lambda: run_notebook("1_export", tmp_path / "r", {"nosuch": "1"})
    )
    assert "n'a pas de notebook exécuté" in refused(lambda: share_notebooks(run))
    for source, words in (
        ("a@example.com", "une adresse e-mail"),
        ("+49 170 1234567", "un numéro de téléphone"),
    ):
        note = {"cell_type": "markdown", "metadata": {}, "source": source}
        run.write("notebooks/1_export.ipynb", json.dumps({"cells": [note], "metadata": {}}))
        assert words in refused(lambda: share_notebooks(run))
    odd = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<script>1</script>"}}
    code = {"cell_type": "code", "metadata": {}, "source": "", "outputs": [odd]}
    run.write("notebooks/1_export.ipynb", json.dumps({"cells": [code], "metadata": {}}))
    assert "la cellule 1 contient l'élément script, que l'atelier n'écrit jamais" in refused(
        lambda: share_notebooks(run)
    )


def test_what_a_notebook_must_not_hold() -> None:
    declared = 'size: int = 3  # size\nbulk: bool = False  # bulk\ntag: str = ""  # tag'
    given = "# Parameters\nnosuch = 1\n"

    assert "Quiconque a pu lire le notebook" in refused(
        lambda: check_cells({"In": ["x = 'shpat_" + "0" * 32 + "'"]})
    )
    assert "n'a pas de paramètre nosuch" in refused(lambda: check_cells({"In": [declared, given]}))
    assert "avec papermill" in refused(
        lambda: check_cells({"In": [declared], "size": 3, "bulk": True, "tag": 3})
    )
    assert "True (oui)" in refused(lambda: check_cells({"In": [declared], "size": 3, "bulk": 1, "tag": ""}))


# Plans, limits, rules


def test_plans_that_may_not_be_applied(bench: Workbench) -> None:
    plan = plan_for(mark(1), mark(2), limits=Limits(max_cancels=1, max_share_of_export=0.01))
    night = plan_for(mark(1), limits=Limits(quiet_hours=("00:00-23:59",), timezone="Europe/Paris"))

    told = refused(lambda: raise_if_unsafe(plan, NOW, []))
    assert "2 traitements à annuler, la limite est 1\u00a0; 2\u00a0% des 100 traitements en cours" in told
    assert "pendant les heures de repos 00:00-23:59" in refused(lambda: raise_if_unsafe(night, NOW, []))
    bench.propose()
    digest = bench.plan().digest
    assert f"approuvez {digest}" in refused(lambda: bench.approve("x", "anna"))
    assert "sans virgule" in refused(lambda: bench.approve(digest, "anna, ben"))
    bench.run.save_json("approvals.json", {})
    assert "est endommagé" in refused(lambda: bench.approve(digest, "anna"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (PlanOptions(hold_reason="BECAUSE"), f"Shopify connaît {', '.join(HOLD_REASONS)}"),
        (PlanOptions(tag="a, b"), "d'au plus 40 caractères, sans virgule"),
        (PlanOptions(tag="a", untag="A"), "laissez l'un des deux vide"),
    ],
)
def test_options_that_shopify_would_not_take(options: PlanOptions, words: str) -> None:
    def plan() -> object:
        return make_plan(
            [], {}, shop=IDENTITY, api_version="2026-10", made_at=NOW, live_fulfillments=1, refunded_at={},
            options=options,
        )  # fmt: skip

    assert words in refused(plan)


@pytest.mark.parametrize(
    "text",
    [
        "MUG=x", "CUP=1", "mug=1", "MUG=3", "TWIN=1", "MUG=1; MUG=1", "MUG=1; 12=1", "5.3E+12=1", "53E12=1", "=2", ";",
    ],
)  # fmt: skip
def test_parts_that_are_unclear(text: str) -> None:
    lines = [Line(f"gid://shopify/LineItem/{id_}", units, sku=sku) for id_, units, sku in
             ((11, 3, "TEE"), (12, 2, "MUG"), (13, 1, "TWIN"), (14, 1, "TWIN"))]  # fmt: skip
    with pytest.raises(PartUnclear) as unclear:
        read_part(text)
        part_units(text, lines)

    assert french(str(unclear.value))


def test_a_policy_that_cannot_be_used() -> None:
    text = (
        'max_cancels = -1\nmax_share_of_day = 2\nprotected_tags = "vip"\nquiet_hours = ["late"]\n'
        'timezone = "Nowhere"\nnosuch = 1\n'
    )

    told = refused(lambda: parse_policy(text, "ici/policy.toml"))

    for name in ("max_cancels", "max_share_of_day", "protected_tags", "quiet_hours", "timezone"):
        assert f"{name} doit être" in told
    assert "il n'y a pas de clé 'nosuch'" in told
    assert "n'est pas un fichier TOML" in refused(lambda: parse_policy("=", "policy.toml"))
    assert "a besoin d'un timezone" in refused(
        lambda: parse_policy('quiet_hours = ["22:00-06:00"]', "policy.toml")
    )


def test_a_limit_that_is_loosened_says_in_french_who_set_it(bench: Workbench) -> None:
    bench.run.write("policy.toml", "max_cancels = 5\n")
    policy = bench.run.policy()

    told = refused(lambda: tightened(policy, Limits(max_cancels=7)))

    assert "max_cancels vaut 7, et policy.toml du dossier de travail dit 5" in told
    assert dict(tightened(policy, Limits(max_cancels=3)).set_by)["max_cancels"] == PARAMETER
    bench.propose()
    plan = bench.plan(Limits(max_cancels=5, max_units=9_000))
    shown = ui.plan_view(plan, bench.forecast(plan)).text
    assert "policy.toml du dossier de travail" in shown and "un paramètre de cette exécution" in shown


RULES = (
    "order_name.upper() == 'X'", "eval('1') == units", "units[0] == 1", "lambda: 1", "units if test else 1",
    "units in [x for x in tags]", "{'a': 1} == units", "f'x' == order_name", "(x := 1) == units", "units == (*tags,)",
    "~units == 1", "units & 1", "units | 1", "units @ 1", "units = 1", "`units` == 1", "units <> 1",
    "units == 1 && test",
    "units ==", "", "units > 1 and " * 200 + "test", "units", "'x'", "units is 1", "1 is None", "units in []",
    "tags in ['a']", "1 in [1]", "units in 3", "units in tags", "'a,b' in tags", "units in [items]", "1 == 1",
    "tags == 'a'", "ordered_at > 'x'", "units == 'a'", "units + 1 == 'a'", "items > 'a'", "items == ''",
    "severity == 'worst'", "nosuch == 1", "units == 1234567890123456789", "units == None", "items + 1 == 2",
    "not " * 30 + "test",
)  # fmt: skip


@pytest.mark.parametrize("when", RULES)
def test_rules_that_cannot_be_read(when: str) -> None:
    text = f"[[rule]]\nname = \"mine\"\nwhen = '''{when}'''\ndecision = \"keep\"\nreason = \"why\"\n"

    told = refused(lambda: parse_rules(text, "ici/rules.toml"))

    assert told.startswith("ici/rules.toml est inutilisable\u00a0: règle «\u00a0mine\u00a0»\u00a0: ")
    assert set(english_words(told.replace(", ".join(COLUMNS), ""))) <= set(re.findall(r"\w+", when))


def test_files_of_rules_that_cannot_be_used(bench: Workbench) -> None:
    first = 'name = 3\nwhen = "test"\ndecision = "drop"\nnosuch = 1'
    odd = f'[other]\n[[rule]]\n{first}\n[[rule]]\nname = "a"\n[[rule]]\nname = "A"\n'

    told = refused(lambda: parse_rules(odd, "rules.toml"))

    for words in ("il n'y a pas de clé 'other'", "règle 1", "«\u00a0drop\u00a0» n'est pas une décision",
                  "reason manque", "name doit être un texte entre guillemets", "2 règles se nomment"):  # fmt: skip
        assert words in told
    assert "n'est pas un fichier TOML" in refused(lambda: parse_rules("=", "rules.toml"))
    assert "ne contient aucune règle" in refused(lambda: parse_rules("", "rules.toml"))
    assert "ce fichier de règles n'existe pas" in refused(lambda: find_rules(bench.run, "nosuch.toml"))


# The journal


def test_journals_that_are_missing_damaged_or_edited(tmp_path: Path) -> None:
    path = written(tmp_path / JOURNAL, entries(3))

    assert "rien n'a été appliqué" in refused(lambda: read_journal(tmp_path / "none.sqlite"))
    assert "des lignes ont été retirées à la fin" in refused(lambda: verify_journal(path, "0" * 64))
    assert "ou c'est un autre journal" in refused(lambda: list(prove(tmp_path, "0" * 64)))
    with Journal(path, now) as journal:
        row = entries(1)[1]
        assert "Quelqu'un d'autre a appliqué le même plan" in refused(lambda: journal.record_many([row, row]))
    edit(path, "update event set body = '{}' where seq = 2")
    assert "la ligne 2 a été modifiée" in refused(lambda: read_journal(path))
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    assert "est endommagé" in refused(lambda: read_journal(path))


def test_the_head_that_a_french_report_shows_is_found_in_it(bench: Workbench) -> None:
    applied(bench)
    bench.verify()
    bench.report()

    lines = list(prove(bench.run.folder))

    assert lines[1].endswith("report.html: the same head")


def test_locks_that_others_hold(bench: Workbench, tmp_path: Path) -> None:
    holder = new_holder(bench.shop, "anna", "d" * 64)
    with (
        shop_lock(tmp_path, "acme", "anna"),
        pytest.raises(Locked) as locked,
        shop_lock(tmp_path, "acme", "ben"),
    ):
        pass
    assert "anna, processus" in french(str(locked.value))
    assert french(str(holder)).startswith("anna sur ")
    elsewhere = type(holder)(**{**vars(holder), "host": "elsewhere"})
    with shop_keeps_lock(bench.shop, elsewhere):
        assert "retire le verrou" in refused(lambda: shop_keeps_lock(bench.shop, holder).__enter__())


# What became of each change


def test_changes_that_were_not_sent_say_why(bench: Workbench, sandbox: Any) -> None:
    ids = choose(bench, 3)
    bench.mark("hold", fulfillment_ids=ids, reason="jamais parti")
    plan = bench.plan(tag="repris")
    first, second = ids[0], ids[1]
    admin(sandbox, CANCEL, id=first)
    admin(sandbox, TRACK, id=second, number="NEW-1")

    done = bench.apply(plan.digest)

    told = {outcome.change_id: outcome for outcome in done.outcomes}
    cancels = {
        change.fulfillment_id: told[change.id]
        for change in plan.changes
        if change.kind == "CancelFulfillment"
    }
    assert cancels[first].result is Result.ALREADY_DONE
    assert french(cancels[first].message) == "annulé par quelqu'un d'autre depuis que le plan a été fait"
    assert cancels[second].result is Result.STALE
    assert "suivi\u00a0: " in french(cancels[second].message) and "NEW-1" in cancels[second].message
    blocked = [outcome.message for outcome in done.outcomes if outcome.result is Result.BLOCKED]
    assert blocked and all("que nous n'avons pas appliqué" in french(message) for message in blocked)
    assert english_pieces([ui.applied_view(done).text, ui.verified_view(bench.verify(), plan).text]) == []


def test_an_apply_that_the_shop_stops_says_so(bench: Workbench, sandbox: Any) -> None:
    bench.mark("unfulfill", fulfillment_ids=choose(bench, 2), reason="jamais parti")
    plan = bench.plan()
    sandbox.control("faults", {"add": {"kind": "user_error", "field": "fulfillmentCancel", "count": None}})

    done = bench.apply(plan.digest)

    messages_ = [outcome.message for outcome in done.outcomes if outcome.message]
    assert messages_ and all(message.startswith("Shopify a refusé\u00a0: ") for message in messages_)
    assert "modifications sur 2 n'ont pas été faites" in refused(done.check)


def test_an_apply_that_paused_in_one_language_goes_on_in_another(
    bench: Workbench, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.mark("unfulfill", fulfillment_ids=choose(bench, 3), reason="jamais parti")
    plan = bench.plan(tag="repris")
    sandbox.control("faults", {"add": {"kind": "throttled", "field": "fulfillmentCancel", "count": 20}})
    paused = bench.apply(plan.digest, threads=1)
    sandbox.control("faults", {"clear": True})
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "en")

    done = bench.apply(plan.digest).check()

    assert paused.paused.startswith("La boutique n'accepte aucune modification maintenant (")
    assert (done.counts, bench.verify().counts) == ({"applied": 6}, {"confirmed": 6})


def test_reading_back_says_what_others_did_since(bench: Workbench, sandbox: Any) -> None:
    bench.audit()  # what it says is kept in the language of its day
    plan = applied(bench, 2, tag="repris")
    first = plan.changes[0]
    (opened,) = open_orders(sandbox, first.order_id)
    admin(sandbox, FULFIL, id=opened)
    admin(
        sandbox,
        'mutation($id: ID!) { tagsRemove(id: $id, tags: ["repris"]) { userErrors { message } } }',
        id=first.order_id,
    )

    verified = bench.verify()

    told = {verdict.change_id: verdict for verdict in verified.verdicts}
    assert told[first.id].kind is VerdictKind.CHANGED_SINCE
    assert "quelqu'un a traité la commande depuis" in french(told[first.id].message)
    tags = [told[change.id].message for change in plan.changes if change.kind == "TagOrder"]
    assert "quelqu'un a retiré la balise repris" in tags and "la commande a la balise repris" in tags
    assert all(french(verdict.message) for verdict in verified.verdicts)
    page = visible(Path(bench.report()).read_text(encoding="utf-8"))
    assert english_pieces([page]) == []


def test_before_an_apply_there_is_nothing_to_read_back_in_any_language(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.propose()
    plan = bench.plan()

    verified = bench.verify()

    assert {verdict.message for verdict in verified.verdicts} == {"pas encore appliqué"}
    assert "Rien de ce plan n'a encore été appliqué" in ui.verified_view(verified, plan).text
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "en")
    assert "Nothing of this plan was applied yet" in ui.verified_view(verified, plan).text


# Undo and fulfil


def test_what_cannot_be_taken_back_says_why(bench: Workbench, sandbox: Any) -> None:
    first, second = (change for change in applied(bench, 2).changes if change.kind == "CancelFulfillment")
    admin(sandbox, HOLD, id=open_orders(sandbox, first.order_id)[0])
    admin(sandbox, FULFIL, id=open_orders(sandbox, second.order_id)[0])

    plan = bench.undo()

    told = {skip.reason: french(skip.message) for skip in plan.skips}
    assert "mis en attente par quelqu'un d'autre (paiement attendu)" in told["held"]
    assert "il ne reste rien à rendre" in told["fulfilled_since"]
    shown = ui.plan_view(plan).text
    assert english_pieces([shown]) == []
    assert "mis en attente par d'autres" in shown
    assert "il a modifié 2 commandes" in refused(lambda: bench.undo(orders=["#nosuch"]))
    assert "n'a pas modifié le cas m9999" in refused(lambda: bench.undo(cases=["m9999"]))


def test_an_undo_that_brings_nothing_new_is_the_earlier_one_whatever_the_language(
    bench: Workbench, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = (change for change in applied(bench, 2).changes if change.kind == "CancelFulfillment")
    admin(sandbox, HOLD, id=open_orders(sandbox, first.order_id)[0])
    undo = bench.undo()
    bench.undo_workbench().apply(undo.digest).check()

    monkeypatch.setenv("UNFULFILL_LANGUAGE", "en")

    assert bench.undo().digest == undo.digest


def test_what_cannot_be_fulfilled_says_why() -> None:
    lines = (Line("I1", 1, "FOL1", "A"),)
    held = open_order(1, lines=lines, status="ON_HOLD", holds=(Hold("H", "x", "INCORRECT_ADDRESS", False),))
    wanted = [
        ToFulfil(order_state(1, cancelled=True), ()),
        ToFulfil(order_state(2, tags=("vip",)), ()),
        ToFulfil(order_state(3), ()),
        ToFulfil(order_state(4), (held,)),
        ToFulfil(order_state(5), (open_order(2, lines=lines, status="SCHEDULED", location_name=""),)),
        ToFulfil(
            order_state(6), (open_order(3, lines=lines), open_order(4, lines=lines)), Tracking("DHL", ("1",))
        ),
        ToFulfil(order_state(7), (open_order(5, lines=lines, supported_actions=()),)),
    ]

    plan = plan_fulfil(
        wanted, shop=IDENTITY, api_version="2026-10", made_at=NOW, limits=Limits(protected_tags=("vip",))
    )

    told = {skip.reason: french(skip.message) for skip in plan.skips}
    assert len(told) == 7
    assert "adresse incorrecte" in told["on_hold"]
    assert "son emplacement" in told["scheduled"]
    assert "dans 2 ordres de traitement" in told["several_parcels"]


# What is shared, and pages


def test_what_a_report_may_not_show(bench: Workbench) -> None:
    assert "en minuscules" in refused(lambda: checked_level("FULL"))
    assert 'customers = "full"' in refused(lambda: bench.report("full"))
    bench.read_customers("initials")
    assert "que les initiales" in refused(lambda: bench.report("full"))
    bench.run.path("customers.parquet").write_bytes(b"PAR1")
    assert "est endommagé" in refused(lambda: bench.report("initials"))


def test_texts_of_messages_that_cannot_be_used() -> None:
    text = 'default = "xx"\nfr = 1\n[en]\nnosuch = "x"\nclosing = 3\n[de]\nclosing = "{Name}"\n[pt]\nclosing = "x"\n'

    told = refused(lambda: read_wordings(text))

    for words in ("[fr] n'est pas une table", "dont aucun brouillon ne se sert", "n'est pas un texte",
                  "contient {Name}\u00a0; seul {order} est remplacé", "une nouvelle langue",
                  "default vaut"):  # fmt: skip
        assert words in told
    assert "n'est pas un fichier TOML" in refused(lambda: read_wordings("="))


NIGHT = {
    "schedule": "nightly", "shop": "sandbox", "run": "runs/nightly-1", "seconds": 1041.5,
    "started_at": "2026-11-29T02:00:00+00:00", "status": 5, "text": "Fini.", "failed_step": "plan", "orders": 1250,
    "fulfillments": 1190, "findings": 1200, "marked": 3, "changes": 3, "skips": 0, "plan": "",
    "applied": {"applied": 2, "needs a person": 1}, "report": "",
}  # fmt: skip


def test_the_page_of_the_runs_is_french() -> None:
    page = visible(render_runs("nightly", [NIGHT, {**NIGHT, "status": 3, "failed_step": ""}]))

    assert english_pieces([page]) == []
    for words in ("Terminé avec des refus", "à l'étape", "1\u202f250", "29/11/2026 02:00", "1 demande une personne",
                  "attend l'approbation", "2 exécutions\u00a0: les constats"):  # fmt: skip
        assert words in page
    assert '<html lang="fr">' in render_runs("nightly", [])
    assert "Il n'y en a pas encore." in render_runs("nightly", []).replace("&#39;", "'")


def test_the_page_of_a_fleet_stays_english() -> None:
    shop = {**NIGHT, "attempts": 1, "words": "locked"}
    fleet = {
        "fleet": "all", "night": "all-1", "started_at": NIGHT["started_at"], "seconds": 1.5, "text": "Ended.",
        "by_status": {"locked": 1},
    }  # fmt: skip

    page = render_fleet(fleet, [shop])

    assert '<html lang="en">' in page and "1,250" in page
    text = visible(page)
    for words in ("Status", "Findings", "How it ended", "in the step plan", "1 needs a person"):
        assert words in text


@pytest.mark.parametrize(
    "template", ["runs.html.j2", "list_of_runs.html.j2", "run_cells.html.j2", "notebook.html.j2"]
)
def test_every_text_of_these_templates_has_its_french(template: str) -> None:
    known = {key.removeprefix("page.") for key in messages("fr") if key.startswith("page.")}

    assert {piece for piece in pieces_of(template) if ";" not in piece} - known == set()  # but its style
