"""Searching: bases of any size, exact questions, speed of a row, learning that can be repeated."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from caredesk.chatbot.calibration import learn_thresholds
from caredesk.chatbot.evidence import FEATURES
from caredesk.chatbot.fusion import learn_fusion, starting_fusion
from caredesk.chatbot.index import FaqEntry, FaqIndex, build_index
from caredesk.chatbot.packing import Pack, Packer, ranges
from caredesk.chatbot.prior import Tried
from caredesk.chatbot.question import cosines, presence, read_question
from caredesk.chatbot.shortlist import SEARCHED_WHOLE
from caredesk.chatbot.views import VIEWS
from tests.rules.chatbot.sample import SMALL, demo_bot, small_bot


def found(index: FaqIndex, text: str) -> list[str]:
    return [scored.entry.id for scored in index.search(index.read(text)).candidates]


def test_an_empty_base_finds_nothing() -> None:
    result = build_index([], version="0").search("怎么退号")
    assert result.candidates == ()
    assert result.confidence == 0.0


def test_a_single_entry_without_similar_questions_is_found() -> None:
    index = build_index([FaqEntry("only", "", "怎么退号？", (), "点退号")], version="1")
    assert found(index, "怎么退号") == ["only"]
    assert found(index, "zenme tuihao") == ["only"]


def test_an_entry_whose_question_has_no_readable_character_does_no_harm() -> None:
    index = build_index([*SMALL, FaqEntry("odd", "", "😀", (), "…")], version="1")
    assert found(index, "怎么退号")[0] == "cancel"


@pytest.mark.parametrize(
    ("query", "entry"),
    [
        ("號怎麼退", "cancel"),
        ("fapiao zenme kai", "invoice"),
        ("快弟到哪了", "parcel"),
        ("我昨天带孩子看完病，医生开了药，一直没收到，想问快递怎么查", "parcel"),
    ],
)
def test_questions_are_found_however_they_are_written(query: str, entry: str) -> None:
    assert found(small_bot().index, query)[0] == entry


def test_a_published_question_is_that_entry_for_sure() -> None:
    index = demo_bot().index
    for entry in index.entries[::10]:
        result = index.search(index.read(entry.question))
        assert result.candidates[0].entry.id == entry.id
        assert result.confidence >= 0.9


def test_a_question_that_two_entries_share_is_no_sure_answer() -> None:
    twins = [FaqEntry(name, "", "怎么退号", (), name) for name in ("a", "b")]
    index = build_index(twins, version="1")
    assert index.is_published("怎么退号")
    assert index.search("怎么退号").confidence < 0.9


def test_candidates_come_with_the_features_that_spoke_for_them() -> None:
    best = small_bot().index.search("怎么退号").candidates[0]
    assert set(best.features) == set(FEATURES)


def test_the_same_base_and_version_learn_the_same() -> None:
    first, second = (build_index(SMALL, version="7") for _ in range(2))
    again = pickle.loads(pickle.dumps(first))
    for query in ("退号", "发票", "快递到哪", "今天天气"):
        assert first.search(query) == second.search(query) == again.search(query)


def test_a_question_is_nearest_to_itself_in_every_view() -> None:
    shelf = small_bot().index.shelf
    assert shelf is not None
    question = read_question(shelf, "怎么退号")
    near = cosines(question, presence(question, shelf.phrases), lengths=shelf.phrase_lengths)
    itself = shelf.texts.index("怎么退号")
    assert near.shape == (len(VIEWS), len(shelf.texts), 1)
    assert np.allclose(near[:, itself, 0], 1.0, atol=1e-5)
    assert (near.max(axis=1) <= 1.0 + 1e-5).all()


def test_packed_rows_come_back_as_they_went_in() -> None:
    rows = [np.array(row, dtype=np.int32) for row in ([3, 5], [], [7], [1, 2, 9])]
    packer = Packer()
    for row in rows:
        packer.add(row)
    for pack in (packer.packed(), Pack.of(rows)):
        assert [pack.row(at).tolist() for at in range(len(pack))] == [row.tolist() for row in rows]
        taken = pack.taken(np.array([3, 0]))
        assert [taken.row(0).tolist(), taken.row(1).tolist()] == [[1, 2, 9], [3, 5]]
    assert ranges(np.array([4, 9]), np.array([6, 9])).tolist() == [4, 5]


def test_with_too_little_to_learn_from_what_other_bases_taught_serves() -> None:
    assert (learn_fusion([]).weights == starting_fusion().weights).all()


def test_no_evidence_speaks_against_an_entry() -> None:
    assert (demo_bot().index.fusion.weights >= 0).all()


def many(size: int) -> list[FaqEntry]:
    return [
        FaqEntry(f"room-{number}", "地点", f"{number}号诊室在几楼？", (f"怎么去{number}诊室",), f"在{number % 9}楼。")
        for number in range(size)
    ]


def test_a_base_too_large_to_be_searched_whole_finds_the_same() -> None:
    index = build_index([*SMALL, *many(SEARCHED_WHOLE * 2)], version="1")
    assert found(index, "号怎么退掉")[0] == "cancel"
    assert found(index, "电子发票去哪下载")[0] == "invoice"
    assert found(index, "去137诊室怎么走")[0] == "room-137"


def test_a_new_entry_is_found_at_once_and_what_was_learned_stays() -> None:
    before = build_index(SMALL, version="1")
    new = FaqEntry("parking", "来院", "停车怎么收费？", ("车停哪里",), "每小时五元。")
    after = build_index([*SMALL, new], version="2", before=before)
    assert found(after, "停车要多少钱")[0] == "parking"
    assert found(after, "号怎么退掉")[0] == "cancel"
    assert after.version == "2"
    assert (after.fusion.weights == before.fusion.weights).all()
    assert after.instinct is before.instinct


def test_a_changed_and_a_retired_entry_are_read_anew() -> None:
    before = build_index(SMALL, version="1")
    changed = replace(SMALL[1], question="轮椅在哪里借？", similar=())
    after = build_index([changed, *SMALL[2:]], version="2", before=before)
    assert found(after, "想借个轮椅")[0] == changed.id
    assert not after.is_published("怎么退号")
    assert "cancel" not in found(after, "怎么退号")


def test_an_index_that_carried_on_knows_the_same_as_one_built_anew() -> None:
    carried = build_index(SMALL, version="1", before=build_index(SMALL[:3], version="0")).shelf
    anew = build_index(SMALL, version="1").shelf
    assert carried is not None
    assert anew is not None
    assert list(carried.texts) == list(anew.texts)
    assert np.allclose(carried.weights, anew.weights)
    assert (carried.phrases.tokens == anew.phrases.tokens).all()


def test_a_stricter_precision_never_answers_at_a_lower_confidence() -> None:
    index = small_bot().index
    loose, usual, strict = (index.thresholds(precision=wanted).answer for wanted in (0.8, 0.95, 0.99))
    assert loose <= usual <= strict


def test_thresholds_keep_the_wanted_precision_among_what_was_tried() -> None:
    tried = [Tried(0.9, answerable=True, right=True)] * 19 + [Tried(0.8, answerable=False, right=False)] * 2
    assert learn_thresholds(tried, precision=0.95).answer == 0.9
    assert learn_thresholds(tried, precision=0.9).answer == 0.8
    hopeless = [Tried(0.9, answerable=True, right=False)]
    assert learn_thresholds(hopeless, precision=0.95).answer == 1.0
