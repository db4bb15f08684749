"""What the pages of the review and of the bot's report send."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from caredesk.events.shapes import Shape
from caredesk.knowledge_base.review_models import EvaluationSource

QuestionIds = Annotated[list[Annotated[str, Field(max_length=36)]], Field(min_length=1, max_length=2000)]


class ClusterPath(BaseModel):
    cluster_id: str = Field(max_length=36)


class JudgedPath(BaseModel):
    judged_id: str = Field(max_length=36)


class EvaluationPath(BaseModel):
    evaluation_id: str = Field(max_length=36)


class ClustersQuery(BaseModel):
    state: Literal["open", "done", "dismissed"] = "open"


class EntryFromCluster(Shape):
    """A new entry for the chosen questions; `for_review` hands it on at once."""

    question_ids: QuestionIds
    question: str = Field(min_length=1, max_length=1000)
    category: str = Field(default="", max_length=200)
    similar: list[Annotated[str, Field(max_length=1000)]] = Field(default=[], max_length=500)
    answer: str = Field(min_length=1, max_length=40_000)
    for_review: bool = False


class SimilarOfEntry(Shape):
    question_ids: QuestionIds
    entry_id: str = Field(min_length=1, max_length=80)


class Judgement(Shape):
    """What is right: an entry's id, or none, medical, emergency, human."""

    question_ids: QuestionIds
    expected: str = Field(min_length=1, max_length=80)


class Dismissal(Shape):
    """Why a group goes off the list."""

    kind: Literal["not_ours", "done"]


class MadeEntry(Shape):
    """The entry that a decision made or changed."""

    entry_id: str


class FiguresQuery(BaseModel):
    """The last days up to today, or the days from `first` to `last`, both included."""

    days: int = Field(default=7, ge=1, le=366)
    first: date | None = None
    last: date | None = None


class AskEvaluation(Shape):
    """What is asked: the judged questions, the base's own, the public set, or a CSV file whose text is `content`."""

    source: EvaluationSource
    file_name: str = Field(default="", max_length=120)
    content: str = Field(default="", max_length=900_000)
