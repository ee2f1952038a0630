"""What a report says of customers: nothing, initials or names, and never more than its level."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plans_made import AT, IDENTITY, TRACKING, cancel, plan_of, skip

from unfulfill.errors import AccessDenied, ParameterRefused, RunFolderRefused
from unfulfill.report import ReportData, render_report
from unfulfill.report.redacting import Cut, shown_customers
from unfulfill.shop.customer_names import initials_of
from unfulfill.tables import CUSTOMERS, make_table

ADDRESS = (
    '{"firstName": "Annegret", "lastName": "Müller", "address1": "Lindenweg 7", "city": "Bremen", '
    '"zip": "28195", "phone": "+49 421 5550"}'
)
NEVER = ("Lindenweg", "28195", "5550")


@pytest.fixture
def bench(workbench: Any, sandbox: Any) -> Any:
    """A run with a plan, in a shop where every order goes to one person."""
    with closing(sqlite3.connect(sandbox.world)) as world, world:
        world.execute('update "order" set address = ?', (ADDRESS,))
    return workbench(with_audit=True).ensure("plan")


def files_with(folder: Path, word: str) -> list[str]:
    return [p.name for p in folder.rglob("*") if p.is_file() and word.encode() in p.read_bytes()]


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        (("Anna", "Müller"), "A. M."),
        (("anna", "müller"), "A. M."),
        (("Ángel María", "de la Cruz"), "Á. D."),
        (("A\u0301ngel",), "A\u0301."),  # two code points, one letter
        (("山田", "太郎"), "山. 太."),
        (("김", "민준"), "김. 민."),
        (("मीरा", "निगम"), "मी. नि."),
        (("أحمد", "محمد"), "أ. م."),
        (("Şeyma", "ışık"), "Ş. I."),
        (("ßen",), "ß."),
        (("🧑‍🚀 Neil",), "N."),
        (("🧑‍🚀",), "🧑‍🚀."),
        (("<script>alert(1)</script>",), "S."),
        (('"><img',), "I."),
        (("=cmd|x",), "C."),
        (("e" + "\u0301" * 500,), "E" + "\u0301" * 7 + "."),
        ((), ""),
    ],
)
def test_initials_are_first_letters_as_a_person_sees_them(name: tuple[str, ...], initials: str) -> None:
    assert initials_of([("Otto",), name]) == ["O.", initials]


def test_no_names_have_no_initials() -> None:
    assert initials_of([]) == []
    assert initials_of([(), ()]) == ["", ""]


@pytest.mark.parametrize(
    "level", ["ALL", "Full", "", " none", "initial", None, True, "shpat_0123456789abcdef"]
)
def test_any_other_level_is_refused_with_the_three_that_there_are(level: Any, bench: Any) -> None:
    for step in (bench.report, bench.audit_report, bench.read_customers):
        with pytest.raises(ParameterRefused, match="write none, initials or full"):
            step(level)

    assert not bench.run.has("report.html")


@pytest.mark.parametrize("level", ["initials", "full"])
def test_customers_that_were_not_asked_for_are_not_reported(bench: Any, level: str) -> None:
    with pytest.raises(RunFolderRefused, match=r"holds nothing of customers.*run notebook 5 with customers"):
        bench.report(level)

    assert not bench.run.has("report.html")


def test_initials_alone_never_become_names(bench: Any) -> None:
    bench.read_customers("initials")

    with pytest.raises(RunFolderRefused, match="holds only initials"):
        bench.audit_report("full")

    assert files_with(bench.run.folder, "Annegret") == []


def test_each_level_shows_what_it_says_and_no_more(bench: Any) -> None:
    asked = bench.read_customers("full")

    none, initials, full = (bench.report(level).read_text() for level in ("none", "initials", "full"))
    audited = bench.audit_report("full").read_text()

    assert asked >= len({change.order_id for change in bench.load_plan().changes})
    assert "Annegret" not in none + initials and "A. M." not in none
    assert "none is named" in none and "by their initials" in initials and "by name and city" in full
    assert "<bdi>A. M.</bdi>" in initials
    assert "<bdi>Annegret Müller, Bremen</bdi>" in full and "<bdi>Annegret Müller, Bremen</bdi>" in audited
    assert "not known" not in full
    bench.report()
    bench.audit_report()
    assert files_with(bench.run.folder, "Annegret") == ["customers.parquet"]
    assert [word for word in NEVER if files_with(bench.run.folder, word)] == []


def test_none_takes_away_what_was_asked_before(bench: Any) -> None:
    bench.read_customers("full")

    assert bench.read_customers("none") == 0

    assert not bench.run.has("customers.parquet")


def test_a_damaged_file_of_customers_is_asked_for_again(bench: Any) -> None:
    bench.run.write("customers.parquet", "PAR1 nonsense")

    with pytest.raises(
        RunFolderRefused, match=r"customers.parquet is damaged, .* run notebook 5 with customers"
    ):
        bench.report("full")

    assert bench.read_customers("none") == 0
    bench.read_customers("full")
    bench.report("full")


def test_a_folder_in_place_of_the_report_is_one_sentence(bench: Any) -> None:
    bench.run.path("report.html").mkdir()

    with pytest.raises(
        RunFolderRefused, match=r"report.html cannot be written \(Is a directory\); take away"
    ):
        bench.report()


def test_a_token_that_may_not_know_customers_gets_one_sentence(bench: Any, sandbox: Any) -> None:
    sandbox.control("switches", {"customer_data": "denied"})

    with pytest.raises(AccessDenied, match=r"Customers cannot be named: .* or write customers = none\.$"):
        bench.read_customers("initials")


def test_an_order_without_a_name_has_a_dash_and_one_that_was_not_asked_for_says_so() -> None:
    frame = make_table(
        CUSTOMERS,
        {
            "order_id": ["1", "2", "3"],
            "initials": ["A.", "", ""],
            "name": ["Anna", "", ""],
            "city": ["", "", "Köln"],
        },
    )

    known = shown_customers(frame, "full")

    assert [known.of(id_) for id_ in "1234"] == ["Anna", "–", "Köln", "not known"]
    assert shown_customers(frame, "initials").of("1") == "A."


@pytest.mark.parametrize(
    ("numbers", "text", "cut"),
    [
        (["JD0146000123"], "DHL JD0146000123, sent", "DHL …0123, sent"),
        (["JD01 4600 0123"], "number JD01 4600 0123 on 2 orders", "number …0123 on 2 orders"),
        (["1Z-9999-1234"], "“1Z-9999-1234” cannot", "“…1234” cannot"),
        (["JD014600"], "JD014600123 is another", "JD014600123 is another"),
        (["1001"], "#1001", "#1001"),
        (["AB12345", "AB12345 99"], "AB12345 99 and AB12345", "…5 99 and …2345"),
        (["", "  ", "--"], "nothing", "nothing"),
        (["#12345678"], "number #12345678", "number #…5678"),
    ],
)
def test_tracking_numbers_are_cut_wherever_they_stand(numbers: list[str], text: str, cut: str) -> None:
    assert Cut(numbers)(text) == cut


@pytest.mark.parametrize(("level", "is_cut"), [("none", True), ("initials", True), ("full", False)])
def test_a_tracking_number_leads_to_an_address_and_stands_in_full_only_beside_names(
    level: str, is_cut: bool
) -> None:
    tracking = replace(TRACKING, numbers=("JD0146000123",))
    change = cancel(1, tracking=tracking, reason="number JD0146000123")
    plan = plan_of(change, skips=(replace(skip(2), message="has JD0146000123"),))
    known = shown_customers(
        make_table(CUSTOMERS, {"order_id": ["1"], "initials": ["A."], "name": ["A"]}), level
    )

    page = render_report(ReportData("r", IDENTITY, AT, plan=plan, customers=known))

    assert ("JD0146000123" in page) is not is_cut
    assert ("…0123" in page) is is_cut
    assert ("https://carrier.example/JD01" in page) is not is_cut
