"""What timer and workers hand each other in Redis: ids of due jobs, in queues of RQ, one for each lane.

The rows stay the truth. What stands here may vanish at any time: the timer puts a due job on the shelf again when it
is neither waiting there nor held by a living worker. It may also stand here twice: the row can be done only once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DequeueTimeout
from rq.job import Job
from rq.queue import EnqueueData

from caredesk.core.outbox import DueJob
from caredesk.edge.job_lanes import LANES, Lane

ShelfAway = redis.RedisError
"""Redis does not answer."""

BELL = "caredesk:due"
HELD = "caredesk:held:"
TOKEN = "caredesk:timer"  # noqa: S105 (a number's name, no secret)

SECONDS = 2.0
"""How long Redis may take to answer."""

WAIT_SECONDS = 1
"""How long a worker waits for the next job before it looks whether it shall end; less than Redis may take."""

MOST_WAITING = 100
"""Jobs of a lane that wait here at once. The others wait as rows: every look reads all that wait here."""

HOLD_SECONDS = 6
"""So long after its worker has died a job is handed to another."""

TOKEN_SECONDS = 60
"""How long a number is remembered: a restored database begins again with lower ones, and must not be refused."""


class Replaced(Exception):
    """Another timer has been elected since."""


class JobShelf:
    """One process's way to the shelf."""

    def __init__(self, url: str, *, owner: str = "") -> None:
        # The library would try again for many seconds; whoever asks here has something better to do meanwhile.
        never = Retry(NoBackoff(), 0)
        self._client = redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=never)
        self._queues = {lane: Queue(lane, connection=self._client) for lane in LANES}
        self._owner = owner

    def ring(self) -> None:
        """Tell the timer that something is due now."""
        self._client.publish(BELL, b"")

    def listen(self) -> redis.client.PubSub:
        """Return the bell's own line; the caller closes it."""
        line = self._client.pubsub(ignore_subscribe_messages=True)
        line.subscribe(BELL)
        return line

    # ---- the timer's side --------------------------------------------------------------------------------

    def waiting(self, lane: Lane) -> set[str]:
        """Return the ids that wait in a lane."""
        return set(self._queues[lane].job_ids)

    def held(self, ids: Sequence[str]) -> set[str]:
        """Return those ids that a worker has in hand."""
        owners = self._client.mget([HELD + id for id in ids]) if ids else []
        return {id for id, owner in zip(ids, owners, strict=True) if owner is not None}

    def put(self, jobs: Mapping[Lane, Sequence[DueJob]], *, token: int) -> None:
        """Put jobs on the shelf, all or none; raises Replaced when a timer with a higher number has done so."""
        with self._client.pipeline() as pipe:
            pipe.watch(TOKEN)
            if int(pipe.get(TOKEN) or 0) > token:
                raise Replaced
            pipe.multi()
            pipe.set(TOKEN, token, ex=TOKEN_SECONDS)
            for lane, due in jobs.items():
                self._queues[lane].enqueue_many([_carried(job) for job in due], pipeline=pipe)
            try:
                pipe.execute()
            except redis.WatchError as changed:
                raise Replaced from changed

    # ---- the workers' side -------------------------------------------------------------------------------

    def take(self, lanes: Iterable[Lane]) -> str | None:
        """Return the id of the most urgent job; None when none has come for a while."""
        try:
            found = Queue.lpop([self._queues[lane].key for lane in lanes], WAIT_SECONDS, connection=self._client)
        except DequeueTimeout:
            return None
        return found[1].decode() if found else None

    def hold(self, id: str) -> bool:
        """Note that this worker has a job in hand; False when another one has."""
        return bool(self._client.set(HELD + id, self._owner, nx=True, ex=HOLD_SECONDS))

    def keep(self, ids: Iterable[str]) -> None:
        """Go on holding jobs; to be repeated well within the time of holding."""
        with self._client.pipeline(transaction=False) as pipe:
            for id in ids:
                pipe.set(HELD + id, self._owner, ex=HOLD_SECONDS)
            pipe.execute()

    def let_go(self, id: str) -> None:
        """Have a job in hand no longer, whether it is done or to be tried again."""
        self._client.delete(HELD + id, Job.key_for(id))

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def refuse(job_id: str) -> NoReturn:
    """Say to a foreign worker of RQ that it lacks what a job needs; its row stays, and is handed over again."""
    message = f"Job {job_id} is run by `caredesk worker` only."
    raise RuntimeError(message)


def _carried(job: DueJob) -> EnqueueData:
    # What a job says stays in its row: no personal data in Redis.
    return Queue.prepare_data(
        f"{__name__}.{refuse.__name__}", args=(job.id,), job_id=job.id, timeout=-1, result_ttl=0, description=job.name
    )
