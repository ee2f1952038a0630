import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sandbox_client import Client

import sandbox_shop


def run(*arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sandbox_shop", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, **options)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_one_line_of_json_tells_how_to_reach_it_and_a_signal_ends_it(
    tmp_path: Path, end: signal.Signals
) -> None:
    world = tmp_path / "served.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox_shop", "--world", str(world), "--size", "8"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    line = json.loads(process.stdout.readline())
    client = Client(line["url"], line["token"], line["control_token"])
    with closing(client.session):
        count = client.data("{ ordersCount { count } }")
    process.send_signal(end)
    rest, errors = process.communicate(timeout=10)

    assert line.keys() == {"url", "token", "control_token", "world"}
    assert line["world"] == str(world)
    assert count == {"ordersCount": {"count": 8}}
    assert (process.returncode, rest, errors) == (0, "", "")


def test_two_processes_serve_one_world(tmp_path: Path) -> None:
    with sandbox_shop.start(tmp_path / "both.sqlite", size=8) as here:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox_shop", "--world", str(here.world)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        line = json.loads(process.stdout.readline())
        there, ours = Client(line["url"], line["token"]), Client(here.url, here.token)
        with closing(there.session), closing(ours.session):
            order = ours.data("{ orders(first: 1) { nodes { id } } }")["orders"]["nodes"][0]["id"]
            ours.data(
                'mutation($id: ID!) { tagsAdd(id: $id, tags: ["from here"]) { node { id } } }', {"id": order}
            )
            there.data(
                'mutation($id: ID!) { tagsAdd(id: $id, tags: ["from there"]) { node { id } } }', {"id": order}
            )
            tags = [
                client.data("query($id: ID!) { order(id: $id) { tags } }", {"id": order})
                for client in (ours, there)
            ]
        process.terminate()
        process.communicate(timeout=10)

    assert tags[0] == tags[1]
    assert {"from here", "from there"} <= set(tags[0]["order"]["tags"])
    assert line["token"] == here.token


@pytest.mark.parametrize(
    "arguments",
    [
        ["--orders", "missing.csv"],
        ["--inventory", "missing.csv"],
        ["--size", "0"],
        ["--world", "no/such/folder/world.sqlite"],
        ["--world", "text.txt"],
        ["--world", "other.sqlite"],
        ["--port", "99999"],
    ],
)
def test_bad_input_is_one_sentence_and_status_2(tmp_path: Path, arguments: list[str]) -> None:
    import sqlite3

    (tmp_path / "text.txt").write_text("This is a text and no world.", encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as other:
        other.execute("create table recipes(id)")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    done = run(*arguments, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("The sandbox shop cannot be started: ")
    assert done.stderr.count("\n") == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_importing_the_package_loads_no_graphql() -> None:
    code = (
        "import sandbox_shop, sys; print(sorted(m for m in sys.modules if m.startswith(('graphql', 'http'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)

    assert done.stdout == "[]\n"


def test_the_world_file_is_private(tmp_path: Path) -> None:
    with sandbox_shop.start(tmp_path / "world.sqlite", size=5) as shop:
        assert shop.world.stat().st_mode & 0o077 == 0
