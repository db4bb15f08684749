"""Every code that a screen can receive has words there, in Chinese and in English."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import caredesk
from caredesk.core.errors import CareDeskError
from tests.conventions.source import ROOT, calls, module_of, modules

LANGUAGES = ("zh", "en")
SURFACES = ("console", "widget")

# A new code needs words on both surfaces until it is said here why not.
COMMAND_LINE_ONLY = (
    "auth.bad_login",
    "auth.bad_name",
    "auth.login_taken",
    "auth.unknown_role",
    "clinic.",
    "families.",
    "staff.",
)
STAFF_ONLY = (
    "access.",
    "agent.",
    "assist.",
    "audit.",
    "auth.",
    "broadcast.",
    "call.",
    "call_up.",
    "claim.",
    "erasure.",
    "evaluation.",
    "export.",
    "floor.",
    "graph.",
    "guardian.",
    "guardrail.",
    "hold.",
    "hotline.",
    "incident.",
    "offer.",
    "parcel.",
    "policy.",
    "presence.",
    "recording.",
    "report.",
    "reveal.",
    "review.",
    "roster.",
    "sandbox.",
    "schedule.",
    "standby.",
)


# ---- codes -----------------------------------------------------------------------------------------------


def error_codes() -> dict[str, str]:
    """Return the code of every error class, with the class's name."""
    for module in pkgutil.walk_packages(caredesk.__path__, "caredesk."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {error.code: error.__qualname__ for error in _all_below(CareDeskError)}


def _all_below(error: type[CareDeskError]) -> Iterator[type[CareDeskError]]:
    # Errors that tests invent for themselves are nobody's to word.
    if error.__module__.startswith("caredesk."):
        yield error
    for kind in error.__subclasses__():
        yield from _all_below(kind)


def notice_codes(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield the codes of the notices that a module writes, and whether the visitor sees them.

    A computed code such as `f"offer.{state}"` yields its fixed beginning.
    """
    for name, call in calls(tree):
        if name.rsplit(".", 1)[-1] not in ("append_notice", "promise"):
            continue
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        seen = name.endswith("promise") or "to_patient" in given
        if "code" in given:
            yield from ((code, seen) for code in _texts(given["code"]))


def _texts(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)
    elif isinstance(value, ast.JoinedStr):
        yield from _texts(value.values[0])


def notices_on(surface: str) -> set[str]:
    """Return the codes of the notices that are told on a surface; who asks for assistance is the doctor, no family."""
    if surface == "console":
        return notices(for_visitors=False)
    return {code for code in notices(for_visitors=True) if code.startswith("assist.") == (surface == "doctor_desk")}


def notices(*, for_visitors: bool) -> set[str]:
    """Return the codes of all notices, or of those that visitors see."""
    found = {pair for module in modules() for pair in notice_codes(module.tree)}
    return {code for code, seen in found if seen or not for_visitors}


# ---- words -----------------------------------------------------------------------------------------------


def words(surface: str, language: str) -> dict[str, str]:
    """Return the words of a surface by dotted key, whether the file is nested or flat."""
    files = (ROOT / "web" / surface / "i18n").glob(f"*{language}.json")
    return {key: text for file in files for key, text in _flat(json.loads(file.read_text("utf-8")))}


def _flat(value: object, *, prefix: str = "") -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield prefix, str(value)
        return
    for key, inner in value.items():
        yield from _flat(inner, prefix=f"{prefix}.{key}" if prefix else key)


def has_words(known: dict[str, str], *, kind: str, code: str) -> bool:
    """Tell whether a code has words of its own, or its family has: `input` speaks for `input.malformed`."""
    steps = code.rstrip(".").split(".")
    families = [".".join([kind, *steps[: end + 1]]) for end in range(len(steps))]
    if code.endswith("."):
        return any(key.startswith(f"{kind}.{code}") for key in known)
    return any(known.get(family, "").strip() for family in families)


def reaches(surface: str, *, code: str) -> bool:
    """Tell whether an error's code can arrive on a surface."""
    never = COMMAND_LINE_ONLY if surface == "console" else COMMAND_LINE_ONLY + STAFF_ONLY
    return not code.startswith(never)


# ---- tests -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_that_reaches_a_screen_has_words(surface: str, language: str) -> None:
    known = words(surface, language)
    codes = {code: name for code, name in error_codes().items() if reaches(surface, code=code)}
    assert {code: name for code, name in codes.items() if not has_words(known, kind="error", code=code)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("surface", ["console", "widget", "doctor_desk"])
def test_every_notice_has_words(surface: str, language: str) -> None:
    known = words(surface, language)
    codes = notices_on(surface)
    assert codes
    assert {code for code in codes if not has_words(known, kind="notice", code=code)} == set()


@pytest.mark.parametrize("surface", SURFACES)
def test_both_languages_have_the_same_words(surface: str) -> None:
    chinese, english = (words(surface, language) for language in LANGUAGES)
    assert set(chinese) == set(english)
    assert [key for key, text in (chinese | english).items() if not text.strip()] == []


def test_no_two_errors_share_a_code() -> None:
    error_codes()
    errors = list(_all_below(CareDeskError))
    assert sorted(error.code for error in errors) == sorted({error.code for error in errors})


def test_the_rule_misses_words_that_are_not_there() -> None:
    known = {"error.input": "改一改", "error.visit.unknown": " ", "notice.offer.declined": "谢绝"}
    assert has_words(known, kind="error", code="input.malformed")
    assert not has_words(known, kind="error", code="visit.unknown")
    assert not has_words(known, kind="error", code="rate.limited")
    assert has_words(known, kind="notice", code="offer.")


def test_the_rule_finds_plain_and_computed_notices() -> None:
    text = 'append_notice(w, c, code=f"offer.{x}"); append_notice(w, c, code="a" if x else "b", to_patient=True)'
    assert set(notice_codes(module_of(text).tree)) == {("offer.", False), ("a", True), ("b", True)}


def test_the_word_files_are_where_the_front_end_reads_them() -> None:
    files = [Path("web") / surface / "i18n" / f"{language}.json" for surface in SURFACES for language in LANGUAGES]
    assert [str(path) for path in files if not (ROOT / path).is_file()] == []
