"""A doctor's requests as loaded once plus what was told since are what would be loaded now; after every step."""

from __future__ import annotations

from flask.testing import FlaskClient

from caredesk.actions import arrivals, call_ups, closing
from tests.fixtures.desk import DeskForTests
from tests.fixtures.ward import Phone, Ward


def test_the_doctors_page_shows_what_it_would_fetch_after_every_step(desk: DeskForTests, client: FlaskClient) -> None:
    ward = Ward(desk, client)
    desk.add_option("close_category", "assist")
    desk.add_option("close_outcome", "solved", parent="assist")
    assistant = desk.add_agent("xu", queues=[ward.queue])
    phone = Phone(desk, ward)
    request = ward.call()
    phone.is_up_to_date(after="raised and offered")
    conversation = desk.accept(assistant)
    phone.is_up_to_date(after="accepted")
    ward.do(request, "messages", client_key="word-00000001", text="家长说在地铁上")
    phone.is_up_to_date(after="the doctor writes")
    ward.do(request, "urge")
    phone.is_up_to_date(after="urged")
    with desk.write() as work:
        call_ups.record_outcome(work, request_id=request["id"], staff_id=assistant, outcome="no_answer")
    phone.is_up_to_date(after="nobody answers the telephone")
    desk.clock.advance(minutes=2)
    phone.is_up_to_date(after="the ladder goes on")
    with desk.write() as work:
        child = ward.patient_id
        arrivals.arrive(work, patient_id=child, guardian_id=None, by="webhook")
    phone.is_up_to_date(after="arrived")
    assert phone.requests[request["id"]]["state"] == "arrived"
    ward.do(request, "rating", score=5)
    phone.is_up_to_date(after="rated")
    helped = ward.ask("free_text", form={"text": "请帮忙打印排班"}).json
    desk.run_jobs()
    conversation = desk.accept(assistant)
    phone.is_up_to_date(after="another is accepted")
    with desk.write() as work:
        closing.close_conversation(
            work,
            conversation_id=conversation,
            who=desk.as_agent(assistant),
            category="assist",
            outcome="solved",
            note="",
        )
    phone.is_up_to_date(after="closed by the assistant")
    withdrawn = ward.ask("system_trouble", form={"what": "page"}).json
    ward.do(withdrawn, "withdraw")
    phone.is_up_to_date(after="withdrawn")
    assert {phone.requests[one["id"]]["state"] for one in (helped, withdrawn)} == {"closed", "withdrawn"}
