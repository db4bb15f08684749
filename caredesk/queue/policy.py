"""The routing policy: an ordered list of named rules, kept as versioned data and parsed into one frozen value.

A sixth file beside the island's rules because the data have a shape of their own: what may be written, checked and
compared. What the rules mean is decided in `caredesk/queue/rules.py`. The order of the rules that rank agents is the
order in which they are asked; the place of every other rule in the list does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, WithJsonSchema, model_validator

from caredesk.queue.errors import PolicyInvalid

FIRST_VERSION = 1

Seconds = Annotated[int, Field(ge=0, le=86_400)]
Key = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w.-]+$")]


class Named(BaseModel):
    """Base of all rules: frozen, and unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PriorityClass(Named):
    """A class of work. It is placed in the line as if it had arrived `head_start_seconds` earlier.

    Since every class ages at the same pace, no order ever changes by waiting alone, one index serves the line, and
    nobody is overtaken by what arrives more than the largest head start later (`starvation_bound`).
    """

    name: Key
    number: Annotated[int, Field(ge=-100, le=100)]
    head_start_seconds: Annotated[int, Field(ge=0, le=7 * 86_400)] = 0
    alert_after_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None


class Classes(Named):
    """Which classes there are, and how far each is ahead of the lowest."""

    rule: Literal["classes"] = "classes"
    classes: Annotated[tuple[PriorityClass, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _each_once_and_in_order(self) -> Classes:
        numbers = [one.number for one in self.classes]
        if len(set(numbers)) < len(numbers) or len({one.name for one in self.classes}) < len(numbers):
            raise ValueError("class_twice")
        if 0 not in numbers:
            raise ValueError("ordinary_class_missing")
        by_number = sorted(self.classes, key=lambda one: one.number)
        starts = [one.head_start_seconds for one in by_number]
        if starts != sorted(starts):
            raise ValueError("higher_class_with_less_head_start")
        return self


class StickyAgent(Named):
    """The agent of last time is asked first, for so many seconds of waiting (B12)."""

    rule: Literal["sticky_agent"] = "sticky_agent"
    for_seconds: Seconds = 120


class FreshFirst(Named):
    """Who has not been asked for this piece of work comes before who declined or missed it."""

    rule: Literal["fresh_first"] = "fresh_first"


class LanguageFirst(Named):
    """Who speaks the language of the person who waits comes first."""

    rule: Literal["language_first"] = "language_first"


class LeastLoaded(Named):
    """The smallest share of the budget in use comes first."""

    rule: Literal["least_loaded"] = "least_loaded"


class LongestIdle(Named):
    """Who has waited longest for work comes first."""

    rule: Literal["longest_idle"] = "longest_idle"


class MostSkilled(Named):
    """The highest level of skill comes first."""

    rule: Literal["most_skilled"] = "most_skilled"


class Ring(Named):
    """Who may be asked after so many seconds of waiting: a level of the queue's own skill, or other queues' people."""

    after_seconds: Seconds
    min_level: Annotated[int, Field(ge=1, le=10)] = 1
    also_queues: Annotated[tuple[Key, ...], Field(max_length=20)] = ()


class SkillRings(Named):
    """The circle of people who may be asked widens with waiting (B13). Without `queue` it is every queue's."""

    rule: Literal["skill_rings"] = "skill_rings"
    queue: Key | None = None
    rings: Annotated[tuple[Ring, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _widening(self) -> SkillRings:
        times = [ring.after_seconds for ring in self.rings]
        if times[0] != 0:
            raise ValueError("first_ring_later_than_arrival")
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("rings_out_of_order")
        for before, after in pairwise(self.rings):
            if after.min_level > before.min_level or not set(before.also_queues) <= set(after.also_queues):
                raise ValueError("ring_narrower_than_the_one_before")
        return self


class Overflow(Named):
    """After so many seconds of waiting the work moves to another queue, keeping its arrival (B13)."""

    rule: Literal["overflow"] = "overflow"
    queue: Key
    after_seconds: Annotated[int, Field(ge=1, le=86_400)]
    to: Key


class PromiseAfter(Named):
    """After so many seconds of waiting it becomes a call-back or message with a promised time (B13)."""

    rule: Literal["promise"] = "promise"
    queue: Key | None = None
    after_seconds: Annotated[int, Field(ge=1, le=86_400)]
    promise_minutes: Annotated[int, Field(ge=1, le=7 * 1440)]


class Pause(Named):
    """Who declined or missed a piece of work is not asked for it again before this."""

    rule: Literal["pause"] = "pause"
    seconds: Seconds = 30


class Misses(Named):
    """So many missed offers in a row set an agent to break (B7)."""

    rule: Literal["misses"] = "misses"
    limit: Annotated[int, Field(ge=1, le=20)] = 3


_WEIGHTS = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 20}}
"""How the contract tells of weights: from a pattern of keys, which is checked all the same, no types can be made."""


class Budget(Named):
    """What each channel takes of an agent's one budget; a chat is the unit (B5, B9).

    Work of an exclusive channel is taken by one agent alone: no new work comes beside it, unless
    `new_work_during_exclusive` says so, and it is offered only to who holds at most `held_beside_exclusive` units.
    """

    rule: Literal["budget"] = "budget"
    weights: Annotated[Mapping[Key, Annotated[int, Field(ge=1, le=20)]], WithJsonSchema(_WEIGHTS)] = {
        "webchat": 1,
        "assist": 2,
    }
    exclusive: Annotated[tuple[Key, ...], Field(max_length=10)] = ("call",)
    held_beside_exclusive: Annotated[int, Field(ge=0, le=20)] = 2
    new_work_during_exclusive: bool = False

    @model_validator(mode="after")
    def _chat_is_the_unit(self) -> Budget:
        if self.weights.get("webchat", 1) != 1:
            raise ValueError("chat_is_the_unit")
        if set(self.exclusive) & set(self.weights):
            raise ValueError("exclusive_with_weight")
        return self


def budgeted_as(channel: str) -> str:
    """Return under which name of the budget a channel's work counts: the hotline's is a call."""
    return "call" if channel == "hotline" else channel


class Claiming(Named):
    """Whether agents may take work out of its order, with a reason that appears in a report (B14)."""

    rule: Literal["claiming"] = "claiming"
    allowed: bool = False


RankingRule = StickyAgent | FreshFirst | LanguageFirst | LeastLoaded | LongestIdle | MostSkilled
Rule = Annotated[
    Classes | RankingRule | SkillRings | Overflow | PromiseAfter | Pause | Misses | Budget | Claiming,
    Field(discriminator="rule"),
]
RANKING = (StickyAgent, FreshFirst, LanguageFirst, LeastLoaded, LongestIdle, MostSkilled)


class Policy(Named):
    """One version of the policy, complete: what is not written has its default."""

    version: int = 0
    rules: Annotated[tuple[Rule, ...], Field(max_length=60)]

    @cached_property
    def ranking(self) -> tuple[RankingRule, ...]:
        """Return the rules that rank agents, in the order in which they are asked."""
        return tuple(rule for rule in self.rules if isinstance(rule, RANKING))

    @cached_property
    def classes(self) -> tuple[PriorityClass, ...]:
        return next((rule.classes for rule in self.rules if isinstance(rule, Classes)), DEFAULT_CLASSES)

    @cached_property
    def sticky(self) -> StickyAgent:
        return next((rule for rule in self.rules if isinstance(rule, StickyAgent)), StickyAgent(for_seconds=0))

    @cached_property
    def pause(self) -> Pause:
        return next((rule for rule in self.rules if isinstance(rule, Pause)), Pause())

    @cached_property
    def misses(self) -> Misses:
        return next((rule for rule in self.rules if isinstance(rule, Misses)), Misses())

    @cached_property
    def budget(self) -> Budget:
        return next((rule for rule in self.rules if isinstance(rule, Budget)), Budget())

    @cached_property
    def claiming(self) -> Claiming:
        return next((rule for rule in self.rules if isinstance(rule, Claiming)), Claiming())

    def rings_of(self, queue: str) -> tuple[Ring, ...]:
        """Return a queue's rings: its own, else every queue's, else one of everybody who serves it."""
        found = [rule for rule in self.rules if isinstance(rule, SkillRings) and rule.queue in (queue, None)]
        own = [rule for rule in found if rule.queue == queue]
        return next((rule.rings for rule in [*own, *found]), EVERYBODY)

    def overflow_of(self, queue: str) -> Overflow | None:
        return next((rule for rule in self.rules if isinstance(rule, Overflow) and rule.queue == queue), None)

    def promise_of(self, queue: str) -> PromiseAfter | None:
        """Return a queue's limit of waiting: its own, else every queue's."""
        found = [rule for rule in self.rules if isinstance(rule, PromiseAfter) and rule.queue in (queue, None)]
        own = [rule for rule in found if rule.queue == queue]
        return next(iter([*own, *found]), None)

    def data(self) -> dict[str, Any]:
        """Return the rules as data, the form in which a version is kept."""
        return self.model_dump(mode="json", include={"rules"})


DEFAULT_CLASSES = (
    PriorityClass(name="urgent", number=10, head_start_seconds=3600, alert_after_seconds=60),
    PriorityClass(name="doctor_in_session", number=5, head_start_seconds=1200, alert_after_seconds=60),
    PriorityClass(name="ordinary", number=0),
)
EVERYBODY = (Ring(after_seconds=0),)


def default_policy() -> Policy:
    """Return the policy of a new desk."""
    return Policy(
        version=FIRST_VERSION,
        rules=(
            Classes(classes=DEFAULT_CLASSES),
            StickyAgent(),
            FreshFirst(),
            LanguageFirst(),
            LeastLoaded(),
            LongestIdle(),
            MostSkilled(),
            SkillRings(rings=EVERYBODY),
            Pause(),
            Misses(),
            Budget(),
            Claiming(),
        ),
    )


# ---- reading data --------------------------------------------------------------------------------------------

_RULES: TypeAdapter[tuple[Rule, ...]] = TypeAdapter(Annotated[tuple[Rule, ...], Field(max_length=60)])


def parse_policy(data: object, *, version: int = 0, queues: Sequence[str] | None = None) -> Policy:
    """Read a policy from data; `PolicyInvalid` names every fault by its place in the list.

    `queues` are the keys of the queues there are; without them the names of queues are not checked.
    """
    if not isinstance(data, Mapping) or set(data) - {"rules"}:
        raise PolicyInvalid(problems=["rules: not_a_list"])
    try:
        rules = _RULES.validate_python(data.get("rules"))
    except ValidationError as invalid:
        raise PolicyInvalid(problems=[_problem(error) for error in invalid.errors()]) from invalid
    problems = [*_repeated(rules), *_unknown_queues(rules, queues=queues), *_circles(rules)]
    if not any(isinstance(rule, RANKING) for rule in rules):
        problems.append("rules: nothing_ranks_agents")
    if problems:
        raise PolicyInvalid(problems=problems)
    return Policy(version=version, rules=rules)


_FIELDS = [shape.model_fields for shape in Named.__subclasses__()]
_PLACES = frozenset(name for fields in _FIELDS for name in fields)
_PLACES |= frozenset(fields["rule"].default for fields in _FIELDS if "rule" in fields)


def _problem(error: Mapping[str, Any]) -> str:
    # Names of unknown fields and of channels are the sender's words, and no answer repeats those.
    known = [str(part) if isinstance(part, int) or part in _PLACES else "*" for part in error["loc"]]
    place = ".".join(["rules", *known])
    reason = str(error.get("ctx", {}).get("error", "")) or str(error["type"])
    return f"{place}: {reason}"


def _repeated(rules: Sequence[Rule]) -> list[str]:
    """A rule stands once, or once for each queue that it names."""
    seen: set[tuple[str, str | None]] = set()
    problems = []
    for index, rule in enumerate(rules):
        mark = (rule.rule, getattr(rule, "queue", None))
        if mark in seen:
            problems.append(f"rules.{index}.{rule.rule}: rule_twice")
        seen.add(mark)
    return problems


def _unknown_queues(rules: Sequence[Rule], *, queues: Sequence[str] | None) -> list[str]:
    if queues is None:
        return []
    return [
        f"rules.{index}.{rule.rule}.{place}: queue_unknown"
        for index, rule in enumerate(rules)
        for place, key in _queues_named(rule)
        if key not in queues
    ]


def _queues_named(rule: Rule) -> list[tuple[str, str]]:
    """Return the keys of the queues that a rule names, each behind its place in the rule."""
    if isinstance(rule, SkillRings):
        also = [(f"rings.{n}.also_queues", key) for n, ring in enumerate(rule.rings) for key in ring.also_queues]
        return [*([("queue", rule.queue)] if rule.queue else []), *also]
    if isinstance(rule, Overflow):
        return [("queue", rule.queue), ("to", rule.to)]
    if isinstance(rule, PromiseAfter) and rule.queue:
        return [("queue", rule.queue)]
    return []


def _circles(rules: Sequence[Rule]) -> list[str]:
    """Work that overflows must come to an end somewhere."""
    goes_to = {rule.queue: rule.to for rule in rules if isinstance(rule, Overflow)}
    problems = []
    for index, rule in enumerate(rules):
        if isinstance(rule, Overflow):
            seen, key = {rule.queue}, rule.to
            while key in goes_to and key not in seen:
                seen.add(key)
                key = goes_to[key]
            if key in seen:
                problems.append(f"rules.{index}.overflow: overflow_in_a_circle")
    return problems
