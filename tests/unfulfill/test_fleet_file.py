"""What a fleet's file may say, and that everything wrong with it is told at once."""

import os
import re
from pathlib import Path

import pytest

from unfulfill.errors import ParameterRefused, RunFolderRefused, SettingsRefused
from unfulfill.fleet import read_fleet, run_fleet

SCHEDULE = 'schedule = "nightly.toml"\n'
TOKEN = "shpat_" + "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))
    (tmp_path / "nightly.toml").write_text("[audit]\ndays_without_movement = 7\n")


def fleet(folder: Path, text: str) -> Path:
    path = folder / "fleet.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_fleet_is_a_schedule_and_a_list_of_profiles(tmp_path: Path) -> None:
    found = read_fleet(fleet(tmp_path, f'\ufeff{SCHEDULE}shops = ["north", "sandbox"]'))

    assert (found.name, found.runs, found.hook) == ("fleet", "runs", ())
    assert [shop.profile for shop in found.shops] == ["north", "sandbox"]
    assert found.shops[0].parameters["export"] == {"since": "last"}
    assert found.shops[0].parameters["audit"] == {"days_without_movement": 7}
    assert not found.shops[0].is_unattended


def test_a_shop_may_have_parameters_and_settings_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("unattended_up_to = 5\n")
    (tmp_path / "west").mkdir()
    (tmp_path / "west" / "policy.toml").write_text("max_cancels = 3\n")
    text = SCHEDULE + 'shops = ["north"]\n[[shop]]\nprofile = "west"\nsettings = "west"\nexport.since = ""\n'

    north, west = read_fleet(fleet(tmp_path, text)).shops

    assert (north.is_unattended, west.is_unattended) == (True, False)
    assert west.settings["policy.toml"] == "max_cancels = 3\n"
    assert west.parameters["export"] == {"since": ""}
    assert west.parameters["audit"] == north.parameters["audit"]


def test_the_example_of_the_readme_is_one(tmp_path: Path) -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    (text,) = [
        block for block in re.findall(r"```toml\n(.*?)```", readme, re.DOTALL) if "# fleet.toml" in block
    ]
    (tmp_path / "shops" / "west").mkdir(parents=True)
    (tmp_path / "shops" / "west" / "policy.toml").touch()

    found = read_fleet(fleet(tmp_path, text))

    assert [shop.profile for shop in found.shops] == ["north", "south", "west"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no schedule.*"),
        (SCHEDULE, "names no shop"),
        ("shops = [", "cannot be read as TOML"),
        (SCHEDULE + "shops = 5", "shops must be a list of profiles"),
        (SCHEDULE + "shops = [5]", "shops must be a list of profiles"),
        (SCHEDULE + "shop = 5", r"begins with the line \[\[shop\]\]"),
        (SCHEDULE + '[shop]\nprofile = "x"', r"begins with the line \[\[shop\]\]"),
        (SCHEDULE + "[[shop]]\nsettings = 'x'", "names no profile"),
        (SCHEDULE + 'shops = ["north", "north"]', "the shop north is named 2 times"),
        (SCHEDULE + 'shops = ["north"]\n[[shop]]\nprofile = "north"', "the shop north is named 2 times"),
        (SCHEDULE + 'shops = ["north.myshopify.com"]', "the name of a profile has small letters"),
        (SCHEDULE + 'shops = ["../north"]', "the name of a profile has small letters"),
        (SCHEDULE + 'shops = ["a"]\nruns = 5', "runs must be a text"),
        (SCHEDULE + 'shops = ["a"]\nruns = " "', "runs must be a text"),
        (SCHEDULE + 'shops = ["a"]\nhook = "mail me"', "hook must be a command"),
        (SCHEDULE + 'shops = ["a"]\nworkers = 2', "there is no key 'workers'"),
        ('schedule = 5\nshops = ["a"]', "schedule must be a text"),
        ('schedule = "weekly.toml"\nshops = ["a"]', "weekly.toml: there is no such file"),
        (SCHEDULE + '[[shop]]\nprofile = "a"\ntoken = "x"', "the shop a has 'token'"),
        (SCHEDULE + f'[[shop]]\nprofile = "a"\n{TOKEN} = "x"', r"has '\[removed\]'"),
        (SCHEDULE + '[[shop]]\nprofile = "a"\naudit = 5', r"\[audit\] must be a table"),
        (SCHEDULE + '[[shop]]\nprofile = "a"\naudit.dayz = 5', "2_audit has no parameter dayz"),
        (SCHEDULE + '[[shop]]\nprofile = "a"\nplan.approve = "x"', "no schedule approves a plan"),
        (SCHEDULE + '[[shop]]\nprofile = "a"\nsettings = "nowhere"', "nowhere is no folder with one of"),
        (SCHEDULE + f'[[shop]]\nprofile = "a"\nplan.tag = "{TOKEN}"', "looks like an access token"),
    ],
)
def test_what_a_fleet_cannot_say_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsRefused, match=words) as refused:
        read_fleet(fleet(tmp_path, text))

    assert TOKEN not in str(refused.value)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "nightly.toml").write_text('shop = "x"\nruns = "y"\n[audit]\ndayz = 1\n[sleep]\n')
    (tmp_path / "policy.toml").write_text("unattended = 5\n")
    text = SCHEDULE + 'shops = ["a", "a", "B"]\nruns = 1\ncolour = "red"\n'

    with pytest.raises(SettingsRefused) as refused:
        read_fleet(fleet(tmp_path, text))

    told = str(refused.value)
    for words in (
        "'colour'",
        "runs must be a text",
        "a is named 2 times",
        "nightly.toml has shop, which",
        "'B'",
    ):
        assert words in told
    for words in (
        "nightly.toml has runs, which",
        "no parameter dayz",
        "has 'sleep'",
        "policy.toml cannot be used",
    ):
        assert told.count(words) == 1, told


def test_a_settings_file_with_a_token_never_travels(tmp_path: Path) -> None:
    (tmp_path / "messages.toml").write_text(f'[en]\nclosing = "{TOKEN}"\n')

    with pytest.raises(SettingsRefused, match="looks like an access token") as refused:
        read_fleet(fleet(tmp_path, SCHEDULE + 'shops = ["a"]'))

    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"workers": 0}, "--workers must be from 1"),
        ({"workers": 10**6}, "--workers must be from 1"),
        ({"scheduler": "10.0.0.5:8786"}, "--scheduler must be an address"),
        ({"scheduler": "tcp://me:secret@host:8786"}, "--scheduler must be an address"),
        ({"scheduler": "tcp://host:8786", "workers": 2}, "one at --scheduler has its own"),
        ({"resume": "../fleet-2026"}, "has no night"),
        ({"resume": "fleet-2026-11-29-0200"}, "has no night"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_begins(
    tmp_path: Path, options: dict[str, object], words: str
) -> None:
    path = fleet(tmp_path, SCHEDULE + 'shops = ["a"]')

    with pytest.raises(ParameterRefused, match=words):
        run_fleet(path, **options)  # type: ignore[arg-type]

    assert not (tmp_path / "runs").exists()


def test_runs_that_cannot_be_written_are_refused_before_anything_begins(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()

    with pytest.raises(RunFolderRefused, match=r"taken cannot be written \(File exists\)"):
        run_fleet(fleet(tmp_path, SCHEDULE + 'shops = ["a"]\nruns = "taken"'))


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")

    for name in (".", "pipe.toml"):
        with pytest.raises(SettingsRefused, match="is a folder, a pipe or a device"):
            read_fleet(tmp_path / name)
