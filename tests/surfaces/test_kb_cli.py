"""`caredesk kb` and `caredesk bot` as somebody at a terminal, or a program, sees them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from caredesk.chatbot import evaluation_report
from caredesk.cli.main import main
from tests.fixtures.database import PostgresDatabases, SqliteDatabases

HEADING = "id,category,question,similar,answer\n"
BASE = (
    HEADING
    + "cancel,预约,怎么退号？,不想看了怎么取消预约|挂的号能退吗,在“我的预约”里点“退号”。\n"
    + "invoice,票据,怎么开发票？,电子发票在哪下载|报销的票据去哪拿,在“我的票据”里下载。\n"
    + "parcel,物流,药寄到哪儿了？,快递单号在哪看|怎么查物流,在“我的处方”里看物流。\n"
)
FIGURES = (
    "accuracy_at_1",
    "recall_at_3",
    "coverage_at_95_precision",
    "medical",
    "emergency",
    "human",
    "out_of_scope_answered",
    "good_questions_refused",
    "latency_ms",
)


class Terminal:
    """Runs commands on one desk."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._runner = CliRunner(env=environment)
        self.folder = folder

    def run(self, *arguments: str) -> Result:
        return self._runner.invoke(main, arguments)

    def json(self, *arguments: str, code: int = 0) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def file(self, content: str, *, name: str = "kb.csv") -> str:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return str(path)


def open_terminal(databases: SqliteDatabases | PostgresDatabases, folder: Path) -> Terminal:
    url = databases.make(folder)
    return Terminal({"CAREDESK_DATA_DIR": str(folder / "data"), "CAREDESK_DATABASE_URL": url}, folder)


@pytest.fixture
def terminal(databases: SqliteDatabases | PostgresDatabases, tmp_path: Path) -> Terminal:
    return open_terminal(databases, tmp_path)


@pytest.fixture(scope="module")
def published(databases: SqliteDatabases | PostgresDatabases, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A desk with a small published base, which no test here changes."""
    terminal = open_terminal(databases, tmp_path_factory.mktemp("published"))
    report = terminal.json("kb", "import", terminal.file(BASE), "--publish")
    assert (report["imported"], report["published"]) == (True, 1)
    return terminal


def test_an_import_says_what_it_did_with_every_row(terminal: Terminal) -> None:
    result = terminal.run("kb", "import", terminal.file(BASE), "--publish")
    assert result.exit_code == 0
    assert "row 2        added      cancel" in result.stdout
    assert "3 added, 0 changed, 0 unchanged, 0 retired, 0 refused." in result.stdout
    shorter = BASE.rsplit("parcel", 1)[0]
    report = terminal.json("kb", "import", terminal.file(shorter), "--replace", "--publish")
    assert [(row["row"], row["id"], row["outcome"]) for row in report["rows"]] == [
        (2, "cancel", "unchanged"),
        (3, "invoice", "unchanged"),
        (None, "parcel", "retired"),
    ]


def test_one_bad_row_refuses_the_file_and_changes_nothing(terminal: Terminal) -> None:
    bad = BASE + "cancel,预约,再来一次,,答\nempty,预约,,,答\n"
    report = terminal.json("kb", "import", terminal.file(bad), "--publish", code=1)
    assert report["imported"] is False
    assert {row["row"]: row["reasons"] for row in report["rows"]} == {
        2: ["id cancel stands in 2 rows"],
        5: ["id cancel stands in 2 rows"],
        6: ["question is empty"],
    }
    assert terminal.run("kb", "export", str(terminal.folder / "out.csv")).stdout.startswith("Wrote 0 entries")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("kb.csv", "id,question\n1,2\n", "columns missing: category, similar, answer"),
        ("kb.txt", BASE, "only .csv, .xlsx and .json files can be read"),
        ("kb.csv", "", "the first row holds no column names"),
    ],
)
def test_a_file_that_is_no_base_is_refused_on_standard_error(
    terminal: Terminal, name: str, content: str, words: str
) -> None:
    result = terminal.run("kb", "import", terminal.file(content, name=name))
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx", "out.json"])
def test_an_export_can_be_imported_again(published: Terminal, terminal: Terminal, name: str) -> None:
    file = str(terminal.folder / name)
    assert published.run("kb", "export", file).exit_code == 0
    report = terminal.json("kb", "import", file)
    assert [row["outcome"] for row in report["rows"]] == ["added"] * 3
    assert report["published"] is None


def test_an_export_of_an_unknown_kind_is_refused(published: Terminal) -> None:
    result = published.run("kb", "export", str(published.folder / "out.pdf"))
    assert result.exit_code == 1
    assert "only .csv, .xlsx and .json" in result.stderr


def test_asking_prints_exactly_the_promised_keys(published: Terminal) -> None:
    turn = published.json("bot", "ask", "怎么退号")
    assert list(turn) == ["outcome", "entry", "confidence", "candidates", "reply"]
    assert (turn["outcome"], turn["entry"]) == ("answer", "cancel")
    assert list(turn["candidates"][0]) == ["id", "question", "score"]
    assert turn["reply"] == "在“我的预约”里点“退号”。"


def test_an_emergency_is_answered_without_an_entry(published: Terminal) -> None:
    turn = published.json("bot", "ask", "孩子抽搐了", "--language", "en")
    assert (turn["outcome"], turn["entry"], turn["candidates"]) == ("emergency", None, [])
    assert "120" in turn["reply"]


def test_a_person_at_the_terminal_sees_the_candidates(published: Terminal) -> None:
    result = published.run("bot", "ask", "怎么退号")
    assert result.exit_code == 0
    assert result.stdout.startswith("answer  cancel  0.9")


def test_an_evaluation_prints_all_figures(published: Terminal) -> None:
    questions = "query,expected,acceptable\n怎么退号,cancel,\n发票怎么弄,parcel,invoice|cancel\n孩子抽了,emergency,\n"
    questions += "宝宝咳嗽吃什么药,medical,\n转人工,human,\n今天天气怎么样,none,\n"
    figures = published.json("bot", "evaluate", published.file(questions, name="q.csv"))
    assert [name for name in FIGURES if name not in figures] == []
    assert figures["questions"] == 6
    assert figures["accuracy_at_1"] == 1.0
    assert figures["emergency"] == {"precision": 1.0, "recall": 1.0}
    assert set(figures["latency_ms"]) == {"p50", "p99"}


def test_misses_are_listed_on_request(published: Terminal) -> None:
    file = published.file("query,expected\n怎么退号,parcel\n", name="q.csv")
    result = published.run("bot", "evaluate", file, "--misses")
    assert "怎么退号  expected parcel, answer: cancel" in result.stdout


def test_the_base_is_asked_its_own_questions_that_its_index_has_not_seen(
    published: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation_report, "FOLDS", 2)
    figures = published.json("bot", "evaluate", "--own")
    assert [name for name in FIGURES if name not in figures] == []
    assert figures["questions"] == figures["in_scope"] > 2
    assert {one["name"] for one in figures["slices"]}
    low, high = figures["intervals"]["accuracy_at_1"]
    assert low <= figures["accuracy_at_1"] <= high


def test_the_public_set_needs_no_base_of_ones_own(terminal: Terminal) -> None:
    figures = terminal.json("bot", "evaluate", "--public")
    assert (figures["questions"], figures["unknown_entries"]) == (338, [])
    assert {"typo", "dialect", "emergency"} <= {one["name"] for one in figures["slices"]}


def test_a_base_without_similar_questions_cannot_be_asked_them(terminal: Terminal) -> None:
    result = terminal.run("bot", "evaluate", "--own")
    assert result.exit_code == 1
    assert "No published entry has a similar question." in result.stderr


@pytest.mark.parametrize("options", [[], ["--own", "--public"], ["q.csv", "--own"]])
def test_exactly_one_thing_is_evaluated(terminal: Terminal, options: list[str]) -> None:
    assert terminal.run("bot", "evaluate", *options).exit_code == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("query\nx\n", "lacks the columns: expected"),
        ("query,expected\nx,\n", "row 2 has nothing expected"),
        ("query,expected\n", "it has no rows"),
    ],
)
def test_a_bad_question_file_is_refused(published: Terminal, content: str, words: str) -> None:
    result = published.run("bot", "evaluate", published.file(content, name="bad.csv"))
    assert result.exit_code == 1
    assert words in result.stderr


def test_wrong_usage_ends_with_two(terminal: Terminal) -> None:
    assert terminal.run("bot", "ask").exit_code == 2
