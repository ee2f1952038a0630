"""`unfulfill connect`: a conversation in a terminal, or answers from a scheduler, that ends with a stored profile.

A secret is typed unseen or read from standard input; it is never an argument, for other users of the machine see
those. Nothing is stored before the shop has been asked.
"""

import getpass
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TextIO

from unfulfill.connection import (
    Candidate,
    check_candidate,
    how_to_use,
    recognise_shop,
    store_candidate,
    usual_profile,
)
from unfulfill.errors import InputRefused, SettingsRefused
from unfulfill.home import home
from unfulfill.profiles import find_settings, forget_profile, load_profiles, named_profile, profiles_file
from unfulfill.redaction import printable
from unfulfill.settings import API_VERSIONS, Secret
from unfulfill.shop import Check, Preflight, Shop, preflight, worst
from unfulfill.words import said, said_word


@dataclass(frozen=True)
class Asked:
    """What the command line asks for; blank where it is to be asked of the person."""

    shop: str = ""
    profile: str = ""
    api_version: str = ""
    client_id: str = ""
    secret_on_stdin: bool = False


@dataclass(frozen=True)
class Terminal:
    """Where questions are asked and answers are shown."""

    out: TextIO
    ask: Callable[[str], str] = input
    ask_secret: Callable[[str], str] = getpass.getpass
    given: TextIO = field(default_factory=lambda: sys.stdin)
    sleep: Callable[[float], object] = time.sleep

    def tell(self, text: str = "") -> None:
        """One line, without control characters: names of a shop are anybody's text."""
        print(printable(text), file=self.out, flush=True)


def connect(asked: Asked, terminal: Terminal) -> int:
    """Ask what is missing, check it, store it. Returns the exit status; raises a WorkbenchError.

    Shop and API version of a profile that is there already need not be given again.
    """
    asked = _as_before(asked)
    candidate = _from_stdin(asked, terminal) if asked.secret_on_stdin else _from_person(asked, terminal)
    terminal.tell(said("connecting.asking", domain=candidate.shop))
    checks = check_candidate(candidate, os.environ, terminal.sleep)
    tell_checks(checks, terminal)
    profile = store_candidate(candidate, checks, os.environ, home())
    terminal.tell()
    for sentence in how_to_use(profile):
        terminal.tell(sentence)
    _tell_siblings(profile.name, profile.shop, terminal)
    return 0


def list_profiles(terminal: Terminal) -> int:
    """Every profile in a line; no secret."""
    profiles = load_profiles(os.environ)
    if not profiles:
        terminal.tell(said("profile.none_connected", path=profiles_file(os.environ)))
        return 0
    rows = [tuple(said("profile.list_head").split(" | "))]
    rows += [(p.name, p.shop, p.api_version, p.credentials, p.place) for p in profiles]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        terminal.tell("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def check_profile(name: str, terminal: Terminal) -> int:
    """The preflight of a profile, or of a domain with plain variables. Returns 1 where a line is bad."""
    settings = find_settings(name, os.environ, home())
    with Shop(settings, sleep=terminal.sleep) as shop:
        checks = preflight(shop)
    tell_checks(checks, terminal)
    return 1 if worst(checks) == "bad" else 0


def forget(name: str, terminal: Terminal) -> int:
    """Remove a profile and its secret."""
    profile = named_profile(name, os.environ)
    is_gone = forget_profile(profile, os.environ)
    key = "profile.forgotten" if is_gone else "profile.half_forgotten"
    terminal.tell(said(key, name=profile.name, shop=profile.shop, place=profile.place))
    terminal.tell(said("profile.still_valid"))
    return 0


def tell_checks(checks: Preflight, terminal: Terminal) -> None:
    """Each line with its state as a word, and below it what to do."""
    width = max(60, min(shutil.get_terminal_size().columns, 110))
    states = {state: said(f"preflight.state_{state}") for state in ("good", "warn", "bad")}
    for check in checks:
        for line in _check_lines(check, states, width):
            terminal.tell(line)


def _check_lines(check: Check, states: Mapping[str, str], width: int) -> list[str]:
    head = f"  {states[check.state]:<{max(map(len, states.values()))}}  "
    indent = " " * len(head)
    line = said("strip.step", step=said_word(check.name, check.name), text=check.text)
    lines = textwrap.wrap(printable(line), width, initial_indent=head, subsequent_indent=indent)
    if check.advice:
        lines += textwrap.wrap(
            check.advice, width, initial_indent=f"{indent}→ ", subsequent_indent=f"{indent}  "
        )
    return lines


def _as_before(asked: Asked) -> Asked:
    known = {profile.name: profile for profile in load_profiles(os.environ)}.get(asked.profile)
    return replace(
        asked,
        shop=asked.shop or (known.shop if known else ""),
        api_version=asked.api_version or (known.api_version if known else API_VERSIONS[0]),
    )


def _from_stdin(asked: Asked, terminal: Terminal) -> Candidate:
    if not asked.shop:
        raise SettingsRefused(said("profile.stdin_without_shop"))
    secret = Secret(terminal.given.readline().rstrip("\r\n"))
    profile = asked.profile or usual_profile(asked.shop)
    return Candidate(asked.shop, profile, secret, asked.client_id, asked.api_version)


def _from_person(asked: Asked, terminal: Terminal) -> Candidate:
    try:
        shop = _ask_shop(asked.shop, terminal)
        usual = usual_profile(shop)
        profile = asked.profile or terminal.ask(said("profile.ask_name", usual=usual)).strip() or usual
        client_id, secret = asked.client_id, ""
        if not client_id:
            secret = terminal.ask_secret(said("profile.ask_token"))
            client_id = "" if secret.strip() else terminal.ask(said("profile.ask_client_id")).strip()
        if client_id:
            secret = terminal.ask_secret(said("profile.ask_client_secret"))
    except EOFError:
        raise InputRefused(said("profile.answers_ended")) from None
    return Candidate(shop, profile, Secret(secret.strip()), client_id, asked.api_version)


def _ask_shop(given: str, terminal: Terminal) -> str:
    """The domain: as typed, or as proposed and confirmed. Never guessed silently."""
    typed = given or terminal.ask(said("profile.ask_shop"))
    shop, is_exact = recognise_shop(typed)
    if is_exact:
        return shop
    if not shop:
        raise SettingsRefused(said("profile.no_domain_given"))
    answer = terminal.ask(said("profile.ask_whether", shop=shop))
    if answer.strip().lower() not in said("profile.yes").split(", "):
        raise SettingsRefused(said("profile.not_confirmed"))
    return shop


def _tell_siblings(name: str, shop: str, terminal: Terminal) -> None:
    others = [each.name for each in load_profiles(os.environ) if each.shop == shop and each.name != name]
    if others:
        key = "profile.one_of_same_shop" if len(others) == 1 else "profile.several_of_same_shop"
        terminal.tell(said(key, names=", ".join(others)))
