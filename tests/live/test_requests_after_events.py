"""A doctor's requests as loaded once plus what was told since are what would be loaded now; after every step."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from caredesk.actions import arrivals, call_ups, closing
from caredesk.core.audience import doctor
from tests.fixtures.desk import DeskForTests
from tests.fixtures.ward import REQUESTS, Ward


class Phone:
    """The doctor's page: it keeps the newest version of each request and never asks again."""

    def __init__(self, desk: DeskForTests, ward: Ward) -> None:
        self.desk, self.ward, self.taken = desk, ward, len(desk.push.events)
        self.requests = self.fetched()

    def fetched(self) -> dict[str, Any]:
        return {one["id"]: one for one in self.ward.client.get(REQUESTS).json["requests"]}

    def hear(self) -> None:
        room = doctor(self.ward.doctor)
        for event in self.desk.push.events[self.taken :]:
            if event.type == "assist.changed" and room in event.audiences():
                told = event.model_dump(mode="json")["request"]
                known = self.requests.get(told["id"])
                if known is None or told["version"] > known["version"]:
                    self.requests[told["id"]] = told
        self.taken = len(self.desk.push.events)

    def is_up_to_date(self, *, after: str) -> None:
        self.desk.run_jobs()
        self.hear()
        assert self.requests == self.fetched(), after


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
