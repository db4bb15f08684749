"""Facts about the shipped base and the labelled questions: enough of them, readable, and free of contradictions."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from caredesk.chatbot.text import normalise
from caredesk.knowledge_base.files import read_table
from caredesk.knowledge_base.graph_files import read_graph
from caredesk.knowledge_base.rules import check_table, near_duplicates
from caredesk.knowledge_base.schemas import CheckedTable, EntryContent
from tools.guard_examples import read_examples

ROOT = Path(__file__).parents[3]
HOSPITAL = ROOT / "caredesk" / "demo_hospital"
LABELLED = ROOT / "tests" / "data" / "bot"
SHIPPED = sorted((HOSPITAL / "knowledge_base").glob("*.csv"))
OTHER = [LABELLED / "other_base.csv"]
# A third base, for reports only: what is tuned is never tuned on its questions.
REPORT = [LABELLED / "report_base.csv"]
BASES = {"questions": SHIPPED, "other_questions": OTHER, "report_questions": REPORT}
NOT_ANSWERED = {"none", "medical", "emergency", "human"}
SLICES = {
    *("plain", "colloquial", "dialect", "typo", "traditional", "pinyin"),
    *("short", "long", "two_in_one", "negation", "mixed"),
}
SHORTEST_ANSWER, LONGEST_ANSWER = 90, 320
HOTLINE = re.compile(r"\d{3}-\d{3,4}-\d{4}")
LIST_ITEM = re.compile(r"(?:\d+\.|-) ")
LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")

# What several answers say must be one thing. Each pattern finds the figure wherever an answer names it.
SAID_ALIKE = {
    "working days until a refund arrives": (r"(\d+至\d+)个工作日", {"1至7"}),
    "the hour when slots are released": (r"早上(\d+:\d+)", {"7:00"}),
    "hours before a visit to cancel or change": (r"时段开始(?:前)?(\d+)小时前", {"2"}),
    "minutes to pay a booking": (r"(\d+)分钟内完成支付|(\d+)分钟内付款|为您保留(\d+)分钟", {"15"}),
    "hours until a doctor writes back": (r"医生(?:会)?在?(\d+)小时内(?:没有)?回复", {"48"}),
    "messages of one written visit": (r"最多(?:可以发送)?(\d+)条", {"20"}),
    "months in which a visit is a re-visit": (r"(\d+)个月内", {"6"}),
    "the night clinic": (r"每天(\d+:\d+)到次日(?:8:00)", {"20:00"}),
    "days to pay a prescription": (r"请在(\d+)天内支付|(\d+)天内完成支付", {"3"}),
    "the hour until which medicines leave the same day": (r"(\d+:\d+)前付款", {"16:00"}),
    "hours to report a broken or missing medicine": (r"(\d+)小时内(?:在“我的处方|拨打)", {"48"}),
    "days until a complaint is answered": (r"(\d+)天内给出", {"7"}),
    "years that sound and pictures are kept": (r"(?:视频|录像加密)保存不少于(\d+)年", {"3"}),
    "working days of a check by a person": (r"(\d+)个工作日内?(?:审核|出结果|完成)", {"1"}),
}


@cache
def checked(files: tuple[Path, ...]) -> tuple[CheckedTable, ...]:
    return tuple(check_table(read_table(file)) for file in files)


def entries(files: list[Path]) -> list[EntryContent]:
    return [row.content for table in checked(tuple(files)) for row in table.rows if row.content]


def labels(name: str) -> list[dict[str, str]]:
    with (LABELLED / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def answers() -> dict[str, str]:
    """Return the answers as they are read: without marks of emphasis."""
    return {entry.id: entry.answer.replace("**", "") for entry in entries(SHIPPED)}


def phrases(files: list[Path]) -> list[tuple[str, str]]:
    return [(entry.id, phrase) for entry in entries(files) for phrase in (entry.question, *entry.similar)]


def letters(text: str) -> str:
    """Return what is compared word for word; script and dialect are left as they were typed."""
    return "".join(character for character in text.lower() if character.isalnum())


def found_in_answers(pattern: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for entry_id, answer in answers().items():
        for match in re.finditer(pattern, answer):
            found[next(group for group in match.groups() if group)].add(entry_id)
    return found


@pytest.mark.parametrize("files", [SHIPPED, OTHER, REPORT], ids=["shipped", "other", "report"])
def test_a_base_is_taken_without_a_complaint(files: list[Path]) -> None:
    tables = checked(tuple(files))
    assert [row.problems for table in tables for row in table.rows if row.problems] == []
    assert [notice for table in tables for notice in table.notices] == []
    ids = Counter(entry.id for entry in entries(files))
    assert [entry_id for entry_id, times in ids.items() if times > 1] == []


def test_the_shipped_base_is_as_large_as_promised() -> None:
    assert len(entries(SHIPPED)) >= 200
    assert [entry.id for entry in entries(SHIPPED) if len(entry.similar) < 5] == []


@pytest.mark.parametrize(("files", "size"), [(OTHER, 150), (REPORT, 67)], ids=["other", "report"])
def test_the_other_bases_are_other_hospitals(files: list[Path], size: int) -> None:
    assert len(entries(files)) == size
    assert {len(entry.similar) for entry in entries(files)} == {3}
    ours = {letters(phrase) for _, phrase in phrases(SHIPPED)}
    assert {letters(phrase) for _, phrase in phrases(files)} & ours == set()
    assert not {entry.id for entry in entries(files)} & {entry.id for entry in entries(SHIPPED)}


@pytest.mark.parametrize("files", [SHIPPED, OTHER, REPORT], ids=["shipped", "other", "report"])
def test_no_two_entries_share_a_phrase(files: list[Path]) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for entry_id, phrase in phrases(files):
        owners[normalise(phrase).plain].add(entry_id)
    assert "" not in owners
    assert {plain: ids for plain, ids in owners.items() if len(ids) > 1} == {}


def test_the_two_files_of_the_shipped_base_ask_nothing_twice() -> None:
    assert near_duplicates(entries(SHIPPED)) == []


def test_every_entry_names_its_category_source_owner_and_end() -> None:
    assert [one.id for one in entries(SHIPPED) if not (one.category and one.source and one.owner)] == []
    assert [one.id for one in entries(SHIPPED) if one.valid_until is None] == []
    sizes = Counter(entry.category for entry in entries(SHIPPED))
    assert {category: size for category, size in sizes.items() if size < 5} == {}


def test_the_queues_name_categories_that_exist() -> None:
    queues = yaml.safe_load((HOSPITAL / "queues.yaml").read_text(encoding="utf-8"))
    named = {category for queue in queues for category in queue.get("categories", ())}
    assert named
    assert named <= {entry.category for entry in entries(SHIPPED)}


def test_answers_are_neither_hints_nor_essays() -> None:
    lengths = {entry.id: len(entry.answer) for entry in entries(SHIPPED)}
    assert {id_: length for id_, length in lengths.items() if not SHORTEST_ANSWER <= length <= LONGEST_ANSWER} == {}


def test_emphasis_is_closed_and_can_be_rendered() -> None:
    broken = []
    for entry in entries(SHIPPED):
        parts = entry.answer.split("**")
        bold = list(zip(parts[0::2], parts[1::2], parts[2::2], strict=False))
        if len(parts) % 2 == 0 or any(not _renders(*one) for one in bold):
            broken.append(entry.id)
    assert broken == []


def test_lists_count_from_one_and_stand_apart() -> None:
    broken = []
    for entry in entries(SHIPPED):
        numbers = [int(number) for number in re.findall(r"^(\d+)\. ", entry.answer, re.MULTILINE)]
        lines = entry.answer.split("\n")
        glued = [
            (above, below)
            for above, below in pairwise(lines)
            if above and below and not (LIST_ITEM.match(above) and LIST_ITEM.match(below))
        ]
        if glued or numbers != list(range(1, len(numbers) + 1)):
            broken.append(entry.id)
    assert broken == []


@pytest.mark.parametrize("files", [SHIPPED, OTHER, REPORT], ids=["shipped", "other", "report"])
def test_links_lead_somewhere_safe_and_nothing_is_markup(files: list[Path]) -> None:
    for entry in entries(files):
        links = LINK.findall(entry.answer)
        assert all(text.strip() and re.match(r"https://|tel:|/(?!/)", target) for text, target in links), entry.id
        rest = LINK.sub("", entry.answer)
        assert not re.search(r"[<>\[\]]|https?:", rest), entry.id


def test_answers_name_the_hospitals_own_telephone() -> None:
    hospital = yaml.safe_load((HOSPITAL / "hospital.yaml").read_text(encoding="utf-8"))
    named = {number for answer in answers().values() for number in HOTLINE.findall(answer)}
    assert named == {hospital["hotline"]}
    unmarked = [id_ for id_, answer in answers().items() if re.search(f"{hospital['hotline']}(?!（演示号码）)", answer)]
    assert unmarked == []


def test_the_list_of_departments_is_the_timetables() -> None:
    with (HOSPITAL / "departments.csv").open(encoding="utf-8-sig", newline="") as lines:
        names = [row["name"] for row in csv.DictReader(lines)]
    assert [name for name in names if name not in answers()["dept-list"]] == []


@pytest.mark.parametrize(("pattern", "figures"), SAID_ALIKE.values(), ids=SAID_ALIKE)
def test_answers_do_not_contradict_each_other(pattern: str, figures: set[str]) -> None:
    found = found_in_answers(pattern)
    assert found.keys() == figures, dict(found)


def test_fees_are_the_same_wherever_they_are_named() -> None:
    tariff = re.findall(r"(\d+)元/次", answers()["fee-how-much"])
    assert len(tariff) == 4
    assert "、".join(f"{fee}元" for fee in tariff) in answers()["booking-choose-doctor-level"]
    assert found_in_answers(r"每次(\d+)元").keys() == {tariff[0]}


def test_the_graph_explains_itself_by_entries_and_asks_their_prices() -> None:
    nodes = read_graph(HOSPITAL / "knowledge_graph.yaml").graph.nodes
    named = {node.entry_id for node in nodes if node.entry_id}
    assert named
    assert named <= answers().keys()
    tariff = {int(fee) * 100 for fee in re.findall(r"(\d+)元/次", answers()["fee-how-much"])}
    assert {node.amount for node in nodes if node.kind == "fee" and node.amount} == tariff


@pytest.mark.parametrize("name", BASES)
def test_labels_point_to_entries(name: str) -> None:
    known = {entry.id for entry in entries(BASES[name])}
    unknown = [
        (row["query"], entry_id)
        for row in labels(name)
        for entry_id in (row["expected"], *filter(None, row["acceptable"].split("|")))
        if entry_id not in known | NOT_ANSWERED
    ]
    assert unknown == []
    assert known - {row["expected"] for row in labels(name)} == set()


@pytest.mark.parametrize(("name", "fewest"), [("questions", 400), ("other_questions", 450), ("report_questions", 250)])
def test_every_way_of_asking_is_labelled(name: str, fewest: int) -> None:
    good = [row for row in labels(name) if row["expected"] not in NOT_ANSWERED]
    sizes = Counter(row["slice"] for row in good)
    assert len(good) >= fewest
    assert sizes.keys() == SLICES
    assert min(sizes.values()) >= 5


@pytest.mark.parametrize(("name", "part"), [("other_questions", 1.0), ("report_questions", 0.4)])
def test_the_other_hospitals_are_asked_what_no_entry_answers(name: str, part: float) -> None:
    kinds = Counter(row["expected"] for row in labels(name))
    fewest = {"none": 60 * part, "medical": 40 * part, "emergency": 30 * part, "human": 25 * part}
    assert {kind: kinds[kind] for kind, number in fewest.items() if kinds[kind] < number} == {}


@pytest.mark.parametrize("name", BASES)
def test_nothing_is_asked_twice_and_nothing_word_for_word(name: str) -> None:
    queries = [letters(row["query"]) for row in labels(name)]
    assert [query for query, times in Counter(queries).items() if times > 1] == []
    assert set(queries) & {letters(phrase) for _, phrase in phrases(BASES[name])} == set()


@pytest.mark.parametrize("name", BASES)
def test_what_is_measured_teaches_nothing(name: str) -> None:
    taught = {letters(text) for _, text in read_examples()}
    assert taught & {letters(row["query"]) for row in labels(name)} == set()


@pytest.mark.parametrize("name", BASES)
def test_short_is_short_and_long_is_long(name: str) -> None:
    lengths = defaultdict(list)
    for row in labels(name):
        lengths[row["slice"]].append(len(row["query"]))
    assert max(lengths["short"]) <= 4
    assert min(lengths["long"]) >= 45
    assert max(lengths["long"]) <= 200


def _renders(before: str, bold: str, after: str) -> bool:
    """Tell whether emphasis opens and closes here by CommonMark's rule: no sign just inside, a letter just outside."""
    if not bold or bold != bold.strip():
        return False
    opens = not _is_sign(bold[0]) or _is_apart(before[-1:])
    closes = not _is_sign(bold[-1]) or _is_apart(after[:1])
    return opens and closes


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _is_apart(character: str) -> bool:
    return not character or character.isspace() or _is_sign(character)


def test_the_judged_questions_of_the_demo_lead_to_entries_of_its_base() -> None:
    ids = {one.id for one in entries(SHIPPED)}
    rows = list(csv.DictReader((HOSPITAL / "judged_questions.csv").read_text("utf-8").splitlines()))
    named = {part for row in rows for part in (row["expected"], *row["acceptable"].split("|")) if part}
    assert named <= ids | NOT_ANSWERED
    assert named >= NOT_ANSWERED
    assert len({row["query"] for row in rows}) == len(rows) >= 90
    published = {text for one in entries(SHIPPED) for text in (one.question, *one.similar)}
    assert [row["query"] for row in rows if row["query"] in published] == []
