"""The console's API of the book of calls: now and today, whom nobody reached, a family's calls, how a call went."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import call_book
from caredesk.console.schemas import ConversationPath
from caredesk.console.who import as_staff
from caredesk.edge.guards import staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read
from caredesk.telephony.book_schemas import CallCourse, CallLines, CallsNow, MissedCalls

TAG = Tag(name="book of calls", description="Calls that go on, recent and missed ones, and how each went.")
api = APIBlueprint("call_book", __name__, url_prefix="/api/desk", abp_tags=[TAG])


@api.get("/hotline/calls", responses={200: CallsNow})
@staff_guard(Permission.SEE_FLOOR)
def get_calls_now() -> ResponseReturnValue:
    """Who waits and who talks on the hotline now, and the last calls of today."""
    services = current_services()
    with read(services) as session:
        found = call_book.calls_now(session, who=as_staff(), now=services.clock.now())
    return answer(found)


@api.get("/missed-calls", responses={200: MissedCalls})
@staff_guard(Permission.WORK)
def get_missed_calls() -> ResponseReturnValue:
    """Callers of the last day whom nobody has spoken with, as far as they are one's own to see."""
    services = current_services()
    with read(services) as session:
        found = call_book.list_missed(session, who=as_staff(), now=services.clock.now())
    return answer(MissedCalls(calls=found))


@api.get("/calls/<conversation_id>/family", responses={200: CallLines})
@staff_guard(Permission.WORK)
def get_family_calls(path: ConversationPath) -> ResponseReturnValue:
    """The last calls with the family of a conversation."""
    with read(current_services()) as session:
        found = call_book.calls_of_family(session, conversation_id=path.conversation_id, who=as_staff())
    return answer(CallLines(calls=found))


@api.get("/calls/<conversation_id>/course", responses={200: CallCourse})
@staff_guard(Permission.WORK)
def get_course(path: ConversationPath) -> ResponseReturnValue:
    """How the newest call of a conversation went, step by step."""
    with read(current_services()) as session:
        found = call_book.course_of(session, conversation_id=path.conversation_id, who=as_staff())
    return answer(found)
