"""What attackers tried against the desk, and what became of it: `python -m tools.red_team` (a quarter of an hour).

Runs the tests that attack, and writes `docs/security-figures.md`: inputs sent, refused, answered without harm, got
through. Each attacker compares the whole database before and after; where nothing failed, nothing was lost or changed.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import click

from caredesk.core.clock import SystemClock
from tests.fixtures.tally import FILE, HARMLESS, REFUSED, read_tally

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "security-figures.md"
SURFACES, HOSTILE = "tests/surfaces", "tests/surfaces/test_hostile.py"


@dataclass(frozen=True)
class Attack:
    """A kind of attack, and the tests that make it: files, or files with a test's name."""

    name: str
    tests: tuple[str, ...]


ATTACKS = (
    Attack("every route and event by every role", (f"{SURFACES}/test_permission_matrix.py",)),
    Attack(
        "ids of others, on every route that takes one; talks of another department",
        (f"{HOSTILE}::test_what_belongs_to_others_does_not_exist", f"{SURFACES}/test_access.py"),
    ),
    Attack("rooms and events of sockets", (f"{SURFACES}/test_hostile_socket.py", f"{SURFACES}/test_socket.py")),
    Attack("invented credentials on every route", (f"{HOSTILE}::test_nobody_gets_in_with_invented_credentials",)),
    Attack(
        "writes from another site or without the token (CSRF)",
        (f"{HOSTILE}::test_staff_write_nothing_with_a_wrong_csrf_token_or_from_another_site",),
    ),
    Attack(
        "addresses: paths that climb, SQL, odd signs; other methods",
        (f"{HOSTILE}::test_hostile_addresses_are_refused", f"{HOSTILE}::test_other_methods_are_refused"),
    ),
    Attack(
        "every field of every body: markup, SQL, templates, control signs, wrong types, a megabyte",
        (f"{HOSTILE}::test_hostile_payloads_are_refused_or_stored_clean",),
    ),
    Attack(
        "queries, forms, and JSON under another name",
        (
            f"{HOSTILE}::test_hostile_queries_are_refused_or_harmless",
            f"{HOSTILE}::test_unknown_queries_change_nothing",
            f"{HOSTILE}::test_hostile_forms_are_refused",
            f"{HOSTILE}::test_json_under_another_name_is_refused",
        ),
    ),
    Attack(
        "files: too large, swollen, two things at once, names that climb",
        (f"{SURFACES}/test_hostile_files.py", "tests/rules/test_hostile_files.py"),
    ),
    Attack("formulas in tables that people open", ("tests/rules/test_cells.py",)),
    Attack(
        "tokens: another key, another kind, no signature, used twice, out of time",
        (f"{SURFACES}/test_vouched_sign_in.py", f"{SURFACES}/test_sign_on.py", f"{SURFACES}/test_receipts.py"),
    ),
    Attack(
        "guessing passwords and codes, telling accounts apart",
        (
            "tests/actions/test_sign_in_failures.py",
            f"{SURFACES}/test_telling_accounts_apart.py",
            f"{SURFACES}/test_auth.py",
            f"{SURFACES}/test_second_factor.py",
            f"{SURFACES}/test_limits.py",
        ),
    ),
    Attack("making the desk ask for what it must not (SSRF)", ("tests/rules/test_outgoing.py",)),
    Attack(
        "changing, removing, reordering the audit and evidence",
        ("tests/actions/test_audit.py", f"{SURFACES}/test_evidence.py"),
    ),
    Attack("scripts in the pages of all three surfaces", ("tests/browser/test_page_policy.py",)),
    Attack("scripts in every field of words, on every page", ("tests/browser/test_stored_scripts.py",)),
    Attack(
        "what the contract allows, asked by each role by itself",
        ("tests/conventions/test_contract_answers.py::test_every_route_answers_as_its_contract_says",),
    ),
)


@dataclass(frozen=True)
class Run:
    """What the tests said: passed and failed by file::name, and what was counted inside them."""

    passed: Counter[str]
    failed: Counter[str]
    tally: Counter[tuple[str, str]]


def main() -> int:
    """Attack, write the page, and tell whether anything got through."""
    with tempfile.TemporaryDirectory() as folder:
        run = _attack(Path(folder))
    PAGE.write_text(page_of(run), encoding="utf-8")
    click.echo(PAGE.read_text("utf-8"))
    return 1 if run.failed else 0


def _attack(folder: Path) -> Run:
    tests = [test for attack in ATTACKS for test in attack.tests]
    pages = [test for test in tests if test.startswith("tests/browser")]
    others = [test for test in tests if test not in pages]
    environment = {**os.environ, FILE: str(folder / "tally")}
    passed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    # Page tests keep an event loop in their thread, so they run apart, as `dev.py test` runs them.
    for name, chosen, options in (("others", others, ["-n", "2", "--dist", "loadgroup"]), ("pages", pages, [])):
        report = folder / f"{name}.xml"
        command = [sys.executable, "-m", "pytest", "-q", *options, f"--junitxml={report}", *chosen]
        subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=sys.stderr)
        _add(report, passed=passed, failed=failed)
    return Run(passed, failed, read_tally(folder / "tally"))


def _add(report: Path, *, passed: Counter[str], failed: Counter[str]) -> None:
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 (pytest has just written it)
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '').split('[')[0]}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed[name] += 1
        elif case.find("skipped") is None:
            passed[name] += 1


HEAD = """# What attackers tried

Written by `.venv/bin/python -m tools.red_team`: the tests of this repository that attack the desk, on SQLite, with a
real database, real sockets and a real Chromium. {when}.

| attack | tests | inputs counted | refused | answered, nothing unclean stored | got through |
| --- | --- | --- | --- | --- | --- |
"""
FOOT = """
Inputs are counted where a test sends many; elsewhere a test is one attack or a few. After each attack on a route the
whole database is compared with what it was before, so *got through* also means: something was lost or changed. What is
answered without harm are words that are only words here: markup is stored as text and shown as text, a path is a name.
What is left to the hospital stands in [mlps-level-3.md](mlps-level-3.md).
"""


def page_of(run: Run) -> str:
    """Return the page of figures in Markdown."""
    rows = [_row(attack, run) for attack in ATTACKS]
    sums = [f"**{_figure(sum(row[column] for row in rows))}**" for column in range(5)]
    lines = [f"| {a.name} | {' | '.join(map(_figure, row))} |" for a, row in zip(ATTACKS, rows, strict=True)]
    when = f"{SystemClock().now():%Y-%m-%d}, Python {platform.python_version()}, {platform.system()}"
    return HEAD.format(when=when) + "\n".join([*lines, f"| **all** | {' | '.join(sums)} |", ""]) + FOOT


def _row(attack: Attack, run: Run) -> tuple[int, int, int, int, int]:
    """Return tests, inputs, refused, harmless, and failed tests."""

    def of_attack(name: str) -> bool:
        return any(name == test or name.startswith(f"{test}::") for test in attack.tests)

    passed, failed = (sum(n for name, n in counts.items() if of_attack(name)) for counts in (run.passed, run.failed))
    refused, harmless = (
        sum(n for (name, what), n in run.tally.items() if what == outcome and of_attack(name))
        for outcome in (REFUSED, HARMLESS)
    )
    return passed + failed, refused + harmless, refused, harmless, failed


def _figure(value: int) -> str:
    return f"{value:,}"


if __name__ == "__main__":
    raise SystemExit(main())
