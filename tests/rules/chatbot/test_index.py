"""Searching: bases of any size, exact questions, speed of a row, learning that can be repeated."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from caredesk.chatbot.cutter import shared_cutter
from caredesk.chatbot.evidence import FEATURES
from caredesk.chatbot.fusion import learn_fusion, plain_fusion
from caredesk.chatbot.index import FaqEntry, FaqIndex, build_index
from caredesk.chatbot.lexicon import Lexicon
from caredesk.chatbot.views import VIEWS, Postings, Reader, View, even_weight, load_concepts
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


def test_a_single_row_equals_the_vectorizers_row() -> None:
    reader = Reader(shared_cutter(), concepts=Lexicon(load_concepts()))
    readings = [reader.read(text) for text in ("怎么退号退号", "发票在哪开", "快递到哪里了")]
    for tokens_of in VIEWS.values():
        view = View(tokens_of, documents=[[reading] for reading in readings], weigh=even_weight)
        dense = view.rows(readings).toarray()
        row = view.row(readings[0])
        rebuilt = np.zeros(dense.shape[1])
        rebuilt[row.columns] = row.values
        assert np.allclose(rebuilt, dense[0])
        assert np.allclose(Postings(view.rows(readings)).near(row), dense @ dense[0])


def test_with_too_little_to_learn_from_the_plain_sum_serves() -> None:
    assert (learn_fusion([]).weights == plain_fusion().weights).all()


def test_no_evidence_speaks_against_an_entry() -> None:
    index = demo_bot().index
    assert (index._fusion.weights >= 0).all()
    assert (index.calibration.weights >= 0).all()
