"""What a parent posts, from the shape on the wire to the answer: by request one at a time, by socket many together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from caredesk.actions import chat
from caredesk.actions.names import Names
from caredesk.actions.summaries import patient_views
from caredesk.actions.timeline import patient_message
from caredesk.conversations.errors import ConversationNotFound
from caredesk.core.doing import doing
from caredesk.core.errors import CareDeskError
from caredesk.core.event import Event
from caredesk.core.work import Actor
from caredesk.edge.errors import VisitUnknown
from caredesk.edge.limits import excess_of_each
from caredesk.edge.services import Services, guarding_bot
from caredesk.edge.transactions import write
from caredesk.events.catalogue import MessageCreated
from caredesk.widget.schemas import NewChoice, NewPicture, NewText, PostMessage

PARENTS = Actor(kind="visitor", id="visitors")
"""Behind a transaction of several parents; each row names its own."""


@dataclass(frozen=True)
class Sent:
    """A message as it came over a socket, and from whom."""

    visitor_id: str
    message: PostMessage


Json = dict[str, Any]
Answer = Json | CareDeskError
Line = Callable[[Sent], Awaitable[dict[str, Any]]]


class SocketPosts:
    """Reads what a socket has sent and stands it in the line of those whose messages are committed together."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def post(self, visitor_id: str, data: object) -> dict[str, Any]:
        """Return the answer when the message is on disk; raise pydantic's error when it is no message."""
        return await self._line(Sent(visitor_id, PostMessage.model_validate(data)))


def contents_of(services: Services, messages: Sequence[PostMessage]) -> list[chat.Words | chat.PictureOf]:
    """Return what messages say; their words are looked through for red flags here, before any transaction."""
    texts = [message.body.text for message in messages if isinstance(message.body, NewText)]
    flags = iter(guarding_bot(services).emergencies(texts) if texts else [])
    return [_content_of(message, flags=flags) for message in messages]


def _content_of(message: PostMessage, *, flags: Iterator[bool]) -> chat.Words | chat.PictureOf:
    if isinstance(message.body, NewPicture):
        return chat.PictureOf(picture_id=message.body.picture_id)
    if isinstance(message.body, NewChoice):
        return chat.Words(text="", choice=message.body.entry_id)
    return chat.Words(text=message.body.text, red_flag=next(flags))


def post_all(services: Services, sent: Sequence[Sent]) -> list[Answer]:
    """Append what several parents have sent and return their answers in order; all of it is on disk by then.

    The limits are those of the route, and count together with it.
    """
    span = services.traces.span("posts", kind="consumer", attributes={"caredesk.posts": len(sent)})
    with doing("socket", "post"), span:
        whos = [f"visitor:{one.visitor_id}" for one in sent]
        refusals = excess_of_each(services.limits, rule="message.post", whos=whos)
        answers: dict[int, Answer] = {number: refusal for number, refusal in enumerate(refusals) if refusal is not None}
        admitted = [number for number in range(len(sent)) if number not in answers]
        posts = dict(zip(admitted, _posts_of(services, [sent[number] for number in admitted]), strict=True))
        together = dict(zip(admitted, _append(services, list(posts.values())), strict=True)) if posts else {}
        for number, answer in together.items():
            # Its rows were somebody else's, or it opens a conversation.
            answers[number] = answer if answer is not None else _alone(services, posts[number])
    return [answers[number] for number in range(len(sent))]


def _posts_of(services: Services, sent: Sequence[Sent]) -> list[chat.Post]:
    contents = contents_of(services, [one.message for one in sent])
    return [chat.Post(one.visitor_id, one.message.client_key, what) for one, what in zip(sent, contents, strict=True)]


def _alone(services: Services, post: chat.Post) -> Answer:
    (answer,) = _append(services, [post])
    if answer is None or isinstance(answer, ConversationNotFound):
        # Alone it waits for its rows, so they are gone: the visitor is forgotten, and the page begins anew.
        return VisitUnknown()
    return answer


def _append(services: Services, posts: Sequence[chat.Post]) -> list[Answer | None]:
    limit = services.settings.message_characters
    with write(services, actor=PARENTS, first=True) as work:
        names = Names(work.session)
        outcomes = chat.post_messages(work, posts, limit=limit, names=names)
        written = {o.conversation.id: o.conversation for o in outcomes if isinstance(o, chat.Written)}
        views = patient_views(work.session, list(written.values()), now=work.now, names=names)
        conversations = {view.id: view.model_dump(mode="json") for view in views}
        messages = {event.message.id: event.wire["message"] for event in work.events if _is_message(event)}
        return [
            _posted(outcome, messages=messages, conversations=conversations)
            if isinstance(outcome, chat.Written)
            else outcome
            for outcome in outcomes
        ]


def _is_message(event: Event) -> TypeGuard[MessageCreated]:
    return isinstance(event, MessageCreated)


def _posted(written: chat.Written, *, messages: Mapping[str, Json], conversations: Mapping[str, Json]) -> Json:
    """Return a `Posted` as it goes over the wire: what was told of a message was written out already."""
    message = messages.get(written.entry.id) or patient_message(written.entry).model_dump(mode="json")
    return {"message": message, "conversation": conversations[written.conversation.id]}
