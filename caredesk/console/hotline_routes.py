"""The hotline's set-up, prompts, left messages, call-backs and figures at the desk."""

from __future__ import annotations

from datetime import date

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import call_backs, hotline_changes, hotline_figures, hotline_phones, hotline_setup, voicemails
from caredesk.console.schemas import ConversationPath
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.prompt_files import PromptForm, list_prompts, prompt_sound, reset_prompt, take_prompt
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.telephony.callback_schemas import CallBackList
from caredesk.telephony.hotline_schemas import AgentPhoneList, HotlineFigures
from caredesk.telephony.menu_schemas import (
    HotlineSetupView,
    HotlineVersionList,
    PromptList,
    PromptView,
    PutHotlineSetup,
)
from caredesk.telephony.recording_schemas import VoicemailList

TAG = Tag(name="hotline desk", description="The hotline's set-up, messages, call-backs, figures.")
api = APIBlueprint("hotline_desk", __name__, url_prefix="/api/desk", abp_tags=[TAG])


class PromptPath(BaseModel):
    """A prompt by its name."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,60}$")


class OfDay(BaseModel):
    """A date at the clinic; without one it is today."""

    day: date | None = Field(None, ge=date(2000, 1, 1), le=date(2100, 1, 1))


# ---- set-up ----------------------------------------------------------------------------------------------


@api.get("/hotline/setup", responses={200: HotlineSetupView})
@staff_guard(Permission.SET_UP_HOTLINE)
def get_setup() -> ResponseReturnValue:
    """The menu and its limits as they hold now."""
    return answer(_setup())


@api.put("/hotline/setup", responses={200: HotlineSetupView})
@staff_guard(Permission.SET_UP_HOTLINE)
def put_setup(body: PutHotlineSetup) -> ResponseReturnValue:
    """Keep a changed set-up; it holds from the next call on."""
    with write(current_services(), actor=current_actor()) as work:
        hotline_changes.change_setup(work, setup=body.setup, version=body.version, note=body.note)
    return answer(_setup())


@api.get("/hotline/setup/versions", responses={200: HotlineVersionList})
@staff_guard(Permission.SET_UP_HOTLINE)
def get_versions() -> ResponseReturnValue:
    """The last versions of the set-up, newest first."""
    with read(current_services()) as session:
        versions = hotline_setup.version_list(session)
    return answer(versions)


def _setup() -> HotlineSetupView:
    services = current_services()
    with read(services) as session:
        return hotline_setup.setup_view(session, now=services.clock.now(), speaks=services.speech.speaks)


# ---- prompts ---------------------------------------------------------------------------------------------


@api.get("/hotline/prompts", responses={200: PromptList})
@staff_guard(Permission.SET_UP_HOTLINE)
def get_prompts() -> ResponseReturnValue:
    """Every prompt that callers may hear, with its words and where its sound comes from."""
    return answer(list_prompts(current_services()))


@api.get("/hotline/prompts/<name>/audio")
@staff_guard(Permission.SET_UP_HOTLINE)
def get_prompt_audio(path: PromptPath) -> ResponseReturnValue:
    """Hear one prompt."""
    sound = prompt_sound(current_services(), name=path.name)
    response = Response(sound.wav, mimetype="audio/wav")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(sound.sha256)
    return response.make_conditional(request)


@api.post("/hotline/prompts/<name>/recording", responses={200: PromptView})
@staff_guard(Permission.SET_UP_HOTLINE)
@limited("picture.upload", by="staff")
def post_prompt(path: PromptPath, form: PromptForm) -> ResponseReturnValue:
    """Have an uploaded recording (WAV, 16 bit) played in the place of a prompt."""
    return answer(take_prompt(current_services(), name=path.name, form=form, actor=current_actor()))


@api.delete("/hotline/prompts/<name>/recording", responses={200: PromptView})
@staff_guard(Permission.SET_UP_HOTLINE)
def delete_prompt(path: PromptPath) -> ResponseReturnValue:
    """Have a prompt spoken by the program again."""
    return answer(reset_prompt(current_services(), name=path.name, actor=current_actor()))


# ---- work ------------------------------------------------------------------------------------------------


@api.get("/voicemails", responses={200: VoicemailList})
@staff_guard(Permission.WORK)
def get_voicemails() -> ResponseReturnValue:
    """Left messages that nobody has settled yet, as far as they are one's own to see."""
    with read(current_services()) as session:
        views = voicemails.list_open(session, who=as_staff())
    return answer(VoicemailList(voicemails=views))


@api.get("/call-backs", responses={200: CallBackList})
@staff_guard(Permission.WORK)
def get_call_backs() -> ResponseReturnValue:
    """Call-backs that are owed, in the order in which they will be made, as far as they are one's own to see."""
    with read(current_services()) as session:
        views = call_backs.list_owed(session, who=as_staff())
    return answer(CallBackList(call_backs=views))


@api.delete("/call-backs/<conversation_id>", responses={200: CallBackList})
@staff_guard(Permission.WORK)
def delete_call_back(path: ConversationPath) -> ResponseReturnValue:
    """Take a call-back from the list because nobody needs to be called any more; returns what is still owed."""
    with write(current_services(), actor=current_actor()) as work:
        call_backs.withdraw(work, conversation_id=path.conversation_id, who=as_staff())
    with read(current_services()) as session:
        views = call_backs.list_owed(session, who=as_staff())
    return answer(CallBackList(call_backs=views))


# ---- phones ----------------------------------------------------------------------------------------------


@api.get("/hotline/phones", responses={200: AgentPhoneList})
@staff_guard(Permission.SEE_FLOOR)
def get_phones() -> ResponseReturnValue:
    """Whose phones can be rung now, whose cannot, and since when."""
    services = current_services()
    with read(services) as session:
        agents = hotline_phones.list_of_agents(session, now=services.clock.now())
    return answer(AgentPhoneList(agents=agents))


# ---- figures ---------------------------------------------------------------------------------------------


@api.get("/hotline/figures", responses={200: HotlineFigures})
@staff_guard(Permission.SEE_FLOOR)
def get_figures(query: OfDay) -> ResponseReturnValue:
    """The hotline's figures of one day, each with what it is made of."""
    services = current_services()
    with read(services) as session:
        figures = hotline_figures.figures_of_day(session, day=query.day, now=services.clock.now())
    return answer(figures)
