"""Answers from live data: what the schedule, the line, the parcels and the graph say, as of when, and what they keep
to themselves."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from caredesk.actions import chat, graph, visits
from caredesk.actions.live_answers import PROVIDERS
from caredesk.chatbot.index import FaqEntry
from caredesk.clinic.models import ClinicSession, Department, Doctor
from caredesk.core.clock import from_clinic
from caredesk.core.ids import new_id
from caredesk.events.shapes import AnswerBody, Body
from caredesk.knowledge_base.graph_rules import check_graph
from caredesk.knowledge_base.graph_schemas import EdgeContent, Graph, NodeContent
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.rules import LIVE_PROVIDERS
from caredesk.patients.models import Appointment, Guardianship, Parcel
from tests.fixtures.desk import DeskForTests, bot_over
from tests.fixtures.records import add_family

SATURDAY = date(2026, 11, 28)
ENTRIES = {
    "clinic_sessions": FaqEntry("schedule", "开诊", "怎么查医生的出诊时间？", ("医生哪天出诊",), "在医生主页里看。"),
    "clinic_overview": FaqEntry("hours", "开诊", "线上几点开诊？", ("几点开始看病", "哪些科室今天出诊"), "每天八点。"),
    "holidays": FaqEntry("holiday", "开诊", "节假日线上开诊吗？", ("春节开诊吗", "元旦放假吗"), "以公告为准。"),
    "service_hours": FaqEntry("agents", "客服", "人工客服几点上班？", ("客服几点下班",), "八点到二十点。"),
    "queue_place": FaqEntry("line", "候诊", "前面还有几位？", ("排到第几个了", "还要等几个人"), "在候诊页里看。"),
    "parcels": FaqEntry("parcel", "物流", "药寄到哪儿了？", ("快递到哪了", "怎么查物流"), "在“我的处方”里看。"),
    "fees": FaqEntry("fee", "缴费", "线上看诊怎么收费？", ("看诊多少钱", "图文问诊多少钱"), "以缴费页为准。"),
    "steps": FaqEntry("booking", "预约", "怎么预约视频号？", ("视频号怎么约", "预约流程"), "按页面提示操作。"),
    "documents": FaqEntry("papers", "账号", "添加就诊人要什么材料？", ("要哪些证件", "需要什么证"), "见页面说明。"),
}  # fmt: skip


@pytest.fixture
def live_desk(desk: DeskForTests) -> DeskForTests:
    """A desk with a bound entry for every provider, two departments and a week of sessions."""
    desk.add_queue()
    with desk.write() as work:
        for provider, entry in ENTRIES.items():
            work.session.add(_row(entry, live=provider, at=work.now))
        work.session.add(Department(id="dermatology", name="皮肤科", name_en="Dermatology", position=1))
        work.session.add(Department(id="dentistry", name="口腔科", name_en="Dentistry", position=2))
        work.session.flush()
        work.session.add(Doctor(id="wu-anran", name="吴安然", department_id="dermatology", title="主任医师"))
        work.session.add(Doctor(id="wu-jing", name="吴静", department_id="dentistry", title="主治医师"))
        work.session.flush()
    add_session(desk, day=SATURDAY, start=8, end=12, doctor="wu-anran")
    add_session(desk, day=SATURDAY + timedelta(days=2), start=13, end=17, doctor="wu-anran")
    add_session(desk, day=date(2026, 11, 23), start=9, end=12, doctor="wu-jing", department="dentistry")
    desk.bot.bot = bot_over(list(ENTRIES.values()))
    return desk


def _row(entry: FaqEntry, *, live: str, at: datetime) -> KbEntry:
    return KbEntry(
        id=entry.id, category=entry.category, question=entry.question, similar=list(entry.similar), answer=entry.answer,
        source="《服务指南》", live=live, state="published", pending="", published_version=1, created_at=at,
        updated_at=at,
    )  # fmt: skip


def add_session(
    desk: DeskForTests, *, day: date, start: int, end: int, doctor: str, department: str = "dermatology",
    status: str = "scheduled",
) -> None:  # fmt: skip
    with desk.write() as work:
        work.session.add(
            ClinicSession(
                id=new_id(),
                department_id=department,
                doctor_id=doctor,
                day=day,
                starts_at=from_clinic(datetime.combine(day, time(start))),
                ends_at=from_clinic(datetime.combine(day, time(end))),
                kind="morning" if start < 12 else "afternoon",
                status=status,
            )
        )


def ask(desk: DeskForTests, visitor: str, text: str) -> Body:
    """Have a visitor ask, and return what the bot said to it."""
    desk.say(visitor, text)
    desk.run_jobs()
    return desk.push.of_type("message.created")[-1].message.body


def answer(desk: DeskForTests, visitor: str, text: str) -> AnswerBody:
    body = ask(desk, visitor, text)
    assert isinstance(body, AnswerBody), body
    assert body.live is not None
    return body


def stranger(desk: DeskForTests) -> str:
    return desk.visit().visitor.id


def test_every_provider_of_the_rules_exists_and_no_other() -> None:
    assert set(PROVIDERS) == set(LIVE_PROVIDERS)


# ---- the schedule ----------------------------------------------------------------------------------------


def test_a_department_on_a_day_is_answered_from_the_schedule(live_desk: DeskForTests) -> None:
    said = answer(live_desk, stranger(live_desk), "皮肤科周六出诊吗")
    assert "08:00–12:00 吴安然" in said.text
    assert said.live is not None
    assert (said.entry_id, said.live.state, said.live.as_of) == ("schedule", "fresh", live_desk.clock.now())
    assert said.live.source


def test_the_day_is_carried_on_to_another_department(live_desk: DeskForTests) -> None:
    visitor = stranger(live_desk)
    answer(live_desk, visitor, "皮肤科周六出诊吗")
    said = answer(live_desk, visitor, "口腔科呢")
    assert "口腔科" in said.text and "没有线上出诊" in said.text


def test_asked_back_for_a_department_the_parent_answers_in_one_word(live_desk: DeskForTests) -> None:
    visitor = stranger(live_desk)
    asked = ask(live_desk, visitor, "怎么查医生的出诊时间")
    assert asked.kind == "suggestions"
    assert [choice.entry_id for choice in asked.choices] == ["", ""]
    assert "吴安然" in answer(live_desk, visitor, asked.choices[0].question).text


def test_a_cancelled_session_is_said_to_be_cancelled_with_the_next_one(live_desk: DeskForTests) -> None:
    add_session(live_desk, day=date(2026, 11, 23), start=13, end=17, doctor="wu-anran", status="cancelled")
    said = answer(live_desk, stranger(live_desk), "吴安然医生今天下午停诊吗")
    assert "停诊" in said.text and "最近一次出诊" in said.text and "11月28日" in said.text


def test_of_two_doctors_of_one_name_the_right_one_is_asked_for(live_desk: DeskForTests) -> None:
    visitor = stranger(live_desk)
    asked = ask(live_desk, visitor, "吴医生周六出诊吗")
    assert [choice.question for choice in asked.choices] == ["吴安然（皮肤科）", "吴静（口腔科）"]
    assert "08:00–12:00" in answer(live_desk, visitor, asked.choices[0].question).text


def test_a_doctor_whom_nobody_knows_is_not_invented(live_desk: DeskForTests) -> None:
    said = answer(live_desk, stranger(live_desk), "王医生今天下午停诊吗")
    assert said.live is not None and said.live.state == "missing"
    assert "没有查到" in said.text


def test_a_day_without_a_published_schedule_is_not_called_free(live_desk: DeskForTests) -> None:
    said = answer(live_desk, stranger(live_desk), "皮肤科2027年3月1日出诊吗")
    assert said.live is not None and said.live.state == "missing"
    assert "还没有发布" in said.text


def test_while_a_session_runs_the_evaluators_word_is_given(live_desk: DeskForTests) -> None:
    assert "现在正在出诊，到 12:00 结束" in answer(live_desk, stranger(live_desk), "口腔科今天出诊吗").text


def test_a_change_of_the_schedule_is_told_at_once(live_desk: DeskForTests) -> None:
    visitor = stranger(live_desk)
    assert "没有线上出诊" in answer(live_desk, visitor, "皮肤科周日出诊吗").text
    add_session(live_desk, day=date(2026, 11, 29), start=9, end=11, doctor="wu-anran")
    assert "09:00–11:00" in answer(live_desk, visitor, "皮肤科周日出诊吗").text


def test_a_whole_day_lists_the_departments(live_desk: DeskForTests) -> None:
    said = answer(live_desk, stranger(live_desk), "线上几点开诊")
    assert "口腔科 09:00–12:00" in said.text and "每天八点" in said.text


def test_the_calendar_says_which_holiday_comes_next(live_desk: DeskForTests) -> None:
    said = answer(live_desk, stranger(live_desk), "节假日线上开诊吗")
    assert said.live is not None
    assert "假" in said.text


def test_service_hours_come_from_the_one_evaluator(live_desk: DeskForTests) -> None:
    assert "全天服务" in answer(live_desk, stranger(live_desk), "人工客服几点上班").text


# ---- a family's own --------------------------------------------------------------------------------------


def test_a_stranger_learns_nothing_of_anybodys_parcels(live_desk: DeskForTests) -> None:
    add_family(live_desk)
    said = answer(live_desk, stranger(live_desk), "药寄到哪儿了")
    assert said.live is not None and said.live.state == "unknown_visitor"
    assert "演示快递" not in said.text


def test_a_family_sees_its_own_parcel_masked_and_no_other(live_desk: DeskForTests) -> None:
    mine, other = add_family(live_desk), add_family(live_desk, name="李红", child="李想")
    report(live_desk, guardian_id=mine, text="到达演示市营业点", ago=timedelta(hours=5))
    report(live_desk, guardian_id=other, text="到达别处", ago=timedelta(hours=1))
    said = answer(live_desk, live_desk.visit(external_id=mine).visitor.id, "药寄到哪儿了")
    assert "到达演示市营业点" in said.text and "到达别处" not in said.text
    assert mine[-12:] not in said.text and "浦东" not in said.text
    assert f"尾号 {mine[-4:]}" in said.text
    assert said.live is not None
    assert (said.live.state, said.live.as_of) == ("fresh", live_desk.clock.now() - timedelta(hours=5))


def test_an_old_trace_is_not_told_as_where_the_parcel_is(live_desk: DeskForTests) -> None:
    mine = add_family(live_desk)
    report(live_desk, guardian_id=mine, text="到达演示市营业点", ago=timedelta(days=4))
    said = answer(live_desk, live_desk.visit(external_id=mine).visitor.id, "药寄到哪儿了")
    assert said.live is not None and said.live.state == "stale"
    assert "到达演示市营业点" not in said.text and "4 天没有更新" in said.text


def report(desk: DeskForTests, *, guardian_id: str, text: str, ago: timedelta) -> None:
    with desk.write() as work:
        parcel = work.session.query(Parcel).filter_by(number=f"SF{guardian_id[-12:]}").one()
        parcel.status = "in_transit"
        parcel.trace = [{"at": (work.now - ago).isoformat(), "text": text}]


def test_the_place_in_the_line_counts_who_has_checked_in_before(live_desk: DeskForTests) -> None:
    mine, others = add_family(live_desk), [add_family(live_desk, name=f"某{n}", child=f"小{n}") for n in range(3)]
    session_id = new_id()
    for number, (guardian_id, status) in enumerate(
        zip([others[0], others[1], mine, others[2]], ["checked_in", "booked", "checked_in", "checked_in"], strict=True)
    ):
        book(live_desk, guardian_id=guardian_id, number=number + 1, status=status, session_id=session_id)
    said = answer(live_desk, live_desk.visit(external_id=mine).visitor.id, "前面还有几位")
    assert "**3 号**" in said.text and "**1 位**" in said.text
    assert "某" not in said.text and "小" not in said.text


def book(desk: DeskForTests, *, guardian_id: str, number: int, status: str, session_id: str) -> None:
    with desk.write() as work:
        child = work.session.query(Guardianship).filter_by(guardian_id=guardian_id).one().patient_id
        work.session.add(
            Appointment(
                id=new_id(),
                patient_id=child,
                guardian_id=guardian_id,
                department_id="dermatology",
                doctor_id="wu-anran",
                clinic_session_id=session_id,
                starts_at=work.now + timedelta(hours=1, minutes=number),
                status=status,
                number_in_line=number,
            )
        )


def test_without_a_visit_today_the_line_has_no_place(live_desk: DeskForTests) -> None:
    mine = add_family(live_desk)
    said = answer(live_desk, live_desk.visit(external_id=mine).visitor.id, "前面还有几位")
    assert said.live is not None and said.live.state == "missing"


# ---- the graph -------------------------------------------------------------------------------------------

GRAPH = Graph(
    nodes=(
        NodeContent(id="text-visit", kind="service", name="图文问诊"),
        NodeContent(id="video-visit", kind="service", name="视频问诊", entry_id="booking"),
        NodeContent(id="add-patient", kind="service", name="添加就诊人", entry_id="papers"),
        NodeContent(id="fee-text", kind="fee", name="图文问诊", amount=3000, unit="/次", source="价格公示"),
        NodeContent(id="fee-video", kind="fee", name="主任医师", amount=8050, unit="/次", source="价格公示"),
        NodeContent(id="pay", kind="step", name="付款", position=1),
        NodeContent(id="choose", kind="step", name="选医生", position=2),
        NodeContent(id="birth", kind="document", name="出生医学证明", detail="原件照片"),
    ),
    edges=(
        EdgeContent(source_id="text-visit", kind="costs", target_id="fee-text"),
        EdgeContent(source_id="video-visit", kind="costs", target_id="fee-video"),
        EdgeContent(source_id="pay", kind="part_of", target_id="video-visit"),
        EdgeContent(source_id="choose", kind="part_of", target_id="video-visit"),
        EdgeContent(source_id="choose", kind="next", target_id="pay"),
        EdgeContent(source_id="add-patient", kind="needs", target_id="birth"),
        EdgeContent(source_id="video-visit", kind="related", target_id="add-patient"),
    ),
)


def fill_graph(desk: DeskForTests) -> None:
    with desk.write() as work:
        assert graph.import_graph(work, check_graph(GRAPH), replace=True).imported


def test_fees_come_from_the_graph_for_the_service_that_was_named(live_desk: DeskForTests) -> None:
    fill_graph(live_desk)
    visitor = stranger(live_desk)
    every = answer(live_desk, visitor, "线上看诊怎么收费")
    assert "30 元" in every.text and "80.50 元" in every.text
    one = answer(live_desk, visitor, "图文问诊多少钱")
    assert "30 元" in one.text and "80.50 元" not in one.text
    assert one.live is not None and one.live.source == "价格公示"


def test_prices_that_nobody_checked_for_a_year_are_not_told(live_desk: DeskForTests) -> None:
    fill_graph(live_desk)
    live_desk.clock.advance(days=400)
    said = answer(live_desk, stranger(live_desk), "线上看诊怎么收费")
    assert said.live is not None and said.live.state == "stale"
    assert "30 元" not in said.text and "以缴费页显示的金额为准" in said.text


def test_without_a_graph_the_words_of_the_entry_stand_and_the_gap_is_said(live_desk: DeskForTests) -> None:
    said = answer(live_desk, stranger(live_desk), "线上看诊怎么收费")
    assert said.live is not None and said.live.state == "missing"
    assert "以缴费页为准" in said.text


def test_steps_stand_in_the_order_of_their_relations(live_desk: DeskForTests) -> None:
    fill_graph(live_desk)
    text = answer(live_desk, stranger(live_desk), "怎么预约视频号").text
    assert text.index("1. 选医生") < text.index("2. 付款")


def test_documents_of_a_service_are_listed_and_neighbours_come_as_related_questions(live_desk: DeskForTests) -> None:
    fill_graph(live_desk)
    said = answer(live_desk, stranger(live_desk), "添加就诊人要什么材料")
    assert "出生医学证明：原件照片" in said.text
    assert said.related[0].entry_id == "booking"


# ---- both at once ----------------------------------------------------------------------------------------


def test_two_questions_get_two_answers_in_one_message_each_with_its_source(live_desk: DeskForTests) -> None:
    said = answer(live_desk, stranger(live_desk), "人工客服几点上班？另外线上看诊怎么收费？")
    assert [part.entry_id for part in (said, *said.also)] == ["agents", "fee"]
    assert said.also[0].live is not None and said.also[0].source == "《服务指南》"


def test_a_live_question_may_be_asked_again_and_what_was_kept_is_in_the_turn(live_desk: DeskForTests) -> None:
    visitor = stranger(live_desk)
    for _ in range(3):
        assert answer(live_desk, visitor, "皮肤科周六出诊吗").entry_id == "schedule"


def test_after_hours_of_silence_a_leaning_message_stands_for_itself(live_desk: DeskForTests) -> None:
    visitor = stranger(live_desk)
    answer(live_desk, visitor, "皮肤科周六出诊吗")
    live_desk.clock.advance(hours=3)
    body = ask(live_desk, visitor, "那周日呢")
    assert not isinstance(body, AnswerBody) or "皮肤科" not in body.text


def test_a_tapped_question_becomes_the_topic(live_desk: DeskForTests) -> None:
    visitor = stranger(live_desk)
    with live_desk.write() as work:
        words = chat.Words(text="", choice="hours")
        chat.post_message(work, visitor_id=visitor, client_key=live_desk.key(), content=words, limit=2000)
    live_desk.run_jobs()
    assert "吴安然" in answer(live_desk, visitor, "皮肤科呢").text


def test_the_same_question_twice_hands_over_and_says_why(live_desk: DeskForTests) -> None:
    with live_desk.write() as work:
        work.session.get_one(KbEntry, "papers").live = ""
    visitor = stranger(live_desk)
    for _ in range(2):
        live_desk.say(visitor, "添加就诊人要什么材料")
        live_desk.run_jobs()
    found = live_desk.push.of_type("conversation.changed")[-1].conversation
    assert found.status == "waiting"
    assert live_desk.conversation(found.id).handoff_reason == "repeated"


def test_english_visitors_are_answered_in_english(live_desk: DeskForTests) -> None:
    with live_desk.write() as work:
        visitor = visits.open_visit(work, visitor_id=None, external_id=None, language="en").visitor.id
    said = answer(live_desk, visitor, "is dermatology open on saturday")
    assert "Dermatology" in said.text and "online sessions Sat 2026-11-28" in said.text


@pytest.mark.parametrize("text", ["皮肤科' OR 1=1 --周六出诊吗", "<script>皮肤科周六出诊吗</script>", "皮肤科" * 600])
def test_hostile_words_reach_no_query_and_no_markup(live_desk: DeskForTests, text: str) -> None:
    body = ask(live_desk, stranger(live_desk), text)
    assert "<script" not in body.model_dump_json() and "OR 1=1" not in body.model_dump_json()
