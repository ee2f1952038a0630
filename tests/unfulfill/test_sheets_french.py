"""Files that cannot be read, marks that cannot be and what is said of both, in French: no English of ours is left."""

import ast
import html
import re
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from builders import NOW, fulfillment, gid, level, make_tables, order, quiet
from french import english_pieces, english_words
from test_words import values_in

from unfulfill import sheets, words
from unfulfill.audit import audit_shop
from unfulfill.audit_files import earlier_stock
from unfulfill.errors import ParameterRefused, RunFolderRefused, SheetRefused, WorkbenchError
from unfulfill.export import Manifest
from unfulfill.filesystem import refuse_shared_folder
from unfulfill.from_files import audit_files, take_marks
from unfulfill.mark import DECIDED, make_marks, mark_rows, replace_decided, to_marks
from unfulfill.mark_edits import marked, marked_alone
from unfulfill.row_index import Rows
from unfulfill.run import Run
from unfulfill.sheets.cells import UnclearText
from unfulfill.sheets.inventory_file import fill_counts
from unfulfill.sheets.new_folder import write_new_folder
from unfulfill.sheets.read_sheet import look_at_sheet
from unfulfill.sheets.sheet import Dialect
from unfulfill.sheets.unfulfill_file import unfulfill_rows, write_unfulfill_files
from unfulfill.tables import MARKS, ORDERS, STOCK, check_table, make_table
from unfulfill.words.saying import messages

HELPERS = Path(words.__file__).parents[1]
SAMPLES = Path(__file__).parents[2] / "sample_exports"
MODULES = (
    *sorted((HELPERS / "sheets").glob("*.py")),
    *(HELPERS / f"{name}.py" for name in ("mark", "mark_edits", "from_files", "audit_files", "tables", "filesystem")),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "fr")


def left_english(text: str) -> list[str]:
    """English words outside of what is quoted and of paths, and pieces of our English messages; what is not filled."""
    return [*english_words(text), *english_pieces([text]), *re.findall(r"\{[a-z_]+\}", text)]


def refusal(error: pytest.ExceptionInfo[WorkbenchError]) -> str:
    said = str(error.value)
    assert left_english(said) == [], said
    return said


def rows() -> pd.DataFrame:
    """Two marks, the second locked."""
    gone = fulfillment(2, display_status="DELIVERED", delivered_at="2026-10-05")
    tables = make_tables(order(1), quiet(1), gone)
    return make_marks(tables, audit_shop(tables, now=NOW))


# Files


def test_every_bad_file_of_the_corpus_is_refused_in_french(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "bad_inputs")
    import containers
    import contents
    import shapes

    english: dict[str, list[str]] = {}
    corpus = (*containers.CASES, *contents.CASES, *shapes.CASES)
    cases = [case for case in corpus if "unclear part" not in case.name]  # said by plan_parts
    for number, case in enumerate(cases):
        path = tmp_path / str(number) / case.file
        path.parent.mkdir()
        path.write_bytes(case.content())
        with pytest.raises(SheetRefused) as refused:
            case.read(path)
        english[f"{case.name}: {refused.value}"] = left_english(str(refused.value))

    assert len(cases) >= 150
    assert {name: found for name, found in english.items() if found} == {}


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.csv")), ids=lambda path: path.name)
def test_what_is_to_be_noted_of_a_file_is_french(path: Path) -> None:
    sheet = look_at_sheet(path)

    assert [left_english(text) for text in (*sheet.notes, *sheet.reasons)] == [[]] * len(
        [*sheet.notes, *sheet.reasons]
    )


@pytest.mark.parametrize("dialect", Dialect)
def test_every_kind_of_file_has_a_french_name(dialect: Dialect) -> None:
    assert dialect.called.startswith(("un ", "une "))


def test_a_missing_file_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(SheetRefused) as refused:
        look_at_sheet(tmp_path / "absent.csv")

    assert refusal(refused) == (
        f"{tmp_path / 'absent.csv'} ne peut pas être lu (introuvable)\u00a0; vérifiez le nom du fichier."
    )


def test_many_problems_are_listed_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("ID,Line: Type\n" + "1E5,Line Item\n" * 1_070, encoding="utf-8")

    with pytest.raises(SheetRefused) as refused:
        look_at_and_refuse(path)

    said = refusal(refused).splitlines()
    assert (
        said[0] == "orders.csv a 1\u202f070 erreurs\u00a0; rien n'a été lu. Corrigez-les et réessayez\u00a0:"
    )
    assert said[1].startswith("  ligne 2, colonne ID\u00a0: «\u00a01E5\u00a0» a été arrondi par un tableur")
    assert said[-1] == "  et 1\u202f020 de plus"


def look_at_and_refuse(path: Path) -> None:
    sheets.read_sheet(path)


def test_why_a_cell_is_not_clear_is_said_in_the_language_of_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = UnclearText.of("#REF!", "cell.error", text="#REF!")

    french = cell.why
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "en")

    assert french == "#REF! est une erreur du tableur\u00a0; corrigez la formule"
    assert cell.why == "#REF! is an error of the spreadsheet; mend the formula"


# A count


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SKU-9,Warehouse,1", "ligne 2\u00a0: la boutique n'a pas de SKU «\u00a0SKU-9\u00a0»"),
        ("sku-1,Warehouse,1", "la boutique n'a pas de SKU «\u00a0sku-1\u00a0»\u00a0; elle a SKU-1"),
        ("Total,Warehouse,340", "cela ressemble à une ligne de totaux, supprimez-la"),
        ("1.2E+12,Warehouse,1", "un tableur l'a arrondi, reprenez-le de l'export"),
        ("SKÜ-1,Warehouse,1", "il contient des lettres hors de l'alphabet latin"),
        ("SKU-1,Entrepot,1", "la boutique n'a pas d'emplacement «\u00a0Entrepot\u00a0»"),
        ("SKU-1,Warehouse,", "le nombre compté est vide"),
        ("SKU-1,Warehouse,1.5", "le nombre compté est «\u00a01.5\u00a0»"),
        (",Warehouse,1", "ni SKU ni code-barres n'est donné"),
        ("TWIN,Warehouse,1", "le SKU TWIN est celui de 2 articles de la boutique"),
        ("SKU-1,Warehouse,1\nSKU-1,Warehouse,2", "SKU-1 a été compté 2 ici et 1 à un autre endroit (ligne 2)"),
    ],
)  # fmt: skip
def test_a_row_of_a_count_is_refused_in_french(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "comptage.csv"
    path.write_text(f"SKU,Emplacement,Compté\n{text}\n", encoding="utf-8")
    levels = make_tables(level(1), level(2, sku="TWIN"), level(3, sku="TWIN"))["inventory_levels"]

    with pytest.raises(SheetRefused) as refused:
        sheets.read_counts(path, levels)

    assert said in refusal(refused)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("SKU,Emplacement", "n'a pas de colonne Counted"),
        ("Emplacement,Compté", "n'a pas de colonne SKU ou Barcode"),
        ("SKU,Article,Compté", "SKU et Article semblent être toutes deux la colonne sku"),
    ],
)
def test_the_columns_of_a_count_are_refused_in_french(tmp_path: Path, header: str, said: str) -> None:
    path = tmp_path / "comptage.csv"
    path.write_text(f"{header}\n{'1,' * header.count(',')}1\n", encoding="utf-8")

    with pytest.raises(SheetRefused) as refused:
        sheets.read_counts(path, make_tables(level(1))["inventory_levels"])

    assert said in refusal(refused)


# Marks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,peut-être,", "ligne 2, colonne decision\u00a0: «\u00a0peut-être\u00a0» n'est pas une décision"),
        ("5.3E+12,keep,", "ligne 2, colonne fulfillment_id\u00a0: «\u00a05.3E+12\u00a0» a été arrondi"),
        ("1,unfulfill,\n1,keep,", "est marqué keep ici et unfulfill à un autre endroit (ligne 2)"),
        ("1,unfulfill,\n1,,", "est marqué rien ici"),
        ("1,keep,SKU-1=2", "des unités sont nommées, et la décision est\u00a0: keep"),
        ("1,,SKU-1=2", "la décision est\u00a0: vide"),
    ],
)
def test_marks_that_cannot_be_are_refused_in_french(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(f"fulfillment_id,decision,part\n{text}\n", encoding="utf-8")

    with pytest.raises(SheetRefused) as refused:
        sheets.read_marks(path)

    assert said in refusal(refused)


def test_the_workbook_of_marks_explains_itself_in_french_and_is_read_back(tmp_path: Path) -> None:
    marks = mark_rows(rows(), decision="hold", fulfillment_ids=[gid("Fulfillment", 1)], reason="par erreur")
    path = tmp_path / "marks.xlsx"

    sheets.write_marks_sheet(path, marks)

    book = openpyxl.load_workbook(path)
    explained = [[cell.value or "" for cell in row] for row in book["Colonnes"].iter_rows()]
    decision, reason = book["Marks"].data_validations.dataValidation
    assert explained[0] == ["Colonne", "Qui l'écrit", "À quoi elle sert", "Motifs à choisir"]
    assert {row[1] for row in explained[1:]} == {"vous", "l'atelier", ""}
    assert [left_english(row[2]) for row in explained] == [[]] * len(explained)
    assert (decision.errorTitle, left_english(decision.error)) == ("Ce n'est pas une décision", [])
    assert (len(decision.errorTitle) <= 32, len(decision.error) <= 225) == (True, True)  # Excel takes no more
    assert reason.formula1.startswith("Colonnes!")
    pd.testing.assert_series_equal(sheets.read_marks(path)["decision"], marks["decision"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"decision": "maybe", "kinds": ["burst"]}, "«\u00a0maybe\u00a0» n'est pas une décision"),
        ({"decision": "keep"}, "Rien ne dit quels traitements marquer"),
        ({"decision": "keep", "kinds": ["bursts"]}, "Aucun constat n'est du genre bursts"),
        ({"decision": "keep", "kinds": "burst"}, "fulfillment_ids et kinds sont des listes"),
        ({"decision": "keep", "kinds": ["burst"], "override": "x"}, "Un verrou se lève ligne par ligne"),
        ({"decision": "hold", "kinds": ["burst"], "part": "A=1"}, "Une partie se donne ligne par ligne"),
        ({"decision": "keep", "fulfillment_ids": [gid("Fulfillment", 1)], "part": "A=1"}, "avec unfulfill ou hold"),
        ({"decision": "keep", "fulfillment_ids": ["gid://x"]}, "ne sont pas dans les marques de ce dossier\u00a0: 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_marked_is_refused_in_french(given: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterRefused) as refused:
        mark_rows(rows(), **given)  # type: ignore[arg-type]

    assert said in refusal(refused)


def test_decided_rows_that_contradict_each_other_are_refused_in_french() -> None:
    ids = [gid("Fulfillment", 1)]
    keep, hold = (mark_rows(rows(), decision=word, fulfillment_ids=ids) for word in ("keep", "hold"))
    odd = keep.assign(decision="maybe")

    for frame, said in (
        (pd.concat([keep, hold]), "est marqué 2 fois et différemment"),
        (odd, "dit «\u00a0maybe"),
    ):
        with pytest.raises(ParameterRefused) as refused:
            to_marks(frame)
        assert said in refusal(refused)
    with pytest.raises(ParameterRefused) as refused:
        replace_decided(keep, pd.concat([keep, keep]))
    assert "à modifier deux fois d'un coup" in refusal(refused)


def test_edits_at_the_table_are_refused_with_the_words_of_the_table() -> None:
    frame = rows()
    table = Rows({name: pa.array(frame[name]) for name in frame}, DECIDED, len(frame))
    numbers = np.arange(2)
    (locked,) = numbers[table["locked"].filled()]
    (free,) = numbers[~table["locked"].filled()]
    blank = {"decision": "", "reason": "", "note": "", "override": ""}
    tries = (
        (lambda: marked(table, numbers, "keep", "", "", "me", "SKU-1=1"),
         "avec «\u00a0annuler le traitement\u00a0» ou «\u00a0annuler et mettre en attente\u00a0»"),
        (lambda: marked(table, numbers, "maybe", "", "", "me"), "choisissez entre annuler le traitement"),
        (lambda: marked_alone(table, free, {**blank, "reason": "x"}, {}, (), "me"), "Rien n'est décidé"),
        (lambda: marked_alone(table, locked, {**blank, "decision": "unfulfill"}, {}, (), "me"),
         "La ligne est verrouillée\u00a0: livré le 05/10/2026. Tapez pourquoi"),
    )  # fmt: skip

    for edit, said in tries:
        with pytest.raises(ParameterRefused) as refused:
            edit()
        assert said in refusal(refused)


# Files for other programs, and run folders


def test_what_is_left_out_of_an_unfulfill_file_says_why_in_french() -> None:
    tables = make_tables(
        order(1, tags="vip"), order(2, cancelled_at="2026-10-01"), order(3),
        quiet(1), quiet(2, order_id=gid("Order", 2)), quiet(3, order_id=gid("Order", 3), status="ERROR"),
        fulfillment(4, order_id=gid("Order", 3), display_status="DELIVERED", delivered_at="2026-10-05"),
    )  # fmt: skip
    ids = [gid("Fulfillment", number) for number in (1, 2, 3, 4)]
    decided = pd.DataFrame({"fulfillment_id": ids, "decision": "unfulfill"})
    decided["locked"] = [None, None, None, "livré"]
    marks = make_table(MARKS, decided)

    _, left_out = unfulfill_rows(marks, tables, ["vip"])

    assert [each.reason for each in left_out] == [
        "la commande a la balise protégée vip",
        "la commande est annulée",
        "son statut était ERROR, et non SUCCESS",
        "livré\u00a0: annuler le traitement n'arrête aucun colis, et rien ne dit pourquoi lever le verrou",
    ]
    assert {each.what for each in left_out} == {"une commande inconnue"}


def test_what_is_left_out_of_an_inventory_file_says_why_in_french(tmp_path: Path) -> None:
    path = tmp_path / "inventory.csv"
    head = "Handle,Option1 Value,SKU,Location,On hand (current),On hand (new)\n"
    path.write_text(f"{head}a,x,A,Paris,not stocked,\na,x,B,Paris,9,\na,x,C,Paris,10,3\n", encoding="utf-8")
    counted = {"sku": ["A", "B", "C", "D", None], "location_name": ["Paris"] * 5, "on_hand": [10] * 5}
    stock = make_table(STOCK, {**counted, "counted": [8] * 5})

    left_out = fill_counts(path, stock).left_out

    assert [left_english(each.reason) for each in left_out[1:]] == [[]] * 4
    assert left_out[0].reason == "On hand (current) est not stocked, et non un nombre d'unités"
    assert [each.what for each in left_out][3:] == [
        "D, emplacement Paris",
        "un article sans SKU, emplacement Paris",
    ]


def test_folders_that_cannot_take_files_are_refused_in_french(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    tries = (
        (lambda: write_new_folder(tmp_path, {}), "n'est pas un dossier vide"),
        (lambda: write_new_folder(tmp_path / "file" / "new", {}), "ne peut pas être créé"),
        (lambda: write_unfulfill_files(tmp_path / "new", rows(), (), app="x"), "L'application est l'une de"),
        (lambda: refuse_shared_folder(tmp_path / "Dropbox" / "run", {}, lambda: ""), "synchronisé (Dropbox)"),
        (lambda: refuse_shared_folder(tmp_path, {}, lambda: "1 2 3 / / rw - nfs4 x rw"), "fichiers réseau (nfs4)"),
    )  # fmt: skip

    for attempt, said in tries:
        with pytest.raises((ParameterRefused, RunFolderRefused)) as refused:
            attempt()
        assert said in refusal(refused)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("count_by_sku.csv", "est un fichier de comptage"),
        ("marks.csv", "est un fichier de marques"),
        ("matrixify_orders_cut_short.csv", "le forfait de l'application a coupé le fichier (ligne 43)"),
    ],
)
def test_files_that_cannot_be_audited_are_refused_in_french(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(WorkbenchError) as refused:
        audit_files(tmp_path / "run", [SAMPLES / name])

    assert said in refusal(refused)


def test_marks_of_another_run_or_no_marks_are_refused_in_french(tmp_path: Path) -> None:
    run = audit_files(tmp_path / "run", [SAMPLES / "matrixify_orders.csv"]).run
    other = tmp_path / "marks.csv"
    other.write_text("fulfillment_id,decision,order_name\n1,keep,#77\n2,keep,#78\n", encoding="utf-8")

    for file, said in (
        (other, "a 2 lignes qui ne sont pas dans"),
        (SAMPLES / "count_by_sku.csv", "fichier de compt"),
    ):
        with pytest.raises(SheetRefused) as refused:
            take_marks(run, file)
        assert said in refusal(refused)
    assert "the sheet Colonnes says" in sheets.write_marks_workbook(run)[0]
    page = html.unescape(run.path("audit.html").read_text(encoding="utf-8"))
    assert "aucune boutique n'a été interrogée" in page


def test_a_run_folder_without_an_earlier_export_is_refused_in_french(tmp_path: Path) -> None:
    manifest = Manifest.__new__(Manifest)

    with pytest.raises(ParameterRefused) as refused:
        earlier_stock(Run(tmp_path / "run"), manifest, tmp_path)

    assert "ne contient aucun export antérieur de cette boutique" in refusal(refused)


def test_a_damaged_table_is_refused_in_french() -> None:
    good = make_table(ORDERS, {"order_id": ["gid://1", "gid://1"]})
    bad = (
        (good, "1 ligne en double"),
        (make_table(ORDERS, {"name": ["#1"]}), "une ligne sans order_id"),
        (good.drop(columns="name"), "il manque au tableau orders les colonnes name"),
        (good.assign(name=1), "la colonne name contient int64, et non string"),
    )

    for frame, said in bad:
        with pytest.raises(RunFolderRefused) as refused:
            check_table(ORDERS, frame, "orders.parquet")
        assert said in refusal(refused)


# The calls


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_every_message_is_given_the_values_that_stand_in_it(path: Path) -> None:
    known = messages("en")
    calls = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    wrong = [
        (call.lineno, key.value)
        for call in calls
        if ast.unparse(call.func).rpartition(".")[2] in ("said", "told", "of")
        for given in call.args
        for key in ast.walk(given)
        if isinstance(key, ast.Constant) and key.value in known
        if values_in(known[key.value]) != {word.arg for word in call.keywords}
    ]

    assert wrong == []
