"""policy.toml: what it may say, what is refused about it, and what a run may still ask for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from unfulfill.errors import ParameterRefused, SettingsRefused
from unfulfill.model import Limits
from unfulfill.policy import KEYS, PARAMETER, parse_policy, quiet_hour, tightened
from unfulfill.run import Run

SAMPLE = Path(__file__).resolve().parents[2] / "sample_exports" / "policy.toml"
KNOWN = "the keys are " + ", ".join(KEYS)
SHARE = "must be a share above 0 and up to 1 (0.05 for 5%)"
HOURS = 'must be a list such as ["22:00-06:00"]'
ZONE = 'timezone must be the name of a time zone, such as "Europe/Berlin"'


def policy(text: str) -> Limits:
    return parse_policy(text, "here/policy.toml")


def test_the_sample_policy_names_every_key() -> None:
    limits = parse_policy(SAMPLE.read_text(encoding="utf-8"), "policy.toml")

    assert limits == Limits(
        max_changes=500,
        max_cancels=250,
        max_units=1000,
        max_share_of_export=0.1,
        max_share_of_day=0.5,
        protected_tags=("vip", "wholesale"),
        quiet_hours=("22:00-06:00",),
        timezone="Europe/Berlin",
        second_person_above=100,
        unattended_up_to=20,
        set_by=tuple((name, "policy.toml") for name in KEYS),
    )


def test_a_policy_without_a_line_changes_nothing() -> None:
    assert policy("# later\n") == Limits()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("max_cancel = 5", f"there is no key 'max_cancel', {KNOWN}"),
        ("[limits]\nmax_cancels = 5", f"there is no key 'limits', {KNOWN}"),
        ('"max\\u202ecancels" = 5', f"there is no key 'max\\u202ecancels', {KNOWN}"),
        ("max_cancels = -1", "max_cancels must be a whole number from 0, not -1"),
        ("max_changes = true", "max_changes must be a whole number from 0, not True"),
        ("max_units = 10.5", "max_units must be a whole number from 0, not 10.5"),
        ('second_person_above = "10"', "second_person_above must be a whole number from 0, not '10'"),
        ("max_share_of_day = 5", f"max_share_of_day {SHARE}, not 5"),
        ("max_share_of_export = nan", f"max_share_of_export {SHARE}, not nan"),
        ("max_share_of_day = 0", f"max_share_of_day {SHARE}, not 0"),
        ('protected_tags = "vip"', "protected_tags must be a list of tags without commas, not 'vip'"),
        (
            'protected_tags = ["a, b"]',
            "protected_tags must be a list of tags without commas, not ['a, b']",
        ),
        ('quiet_hours = ["22-6"]\ntimezone = "UTC"', f"quiet_hours {HOURS}, not ['22-6']"),
        ('quiet_hours = ["06:00-06:00"]\ntimezone = "UTC"', f"quiet_hours {HOURS}, not ['06:00-06:00']"),
        ("quiet_hours = [22]\ntimezone = 'UTC'", f"quiet_hours {HOURS}, not [22]"),
        (
            'quiet_hours = ["22:00-06:00"]',
            'quiet_hours needs a timezone such as "Europe/Berlin", or "UTC" where that is meant',
        ),
        ('timezone = "Berlin"', f"{ZONE}, not 'Berlin'"),
        ('timezone = "../../etc/passwd"', f"{ZONE}, not '../../etc/passwd'"),
        ("timezone = 2", f"{ZONE}, not 2"),
    ],
)
def test_what_a_policy_may_not_say_is_refused_in_one_sentence(text: str, problem: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        policy(text)

    assert str(refused.value) == f"here/policy.toml cannot be used: {problem}."


def test_a_file_that_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(
        SettingsRefused, match=r"here/policy\.toml is no TOML file \(.*line 2.*\); write lines such"
    ):
        policy("max_cancels = 5\nmax_units: 7\n")


def test_every_problem_of_a_policy_is_told_at_once() -> None:
    with pytest.raises(SettingsRefused) as refused:
        policy('max_cancel = 5\nmax_units = -1\nquiet_hours = ["22:00-06:00"]')

    assert str(refused.value).count("; ") == 2


# What a run may still ask for


def test_a_run_may_tighten_a_limit_and_the_plan_says_so() -> None:
    ceiling = policy("max_cancels = 200\nmax_share_of_day = 0.5")

    limits = tightened(ceiling, Limits(max_cancels=50, max_units=7))

    assert limits == Limits(
        max_cancels=50,
        max_units=7,
        max_share_of_day=0.5,
        set_by=(("max_cancels", PARAMETER), ("max_share_of_day", "policy.toml"), ("max_units", PARAMETER)),
    )


def test_the_defaults_of_a_run_give_way_to_a_policy_that_is_tighter() -> None:
    ceiling = policy(
        "max_cancels = 200\nsecond_person_above = 3\nprotected_tags = ['vip']\ntimezone = 'Asia/Tokyo'"
    )

    assert tightened(ceiling, Limits()) == ceiling


def test_the_tighter_number_holds_where_a_policy_allows_more_than_the_default() -> None:
    limits = tightened(policy("max_cancels = 5000"), Limits())

    assert (limits.max_cancels, limits.set_by) == (1000, (("max_cancels", PARAMETER),))


def test_without_a_policy_a_run_asks_for_what_it_wants() -> None:
    assert tightened(Limits(), Limits(max_cancels=5000)).max_cancels == 5000


def test_a_parameter_above_the_policy_is_refused_with_both_numbers() -> None:
    ceiling = policy("max_cancels = 200\nmax_units = 300\nsecond_person_above = 10")

    with pytest.raises(ParameterRefused) as refused:
        tightened(ceiling, Limits(max_cancels=201, max_units=5000, second_person_above=11))

    assert str(refused.value) == (
        "A parameter may only tighten a limit: max_cancels is 201 and policy.toml says 200; "
        "max_units is 5000 and policy.toml says 300; second_person_above is 11 and policy.toml says 10."
    )


def test_tags_and_quiet_hours_add_up_but_none_is_taken_away() -> None:
    ceiling = policy('protected_tags = ["vip"]\nquiet_hours = ["22:00-06:00"]\ntimezone = "UTC"')

    limits = tightened(
        ceiling, Limits(protected_tags=("b2b", "vip"), quiet_hours=("22:00-06:00", "12:00-13:00"))
    )

    assert (limits.protected_tags, limits.quiet_hours) == (("vip", "b2b"), ("22:00-06:00", "12:00-13:00"))
    with pytest.raises(
        ParameterRefused, match=r"quiet_hours is 12:00-13:00 and policy\.toml says 22:00-06:00"
    ):
        tightened(ceiling, Limits(quiet_hours=("12:00-13:00",)))


def test_a_run_cannot_move_the_quiet_hours_to_another_time_zone() -> None:
    ceiling = policy('quiet_hours = ["22:00-06:00"]\ntimezone = "Europe/Berlin"')

    with pytest.raises(ParameterRefused, match=r"timezone is Asia/Tokyo and policy\.toml says Europe/Berlin"):
        tightened(ceiling, Limits(timezone="Asia/Tokyo"))


# The hours


@pytest.mark.parametrize(
    ("utc", "hours", "is_quiet"),
    [
        ("2026-07-01T19:59", "22:00-06:00", False),  # 21:59 in Berlin's summer
        ("2026-07-01T20:00", "22:00-06:00", True),
        ("2026-07-02T03:59", "22:00-06:00", True),
        ("2026-07-02T04:00", "22:00-06:00", False),
        ("2026-12-01T20:30", "22:00-06:00", False),  # 21:30 in winter
        ("2026-12-01T21:00", "22:00-06:00", True),
        ("2026-12-01T11:00", "12:00-13:00", True),
        ("2026-12-01T12:00", "12:00-13:00", False),
        ("2026-12-01T23:30", "00:00-23:59", True),  # 00:30
    ],
)
def test_quiet_hours_are_those_of_the_time_zone(utc: str, hours: str, is_quiet: bool) -> None:
    limits = Limits(quiet_hours=("03:33-03:34", hours), timezone="Europe/Berlin")

    said = quiet_hour(limits, datetime.fromisoformat(utc).replace(tzinfo=UTC))

    assert bool(said) is is_quiet
    assert (f"within the quiet hours {hours}" in said) is is_quiet


# Where it is looked for


def test_the_policy_of_the_run_folder_counts_instead_of_that_of_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))
    run = Run("runs/monday")
    assert run.policy() == Limits()

    (tmp_path / "policy.toml").write_text("max_cancels = 5\nmax_units = 6\n")
    of_workspace = run.policy()
    run.write("policy.toml", b"\xef\xbb\xbfmax_cancels = 7\n")  # as editors on Windows save it
    of_run = run.policy()

    assert (of_workspace.max_cancels, of_workspace.max_units) == (5, 6)
    assert of_workspace.set_by[0] == ("max_cancels", "policy.toml of the workspace")
    assert of_run == Limits(max_cancels=7, set_by=(("max_cancels", "policy.toml of the run folder"),))


def test_a_policy_that_cannot_be_read_is_refused_with_its_path(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    run.write("policy.toml", b"max_cancels = 5 # \xff")

    with pytest.raises(SettingsRefused) as refused:
        run.policy()

    assert str(run.path("policy.toml")) in str(refused.value)
