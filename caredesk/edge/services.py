"""What the composition root hands to every edge and surface: settings and ports, frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from caredesk.actions.backups import BackupOutcome
from caredesk.actions.bot_evaluations import Exam, Outcome, Progress
from caredesk.audit.rules import Anchor, Cut, Link
from caredesk.audit.tree import Stretch, Tree
from caredesk.chatbot.bot import Bot
from caredesk.continuity.schemas import JournalDeed, StandbyKept, StandbyPage
from caredesk.core.bells import Bells
from caredesk.core.clock import Clock
from caredesk.core.ports import (
    CallCentre,
    Files,
    Jobs,
    Messenger,
    ParcelTracker,
    PostOffice,
    Push,
    RateLimits,
    Scanner,
    Shelved,
    SignOn,
    VendorRecordings,
    Webhook,
    WebPush,
    WorkLogin,
)
from caredesk.core.store import Store
from caredesk.edge.condition import Condition
from caredesk.edge.meters import Meters
from caredesk.edge.probes import Probes
from caredesk.edge.traces import NoTraces, Traces
from caredesk.knowledge_base.schemas import EntryContent
from caredesk.sandbox.playing import Player, play_here
from caredesk.settings import Settings
from caredesk.telephony.sound import Sound


class NoPost:
    """Sends nothing anywhere: no address may be tried."""

    def fault_of(self, url: str) -> str:
        """Refuse every address."""
        return "address_refused"

    def send_to(self, url: str, *, keys: Sequence[str], delivery_id: str, body: bytes) -> str:
        """Send nothing."""
        return "not_set"


NO_POST = NoPost()


class IndexNotBuilt(Exception):
    """No index could be built of these entries, and none could by trying again."""


@dataclass(frozen=True)
class Led:
    """Where each of some questions leads: an entry, a guard in brackets, or nowhere."""

    before: list[str]
    after: list[str]


class Standby(Protocol):
    """Keeps the list of who waits for when the database is away."""

    def show(self, *, token_hash: str) -> StandbyPage | None:
        """Return the list as the person of this browser may see it; None when nobody is known or nothing is kept."""
        ...

    def last(self) -> StandbyKept | None:
        """Return everything that is kept and may still be used."""
        ...


class Journal(Protocol):
    """Keeps on disk what is done about incidents while the database is away, until it has it."""

    def deeds(self) -> Sequence[JournalDeed]:
        """Return what is not in the database yet, in order; of all processes of this machine."""
        ...

    def append(self, deed: JournalDeed) -> None:
        """Keep a deed; it is on disk afterwards. Raises IncidentNotKept."""
        ...


class SealedFiles(Protocol):
    """Keeps what must never lie in the clear: recordings of calls."""

    @property
    def key_id(self) -> str:
        """Return by what the key is known that seals new files."""
        ...

    def keep(self, name: str, pieces: Iterable[bytes]) -> int:
        """Seal what comes in pieces and return its length; when a piece raises, nothing is kept."""
        ...

    def read(self, name: str, *, start: int, stop: int) -> Iterator[bytes]: ...

    def drop(self, name: str) -> None: ...

    def standings(self) -> Mapping[str, int]:
        """Return how many files are kept by which key; reads the head of each."""
        ...

    def reseal(self, shelf: int) -> Shelved:
        """Bring files of one of 256 shelves under the newest master key, as many as one step takes."""
        ...


class Anchors(Protocol):
    """Signs how far the audit has come, and keeps the signatures outside of the database."""

    @property
    def public_key(self) -> str: ...

    def sign(self, link: Link, *, at: datetime) -> Anchor: ...

    def sign_tree(self, stretch: Stretch, *, at: datetime) -> Tree: ...

    def sign_cut(self, cut: Cut) -> Cut: ...

    def seal(self, message: bytes) -> str:
        """Return a signature in base64 over something else, which begins with a word of its own."""
        ...

    def written(self) -> list[Anchor]:
        """Return what was signed so far."""
        ...


class Certificates(Protocol):
    """Files what proves an erasure, signed."""

    def file(self, name: str, *, shown: Mapping[str, object]) -> str:
        """File a certificate, whole or not at all, and return its SHA-256; filed again it is written anew."""
        ...


class Backups(Protocol):
    """Makes a backup of the desk and deletes those that are kept no longer; minutes long (docs/backups.md)."""

    def make(self, *, now: datetime) -> BackupOutcome | None:
        """Return what came of it; None when no key was made, so that nobody wants one. Faults are told, not raised."""
        ...

    def is_wanted(self) -> bool:
        """Tell whether somebody has made a key to seal to."""
        ...


class Speaker(Protocol):
    """Makes the hotline's prompts; each once, then from where they are kept."""

    @property
    def speaks(self) -> bool:
        """Tell whether words are spoken; else tones stand in their place."""
        ...

    def sound(self, name: str, *, text: str) -> Sound: ...


class BotSource(Protocol):
    """Holds the bot over the published knowledge base; swapped whole when a release is published."""

    def current(self) -> Bot: ...

    def refresh(self) -> None: ...

    def follow(self) -> None:
        """Take up what another server has published; a look that finds nothing new costs next to nothing."""
        ...

    def without_index(self) -> Bot:
        """Return a bot that knows its guards and no entry, at once."""
        ...

    def rehearse(
        self, contents: Sequence[EntryContent], *, release: int, texts: Sequence[str], told: Callable[[int], bool]
    ) -> Led | None:
        """Return where questions lead now and where with what a release would serve; slow, and done beside the desk.

        `told` hears how many were asked and says whether to go on; None when not. Raises IndexNotBuilt; whatever else
        is raised may be tried again.
        """
        ...

    def examine(self, exam: Exam, *, told: Callable[[Progress], bool]) -> Outcome | None:
        """Return how the published base does in an exam; slow, and done beside the desk.

        `told` hears how far it is and says whether to go on; None when not. Raises IndexNotBuilt when it cannot be
        done; whatever else is raised may be tried again.
        """
        ...

    @property
    def is_loaded(self) -> bool: ...


def guarding_bot(services: Services) -> Bot:
    """Return a bot whose guards can be asked at once, also while the index is being built."""
    return services.bot.current() if services.bot.is_loaded else services.bot.without_index()


@dataclass(frozen=True)
class HookSecrets:
    """By what the senders of receipts are known; nobody is let in where one is empty."""

    sms: str = ""
    wechat: str = ""
    entered: str = ""
    hotline: str = ""
    """What the telephone engine shows."""
    cloud: str = ""
    """What the cloud call centre shows."""


@dataclass(frozen=True)
class Services:
    """One running desk. Made by `infra/profiles.py`, the only place that knows the size."""

    settings: Settings
    identity_secret: str
    clock: Clock
    store: Store
    push: Push
    jobs: Jobs
    files: Files
    limits: RateLimits
    bot: BotSource
    recordings: SealedFiles
    speech: Speaker
    fhir_token: str = ""
    """What the hospital's own system shows; nobody is let in while it is empty."""
    webhook: Webhook | None = None
    """None when no address is set."""
    post_office: PostOffice = NO_POST
    """Who sends to the systems that an administrator has added."""
    parcels: ParcelTracker | None = None
    """None when no tracking service is set up; then parcels are told as the hospital and staff note them."""
    sms: Messenger | None = None
    wechat: Messenger | None = None
    """None when no provider is set up and this is no demo: the ladder says so and climbs on."""
    staff_secret: str = ""
    """By what the hospital's tokens for its staff are known; none is taken while it is empty."""
    work_login: WorkLogin | None = None
    sign_on: SignOn | None = None
    """None when the hospital's WeCom is not set up."""
    web_push: WebPush | None = None
    """None where nobody's browser is woken; then doctors are told by message, or only on their page."""
    hooks: HookSecrets = HookSecrets()
    vendor_recordings: VendorRecordings | None = None
    """None when no cloud call centre pushes here, or its recordings are to stay there."""
    call_centre: CallCentre | None = None
    """None where calls out are made by our own engines, or not at all."""
    scanner: Scanner | None = None
    """None where no malware scanner is set; then uploads are shown as they are."""
    bells: Bells = field(default_factory=Bells)
    """Wakes those who wait in a request of this process."""
    meters: Meters = field(default_factory=Meters)
    """What this process counts and times."""
    traces: Traces = field(default_factory=NoTraces)
    """Where it is told what was done in which order."""
    standby: Standby | None = None
    """Who keeps the list for when the database is away; None where nobody does."""
    journal: Journal | None = None
    """Who keeps deeds about incidents meanwhile; None where nobody does."""
    condition: Condition = field(default_factory=Condition)
    """How what the desk depends on stands, as far as this process looks."""
    probes: Probes = field(default_factory=Probes)
    """What readiness looks at."""
    anchors: Anchors | None = None
    """Who signs the audit; None where nobody does."""
    backups: Backups | None = None
    """Who makes backups; None where nobody does."""
    certificates: Certificates | None = None
    """Who files certificates of erasures; None where nobody does."""
    play: Player = play_here
    """Plays a simulation; slow, and therefore beside the desk where there is one."""
