"""Where the runs of a fleet may stand, and what a store gets."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from unfulfill.errors import RunFolderRefused, SettingsRefused
from unfulfill.fleet import run_fleet
from unfulfill.fleet.place import REPORT, copy_out, find_place, read_back

STORE = "memory://fleet/runs"
AT = datetime(2026, 11, 29, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))
    yield
    fsspec.filesystem("memory").store.clear()


@pytest.mark.parametrize("runs", ["runs", "/srv/runs", "file:///srv/runs"])
def test_a_path_is_a_folder(runs: str) -> None:
    assert not find_place(runs).is_store


def test_a_night_has_a_name_of_its_own_in_a_folder_and_in_a_store(tmp_path: Path) -> None:
    for runs in ("runs", STORE):
        place = find_place(runs)

        nights = [place.new_night("fleet", AT) for _ in range(2)]

        assert nights == ["fleet-2026-11-29-0200", "fleet-2026-11-29-0200-2"]
        assert place.has_night(nights[1]) and not place.has_night("fleet-2026-11-30-0200")
        place.write(nights[0], REPORT, "{}")
    assert (tmp_path / "runs" / nights[0] / REPORT).read_text() == "{}"


def test_a_finished_run_folder_is_copied_out_with_its_summary_last(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "export").mkdir(parents=True)
    for name in ("export/orders.parquet", "summary.json", "z.csv"):
        (run / name).write_text(name)
    before = read_back(STORE, "north", "night")

    place = copy_out(run, STORE, "north", "night")

    files = fsspec.filesystem("memory")
    assert (before, read_back(STORE, "north", "night")) == (None, b"summary.json")
    assert place == f"{STORE}/north/night"
    assert files.cat("/fleet/runs/north/night/export/orders.parquet") == b"export/orders.parquet"
    made = [files.info(path)["created"] for path in files.find("/fleet/runs/north") if path.endswith("z.csv")]
    assert files.info("/fleet/runs/north/night/summary.json")["created"] >= made[0]


@pytest.mark.parametrize(
    ("runs", "error", "words"),
    [
        ("s3://key:secret@bucket/runs", SettingsRefused, "give the address alone"),
        ("ftp://me@host/runs", SettingsRefused, "give the address alone"),
        ("nosuch://bucket/runs", RunFolderRefused, "cannot be used .*nosuch"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_secret(
    runs: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as refused:
        find_place(runs)

    assert "key:secret" not in str(refused.value)


def test_no_plan_is_applied_without_a_person_where_the_store_keeps_no_locks(tmp_path: Path) -> None:
    (tmp_path / "nightly.toml").touch()
    (tmp_path / "policy.toml").write_text("unattended_up_to = 5\n")
    fleet = tmp_path / "fleet.toml"
    fleet.write_text(f'schedule = "nightly.toml"\nruns = "{STORE}"\nshops = ["a", "b"]')

    with pytest.raises(SettingsRefused, match=r"plans of a and 1 more be applied .* keeps no locks"):
        run_fleet(fleet)

    assert fsspec.filesystem("memory").find("/fleet") == []
