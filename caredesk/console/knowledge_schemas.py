"""What the knowledge editor's page sends and receives."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel, Field

from caredesk.actions.knowledge_editing import Chosen
from caredesk.conversations.rules import tidy_text
from caredesk.events.shapes import Shape
from caredesk.knowledge_base.rules import one_line_end
from caredesk.knowledge_base.schemas import Attachment, Audience, DueMark, EntryContent, FieldChange, Stage

EntryId = Annotated[str, Field(max_length=80)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class EntryPath(BaseModel):
    entry_id: str = Field(max_length=80)


class PublicationPath(BaseModel):
    publication_id: str = Field(max_length=36)


class FilePath(BaseModel):
    file_id: str = Field(max_length=36)


class ListQuery(BaseModel):
    """What is looked for; empty parts do not matter."""

    q: str = Field(default="", max_length=100)
    stage: Stage | None = None
    category: str = Field(default="", max_length=60)
    audience: Audience | None = None
    due: DueMark | None = None
    offset: int = Field(default=0, ge=0, le=1_000_000)


class EntryForm(Shape):
    """Everything of an entry that an editor writes. Its words are checked like those of an imported row."""

    category: str = Field(max_length=200)
    question: str = Field(max_length=1000)
    similar: list[Annotated[str, Field(max_length=1000)]] = Field(max_length=500)
    answer: str = Field(max_length=40_000)
    source: str = Field(default="", max_length=1000)
    owner: str = Field(default="", max_length=1000)
    valid_from: date | None = None
    valid_until: date | None = None
    recheck_on: date | None = None
    popular: bool = False
    audience: Audience = "parent"
    live: str = Field(default="", max_length=40)
    attachments: list[Attachment] = Field(default=[], max_length=20)

    def content(self, entry_id: str) -> EntryContent:
        """Return the content under an entry's id, without outer blanks and empty lines."""
        similar = dict.fromkeys(one_line_end(text).strip() for text in self.similar if text.strip())
        return EntryContent(
            id=entry_id,
            category=one_line_end(self.category).strip(),
            question=one_line_end(self.question).strip(),
            similar=tuple(similar),
            answer=one_line_end(self.answer).strip(),
            source=one_line_end(self.source).strip(),
            owner=one_line_end(self.owner).strip(),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            recheck_on=self.recheck_on,
            popular=self.popular,
            audience=self.audience,
            live=self.live,
            attachments=tuple(map(_tidy, self.attachments)),
        )


def _tidy(file: Attachment) -> Attachment:
    words = {name: tidy_text(value) for name, value in file if isinstance(value, str)}
    return file.model_copy(update=words)


class NewEntry(Shape):
    """An entry to begin; without an id it gets one."""

    id: EntryId = ""
    content: EntryForm


class SaveEntry(Shape):
    """A change of the entry as it was at `base_version`; 409 when somebody else has saved since."""

    base_version: Version
    content: EntryForm


class AdviseOn(Shape):
    """An entry as it stands in the form, saved or not."""

    id: EntryId = ""
    content: EntryForm


class ChosenEntry(Shape):
    id: EntryId
    version: Version

    def chosen(self) -> Chosen:
        """Return the choice as actions know it."""
        return Chosen(entry_id=self.id, version=self.version)


class ChosenEntries(Shape):
    """Entries with the versions that were seen when they were chosen."""

    entries: list[ChosenEntry] = Field(min_length=1, max_length=2000)


class ChosenAlone(ChosenEntries):
    """The same on one person's word, with the reason."""

    reason: str = Field(min_length=4, max_length=500)


class Seen(Shape):
    version: Version


class SendBack(Shape):
    version: Version
    note: str = Field(min_length=1, max_length=500)


class RollBack(Shape):
    version: Version
    to: Version


class Override(Shape):
    reason: str = Field(min_length=4, max_length=500)


class ChangesQuery(BaseModel):
    before: int = Field(default=0, ge=0, le=2**31 - 1)
    after: Version


class Changes(Shape):
    changes: list[FieldChange]


class TryQuery(Shape):
    text: str = Field(min_length=1, max_length=2000)


class HowMany(Shape):
    entries: int


class FileForm(BaseModel):
    """A form with one file."""

    file: FileStorage


class KeptFile(Shape):
    """A file that can be named in an answer or attached to it."""

    id: str
    name: str
    media_type: str
    size: int
    address: str
