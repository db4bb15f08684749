"""The console's API about calling families: messages nobody could send, consent of a guardian, and the figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import call_up_consents, call_up_figures, call_up_sending, dead_letters
from caredesk.assistance.call_up_schemas import CallUpFigures, Channel, ConsentView, DeadLeg
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import Shape

TAG = Tag(name="call-ups", description="Calling families: dead messages, consent, figures. Writes carry X-CSRF-Token.")
api = APIBlueprint("call_ups", __name__, url_prefix="/api/console", abp_tags=[TAG])


class LegPath(BaseModel):
    leg_id: str = Field(max_length=36)


class FamilyPath(BaseModel):
    guardian_id: str = Field(max_length=36)


class DeadLegs(Shape):
    """Messages that could not be sent, newest first."""

    legs: list[DeadLeg]


class Consents(Shape):
    """Every channel of a guardian."""

    consents: list[ConsentView]


class NoteConsent(Shape):
    """What a guardian said about a channel."""

    channel: Channel
    given: bool


class FiguresQuery(BaseModel):
    """Of how many days up to now."""

    days: Annotated[int, Field(ge=1, le=366)] = 7


@api.get("/call-ups/dead", responses={200: DeadLegs})
@staff_guard(Permission.SEE_FLOOR)
def get_dead() -> ResponseReturnValue:
    """Messages that could not be sent however often they were tried."""
    with read(current_services()) as session:
        found = call_up_sending.list_dead(session)
    return answer(DeadLegs(legs=found))


@api.post("/call-ups/legs/<leg_id>/replay")
@staff_guard(Permission.SEE_FLOOR)
def post_replay(path: LegPath) -> ResponseReturnValue:
    """Send a dead message again, while the family is still called."""
    with write(current_services(), actor=current_actor()) as work:
        dead_letters.replay(work, kind="call_up", letter_id=path.leg_id)
    return no_content()


@api.get("/families/<guardian_id>/consents", responses={200: Consents})
@staff_guard(Permission.WORK)
def get_consents(path: FamilyPath) -> ResponseReturnValue:
    """By which channels a guardian may be reached, for who deals with the family."""
    with read(current_services()) as session:
        found = call_up_consents.consents_for(session, guardian_id=path.guardian_id, who=as_staff())
    return answer(Consents(consents=found))


@api.put("/families/<guardian_id>/consents", responses={200: Consents})
@staff_guard(Permission.WORK)
@limited("parcel.write", by="staff")
def put_consent(path: FamilyPath, body: NoteConsent) -> ResponseReturnValue:
    """Note what a guardian said about a channel; the last word counts, and who noted it is kept."""
    with write(current_services(), actor=current_actor()) as work:
        found = call_up_consents.take_word(
            work, guardian_id=path.guardian_id, channel=body.channel, given=body.given, who=as_staff()
        )
    return answer(Consents(consents=found))


@api.get("/call-ups/figures", responses={200: CallUpFigures})
@staff_guard(Permission.SEE_FLOOR)
def get_figures(query: FiguresQuery) -> ResponseReturnValue:
    """How calling families went: success of each channel and the median time until they came."""
    services = current_services()
    now = services.clock.now()
    with read(services) as session:
        shown = call_up_figures.figures_between(session, since=now - timedelta(days=query.days), until=now)
    return answer(shown)
