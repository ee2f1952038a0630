import csv
import io
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from plans_made import cancel, ended, hold, plan_of, tag

from unfulfill.errors import SettingsRefused
from unfulfill.model import (
    Change,
    FulfillmentState,
    Line,
    RecreateFulfillment,
    Result,
    Reversibility,
    Tracking,
)
from unfulfill.report import write_messages
from unfulfill.report.messages import INDEX
from unfulfill.report.wordings import DRAFTS, LANGUAGES, MESSAGES_FILE, read_wordings
from unfulfill.workbench import Workbench


def again(number: int) -> Change:
    first = cancel(number)
    lines = first.before.lines if first.before is not None and hasattr(first.before, "lines") else ()
    action = RecreateFulfillment(lines, Tracking(), "gid://shopify/Location/1")
    return Change(
        "r1",
        "r1",
        first.order_id,
        first.order_name,
        first.fulfillment_id,
        action,
        Reversibility.NEW_IDS,
        first.before,
    )


def mails(files: dict[str, bytes]) -> dict[str, EmailMessage]:
    return {
        name: message_from_bytes(content, policy=default) for name, content in files.items() if name != INDEX
    }  # type: ignore[misc]


def body(mail: EmailMessage) -> str:
    return str(mail.get_content())


def rows(files: dict[str, bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(files[INDEX].decode("utf-8-sig"), newline="")))


def test_each_changed_order_gets_one_draft_and_a_row_for_mail_tools() -> None:
    plan = plan_of(cancel(1), hold(2), tag(2), cancel(2))

    files = write_messages(plan, ended(*plan.changes))

    assert list(files) == ["0001-1001.eml", "0002-1002.eml", "messages.csv"]
    head, *told = rows(files)
    assert head == ["order", "language", "draft", "subject", "body", "file"]
    assert [(row[0], row[1], row[2], row[3], row[5]) for row in told] == [
        ("#1001", "en", "unfulfilled", "Correction to your order #1001", "0001-1001.eml"),
        ("#1002", "en", "held", "Your order #1002 has not been shipped yet", "0002-1002.eml"),
    ]
    assert [row[4].splitlines() for row in told] == [
        body(mail).splitlines() for mail in mails(files).values()
    ]


def test_a_mail_opens_as_a_draft_without_an_address() -> None:
    (mail,) = mails(write_messages(plan_of(cancel(1)), ended(cancel(1)))).values()

    assert (mail["Subject"], mail["X-Unsent"]) == ("Correction to your order #1001", "1")
    assert (mail["To"], mail["From"], mail.get_content_type()) == (None, None, "text/plain")


def test_a_draft_says_what_changed_why_what_it_means_and_what_happens_next() -> None:
    (mail,) = mails(write_messages(plan_of(cancel(1)), ended(cancel(1)))).values()

    lines = body(mail).splitlines()
    assert "  2 × Tee, black" in lines
    assert {"What it means:", "What happens next:"} <= set(lines)
    assert any(
        line.endswith("A program of ours had marked it by itself, before it was packed.") for line in lines
    )


@pytest.mark.parametrize(
    ("locale", "language", "subject"),
    [
        ("de", "de", "Berichtigung zu Ihrer Bestellung #1001"),
        ("fr-CA", "fr", "Correction concernant votre commande #1001"),
        ("es_MX", "es", "Corrección sobre su pedido #1001"),
        ("en-GB", "en", "Correction to your order #1001"),
        ("ja", "en", "Correction to your order #1001"),
        ("", "en", "Correction to your order #1001"),
    ],
)
def test_a_draft_has_the_language_of_its_order(locale: str, language: str, subject: str) -> None:
    plan = plan_of(cancel(1))

    (mail,) = mails(write_messages(plan, ended(*plan.changes), {"gid://shopify/Order/1": locale})).values()

    assert (mail["Content-Language"], mail["Subject"]) == (language, subject)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_draft_can_be_told_in_every_language(language: str) -> None:
    """Each shipped file has the same texts, and names the order where the others do."""
    texts = read_wordings().texts
    assert set(texts[language]) == set(texts["en"])
    assert {name: text.count("{order}") for name, text in texts[language].items()} == {
        name: text.count("{order}") for name, text in texts["en"].items()
    }
    assert {name.split(".")[0] for name in texts[language] if "." in name} == {*DRAFTS, "why"}


def test_a_merchant_changes_single_texts_and_adds_a_language() -> None:
    dutch = {f"{name}": f"nl {name} {{order}}" for name in read_wordings().texts["en"]}
    lines = [f'"{name}" = "{text}"' for name, text in dutch.items() if "." not in name]
    tables = "".join(
        f"[nl.{table}]\n"
        + "".join(
            f'{name.split(".")[1]} = "{text}"\n'
            for name, text in dutch.items()
            if name.startswith(f"{table}.")
        )
        for table in (*DRAFTS, "why")
    )
    text = 'default = "nl"\n[de]\nclosing = "Ihr Team"\n[nl]\n' + "\n".join(lines) + "\n" + tables
    plan = plan_of(cancel(1), cancel(2))
    locales = {"gid://shopify/Order/1": "de", "gid://shopify/Order/2": "ja"}

    german, other = mails(write_messages(plan, ended(*plan.changes), locales, read_wordings(text))).values()

    assert body(german).rstrip().endswith("Ihr Team")
    assert german["Subject"] == "Berichtigung zu Ihrer Bestellung #1001"
    assert other["Subject"] == "nl unfulfilled.subject #1002"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[de", "no TOML file"),
        ('de = "hello"', r"\[de\] is no table"),
        ('[de]\nclosng = "x"', r"\[de\] has closng, which no draft uses"),
        ("[de]\nclosing = 5", r"closing of \[de\] is no text"),
        ('[de]\nclosing = " "', r"closing of \[de\] is no text"),
        ('[de]\nclosing = "{name}"', r"closing of \[de\] has \{name\}; only \{order\} is filled in"),
        ('[de]\nclosing = "100 } sure"', "only {order} is filled in"),
        ('[nl]\nclosing = "dag"', r"\[nl\] lacks .* a new language needs every text"),
        ('default = "nl"', 'default is "nl"'),
    ],
)
def test_texts_that_cannot_be_used_are_refused_in_one_sentence(text: str, problem: str) -> None:
    with pytest.raises(SettingsRefused, match=problem):
        read_wordings(text)


def test_the_texts_of_the_run_folder_are_used_and_a_bad_file_loses_nothing(
    workbench: Callable[..., Workbench],
) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    wb.apply(wb.load_plan().digest).check()
    wb.run.write(
        MESSAGES_FILE,
        '\ufeff[en]\nclosing = "Yours, Lantern & Loom"\n[de]\nclosing = "Yours, Lantern & Loom"\n',
    )
    wb.report()

    drafts = rows({INDEX: wb.run.path(f"messages/{INDEX}").read_bytes()})[1:]
    assert len({row[1] for row in drafts}) > 1
    told = [row for row in drafts if row[1] in ("en", "de")]
    assert all(row[4].rstrip().endswith("Yours, Lantern & Loom") for row in told)

    wb.run.write(MESSAGES_FILE, "[de\n")
    with pytest.raises(SettingsRefused, match=MESSAGES_FILE):
        wb.report()
    assert rows({INDEX: wb.run.path(f"messages/{INDEX}").read_bytes()})[1:] == drafts


def test_a_customer_whose_order_is_cancelled_or_paid_back_is_not_promised_a_shipment() -> None:
    gone = cancel(1, reason="fulfilled_after_cancel, no_tracking")
    before = cancel(2).before
    assert isinstance(before, FulfillmentState)
    paid_back = replace(
        cancel(2), before=replace(before, order=replace(before.order, financial_status="REFUNDED"))
    )
    plan = plan_of(gone, hold(1), paid_back)

    for mail in mails(write_messages(plan, ended(*plan.changes))).values():
        assert "was not shipped" in mail["Subject"]
        assert "We will ship" not in body(mail)


def test_a_part_is_told_without_what_was_shipped_all_along() -> None:
    whole = cancel(1, lines=(Line("I1", 3, name="Tee"), Line("I2", 1, name="Mug")))
    rest = RecreateFulfillment((Line("I1", 1, name="Tee"), Line("I2", 1, name="Mug")), Tracking(), "L1")
    again = replace(whole, id="m0001-rest", action=rest, before=None)
    plan = plan_of(whole, again)

    for outcomes in (ended(whole, again), ended(whole)):
        (mail,) = mails(write_messages(plan, outcomes)).values()

        assert "Correction to your order #1001" in mail["Subject"]
        assert [line for line in body(mail).splitlines() if "×" in line] == ["  2 × Tee"]


def test_an_order_that_was_fulfilled_again_is_told_so() -> None:
    (mail,) = mails(write_messages(plan_of(again(1), kind="undo"), ended(again(1)))).values()

    assert "is on its way after all" in mail["Subject"]


def test_nothing_is_written_for_what_was_not_applied_or_only_tagged() -> None:
    plan = plan_of(cancel(1), cancel(2), tag(3))
    outcomes = ended(cancel(1), result=Result.REFUSED) | ended(cancel(2), result=Result.STALE) | ended(tag(3))

    assert write_messages(plan, outcomes) == {}


def test_the_reason_of_the_operator_stays_inside() -> None:
    plan = plan_of(cancel(1, reason="app went wild, customer is a fraud"))

    files = write_messages(plan, ended(*plan.changes))

    assert "fraud" not in "".join(map(body, mails(files).values())) + str(rows(files))


def test_a_hostile_name_of_an_order_makes_no_path_no_header_and_no_formula() -> None:
    plan = plan_of(cancel(1, name="=../../cmd\nBcc: all@example.test\x00"))

    files = write_messages(plan, ended(*plan.changes))

    ((name, mail),) = mails(files).items()
    assert name == "0001-cmd-Bcc-all-example-test.eml"
    assert mail["Subject"] == "Correction to your order =../../cmd Bcc: all@example.test"
    assert mail["Bcc"] is None
    assert rows(files)[1][0] == "'=../../cmd Bcc: all@example.test"
