"""Prompts as sound: a recording where people have made one, else what the program speaks; uploads are checked here.

Outside transactions: speaking a hundred prompts for the first time takes seconds.
"""

from __future__ import annotations

from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel
from sqlalchemy.orm import Session

from caredesk.actions import hotline_changes, hotline_setup
from caredesk.core.ids import new_id
from caredesk.core.work import Actor
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.telephony import menu_queries
from caredesk.telephony.menu_models import PromptRecording
from caredesk.telephony.menu_schemas import EnginePrompt, EnginePrompts, PromptList, PromptView
from caredesk.telephony.prompt_catalogue import Prompt
from caredesk.telephony.sound import OWN_SOUNDS, Sound, uploaded_sound

UPLOAD_BYTES = 5_000_000
UPLOAD_SECONDS = 120


class PromptForm(BaseModel):
    """A form with one WAV file."""

    recording: FileStorage


def prompt_sound(services: Services, *, name: str) -> Sound:
    """Return what callers hear under a name; raise PromptUnknown when there is no such prompt."""
    with read(services) as session:
        prompt = hotline_setup.get_prompt(session, name=name)
        recorded = menu_queries.find_prompt_recording(session, name=name)
    if recorded is not None:
        return Sound(wav=services.files.get(recorded.file_id), seconds=recorded.seconds)
    return services.speech.sound(name, text=prompt.zh)


def list_engine_prompts(services: Services) -> EnginePrompts:
    """Return every prompt as the engine compares it with its copies."""
    views = list_prompts(services).prompts
    return EnginePrompts(prompts=[EnginePrompt(name=one.name, sha256=one.sha256, seconds=one.seconds) for one in views])


def list_prompts(services: Services) -> PromptList:
    """Return every prompt with where its sound comes from; those that were never spoken are spoken now."""
    with read(services) as session:
        prompts, recorded = _all(session)
    views = [_view(services, prompt, recorded=recorded.get(prompt.name)) for prompt in prompts]
    return PromptList(speech="speech" if services.speech.speaks else "tones", prompts=views)


def take_prompt(services: Services, *, name: str, form: PromptForm, actor: Actor) -> PromptView:
    """Check an uploaded recording, make it fit for telephones and have it played from now on."""
    with read(services) as session:
        prompt = hotline_setup.get_prompt(session, name=name)
    content = form.recording.read(UPLOAD_BYTES + 1)
    sound = uploaded_sound(content, limit_bytes=UPLOAD_BYTES, longest_seconds=UPLOAD_SECONDS)
    file_id = new_id()
    services.files.put(file_id, sound.wav)
    with write(services, actor=actor) as work:
        hotline_changes.replace_prompt(work, name=name, file_id=file_id, sha256=sound.sha256, seconds=sound.seconds)
    with read(services) as session:
        return _view(services, prompt, recorded=menu_queries.find_prompt_recording(session, name=name))


def reset_prompt(services: Services, *, name: str, actor: Actor) -> PromptView:
    """Have a prompt spoken by the program again."""
    with write(services, actor=actor) as work:
        hotline_changes.reset_prompt(work, name=name)
        prompt = hotline_setup.get_prompt(work.session, name=name)
    return _view(services, prompt, recorded=None)


def _all(session: Session) -> tuple[list[Prompt], dict[str, PromptRecording]]:
    recorded = {row.name: row for row in menu_queries.list_prompt_recordings(session)}
    return hotline_setup.list_prompts(session), recorded


def _view(services: Services, prompt: Prompt, *, recorded: PromptRecording | None) -> PromptView:
    if recorded is not None:
        return PromptView(
            name=prompt.name,
            kind=prompt.kind,
            zh=prompt.zh,
            en=prompt.en,
            origin="uploaded",
            seconds=recorded.seconds,
            sha256=recorded.sha256,
            uploaded_by=recorded.uploaded_by,
            uploaded_at=recorded.uploaded_at,
        )
    sound = services.speech.sound(prompt.name, text=prompt.zh)
    spoken = "speech" if services.speech.speaks else "tones"
    return PromptView(
        name=prompt.name,
        kind=prompt.kind,
        zh=prompt.zh,
        en=prompt.en,
        origin="made" if prompt.name in OWN_SOUNDS else spoken,
        seconds=sound.seconds,
        sha256=sound.sha256,
        uploaded_by="",
        uploaded_at=None,
    )
