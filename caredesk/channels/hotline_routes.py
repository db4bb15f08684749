"""The wire to a telephone engine: facts come in, commands go out, and which phones may register. `docs/hotline.md`."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated, Any

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.actions import call_engines, call_phones
from caredesk.actions.call_intake import read_fact
from caredesk.actions.call_steps import BELL
from caredesk.edge.guards import engine_guard
from caredesk.edge.hotline_intake import ENGINE, take_batch
from caredesk.edge.respond import answer, current_services
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.telephony.commands import Commands, PhoneBook, Taken

TAG = Tag(name="hotline", description="The telephone engine; see docs/hotline.md.")
api = APIBlueprint("hotline_wire", __name__, url_prefix="/hooks/hotline", abp_tags=[TAG])

MOST_FACTS = 200
LOOKS_EVERY = 0.5
"""Seconds after which a waiting request looks by itself: another process may have brought the command."""

EngineName = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[a-z_]+$")]


class Tell(BaseModel):
    """What an engine tells, and which commands it has done; each fact is read by itself, so that one bad one is one."""

    engine: EngineName
    run: str = Field("", max_length=64)
    facts: list[dict[str, Any]] = Field([], max_length=MOST_FACTS)
    done: list[Annotated[str, Field(max_length=36)]] = Field([], max_length=1000)


class CommandsQuery(BaseModel):
    """Which engine asks, and how many seconds the answer may wait for something to say.

    `known` are the numbers of the commands that the engine is carrying out: those are answered all the same, but are
    no reason to answer at once. One number that is the last of all would not do, for two transactions can be seen in
    another order than that of their numbers. `after` is that number, of an engine that knows no better.
    """

    engine: EngineName
    wait: float = Field(0.0, ge=0, le=25)
    after: int = Field(0, ge=0, le=2**53)
    known: str = Field("", max_length=4000, pattern=r"^(\d{1,16}(,\d{1,16})*)?$")

    def has_news(self, numbers: Iterable[int]) -> bool:
        """Tell whether the engine has yet to hear of one of these commands."""
        known = {int(one) for one in self.known.split(",") if one}
        return any(number > self.after and number not in known for number in numbers)


@api.post("/facts", responses={200: Taken})
@engine_guard
def post_facts(body: Tell) -> ResponseReturnValue:
    """Take facts, each once; what cannot be read is answered as taken, for it will not read better next time."""
    facts = [told for data in body.facts if (told := read_fact(data)) is not None]
    taken = take_batch(current_services(), engine=body.engine, run=body.run, facts=facts, done=body.done)
    return answer(Taken(taken=taken))


@api.get("/commands", responses={200: Commands})
@engine_guard
def get_commands(query: CommandsQuery) -> ResponseReturnValue:
    """Everything that the engine has not yet done, oldest first; waits for the first one as long as it is asked to."""
    services = current_services()
    _note_heard(services, engine=query.engine)
    until = time.monotonic() + query.wait
    while True:
        heard = services.bells.heard(BELL)
        with read(services) as session:
            found = call_engines.commands_for(session, engine=query.engine)
        left = until - time.monotonic()
        if left <= 0 or services.bells.over or query.has_news(one.n for one in found.commands):
            return answer(found)
        services.bells.wait(BELL, heard=heard, seconds=min(left, LOOKS_EVERY))


def _note_heard(services: Services, *, engine: str) -> None:
    with read(services) as session:
        due = call_engines.is_due_to_be_noted(session, name=engine, now=services.clock.now())
    if due:
        with write(services, actor=ENGINE) as work:
            call_engines.hear(work, name=engine)


@api.get("/phones", responses={200: PhoneBook})
@engine_guard
def get_phones() -> ResponseReturnValue:
    """Every phone that may register, with what its password is checked by."""
    with read(current_services()) as session:
        book = call_phones.phone_book(session)
    return answer(book)
