"""What the documents name exists: paths, links, settings, commands, routes, code; decisions have their four parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from caredesk.application import create_app
from caredesk.cli.main import main
from caredesk.edge.services import Services
from caredesk.settings import Settings
from tests.conventions.source import ROOT

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "ARCHITECTURE.md", "DESIGN.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *DECISIONS,
]
PARTS = ["Context", "Decision", "Consequences", "Alternatives"]

# What a checkout or a desk makes for itself; it need not be there when the tests run.
MADE_LATER = (".venv/", "caredesk-data/", "caredesk/static", "dist/")
SUFFIXES = "css|csv|html|json|md|mjs|py|sh|toml|ts|txt|vue|yaml"

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(rf"\.?[A-Za-z0-9_]([\w.-]*/)+[\w.-]*|[\w-]+(\.[\w-]+)*\.({SUFFIXES})")
_LINK = re.compile(r"\]\((?!https?://)([^)\s#]+)(?:#[^)]*)?\)")
_SETTING = re.compile(r"\bCAREDESK_[A-Z_]+[A-Z]\b")
_ROUTE = re.compile(r"/(?:api/[\w/<>.-]+|chat|console|demo|doctor|healthz|metrics|readyz|widget\.js)")
_COMMAND = re.compile(r"\bcaredesk ((?:[a-z]+(?:-[a-z]+)* ?)+)")


# ---- reading documents -----------------------------------------------------------------------------------


def code_of(text: str) -> Iterator[str]:
    """Yield what stands in backticks within sentences and tables."""
    yield from _CODE.findall(_FENCE.sub("", text))


def paths_of(text: str) -> Iterator[str]:
    """Yield what looks like a path of the repository; names of an island's files, told in general, are none."""
    for code in code_of(text):
        if _PATH.fullmatch(code) and not code.startswith(MADE_LATER) and not is_general(code):
            yield code


def is_general(code: str) -> bool:
    """Tell whether a bare file name speaks of every island."""
    return code in {"models.py", "rules.py", "queries.py", "schemas.py", "errors.py"}


def commands_of(text: str) -> Iterator[list[str]]:
    """Yield the words of every `caredesk …` in backticks or at a prompt, as far as they are plain words."""
    prompts = re.findall(r"^\$ (caredesk .*)$", text, re.MULTILINE)
    for code in [*code_of(text), *prompts]:
        found = _COMMAND.match(code)
        if found:
            yield found[1].split()


def unknown_command(words: list[str]) -> str | None:
    """Return the first word that no command group knows."""
    known: click.Command | None = main
    for word in words:
        if not isinstance(known, click.Group):
            return None
        known = known.commands.get(word)
        if known is None:
            return word
    return None


def missing(document: Path, find: Callable[[str], Iterator[str]], *, base: Path) -> list[str]:
    """Return what a document names and the tree lacks."""
    return [name for name in find(document.read_text("utf-8")) if not (base / name).exists()]


def links_of(text: str) -> Iterator[str]:
    yield from _LINK.findall(_FENCE.sub("", text))


def parts_of(text: str) -> list[str]:
    return re.findall(r"^## (.+)$", text, re.MULTILINE)


def code_lines() -> frozenset[str]:
    """Return every line of the package and its tests, without indentation."""
    files = [path for folder in ("caredesk", "tests") for path in (ROOT / folder).rglob("*.py")]
    return frozenset(line.strip() for path in files for line in path.read_text("utf-8").splitlines())


def strange_lines(text: str, *, known: frozenset[str]) -> list[str]:
    """Return the lines of Python excerpts that stand nowhere in the code; `...` marks what was left out."""
    excerpts = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for excerpt in excerpts for line in excerpt.splitlines()]
    return [line for line in lines if "..." not in line and line not in known]


def by_name(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


# ---- the documents ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_path_named_exists(document: Path) -> None:
    assert missing(document, paths_of, base=ROOT) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_link_and_picture_leads_somewhere(document: Path) -> None:
    assert missing(document, links_of, base=document.parent) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_setting_named_is_one(document: Path) -> None:
    outside_of_settings = {"CAREDESK_SKIP_WEB"}
    known = {f"CAREDESK_{name.upper()}" for name in Settings.model_fields} | outside_of_settings
    assert set(_SETTING.findall(document.read_text("utf-8"))) - known == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_command_named_is_one(document: Path) -> None:
    commands = list(commands_of(document.read_text("utf-8")))
    assert [words for words in commands if unknown_command(words)] == []


def test_every_address_named_is_a_route(services: Services) -> None:
    routes = {rule.rule for rule in create_app(services).url_map.iter_rules()}
    codes = {code: by_name(document) for document in DOCUMENTS for code in code_of(document.read_text("utf-8"))}
    named = {code: where for code, where in codes.items() if _ROUTE.fullmatch(code)}
    assert {code: where for code, where in named.items() if code not in routes} == {}


def test_every_excerpt_of_the_walk_stands_in_the_code() -> None:
    walk = (ROOT / "docs" / "add-a-feature.md").read_text("utf-8")
    assert strange_lines(walk, known=code_lines()) == []


def test_every_command_family_is_in_both_readmes() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        told = {words[0] for words in commands_of((ROOT / name).read_text("utf-8"))}
        assert set(main.commands) - told == set(), name


def test_both_readmes_have_the_same_chapters_and_blocks() -> None:
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
    assert len(parts_of(english)) == len(parts_of(chinese))
    assert re.findall(r"docs/pictures/\S+\.png", english) == re.findall(r"docs/pictures/\S+\.png", chinese)


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_every_decision_has_its_four_parts(decision: Path) -> None:
    assert parts_of(decision.read_text("utf-8")) == PARTS


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    numbers = [int(decision.name[:4]) for decision in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))
    index = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    assert [decision.name for decision in DECISIONS if decision.name not in index] == []


# ---- the rules themselves --------------------------------------------------------------------------------


def test_the_rules_see_what_they_look_for() -> None:
    named = "See `caredesk/nowhere.py`, `gone.md`, `rules.py`, `.venv/bin/x` and `/api/chat`."
    assert list(paths_of(f"{named}\n```\n`caredesk/in_a_block.py`\n```\n")) == ["caredesk/nowhere.py", "gone.md"]
    assert list(links_of("[a](docs/gone.md#part) [b](https://x.example/c)")) == ["docs/gone.md"]
    assert unknown_command(["kb", "devour"]) == "devour"
    assert unknown_command(["kb", "import", "anything"]) is None
    assert list(commands_of("`caredesk kb import FILE`")) == [["kb", "import"]]
    excerpt = "```python\ndef gone() -> None:\n    pass\n    ...\n```\n"
    assert strange_lines(excerpt, known=frozenset({"pass"})) == ["def gone() -> None:"]
    assert _SETTING.findall("CAREDESK_PORT=1 and CAREDESK_* too") == ["CAREDESK_PORT"]
