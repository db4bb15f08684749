"""Is what the desk needs there? Each probe looks at one thing; all look at once, and none is waited for too long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from time import perf_counter

from pydantic import BaseModel

PATIENCE_SECONDS = 3.0
"""A dependency that does not answer for so long is as good as away; whoever asks has a time-out of its own."""

TOO_SLOW = "no_answer"


@dataclass(frozen=True)
class Probe:
    """Looks at one thing: an empty word when it is there, else the code of what is wrong, never an address or a name.

    Without what is `needed` the desk is unfit; without the rest it serves, if not as it should.
    """

    name: str
    needed: bool
    look: Callable[[], str]


class Dependency(BaseModel):
    """What one probe has seen, and how many seconds it took."""

    name: str
    ok: bool
    needed: bool
    problem: str
    seconds: float


class Probes:
    """Looks with all probes at once, in threads: a dependency that hangs must not take the threads of requests."""

    def __init__(self, probes: Sequence[Probe] = (), *, patience: float = PATIENCE_SECONDS) -> None:
        """Take the probes; a look ends after `patience` seconds, whoever has not answered by then."""
        self._probes = tuple(probes)
        self._patience = patience
        self._looking: dict[str, Future[Dependency]] = {}

    def look(self) -> list[Dependency]:
        """Return what each probe sees now, in their order."""
        begun = [(probe, self._begin(probe)) for probe in self._probes]
        wait([future for _, future in begun], timeout=self._patience)
        return [future.result() if future.done() else self._missed(probe) for probe, future in begun]

    def _begin(self, probe: Probe) -> Future[Dependency]:
        # Who still hangs from the last look is not asked again: threads would pile up behind a dead dependency.
        still = self._looking.get(probe.name)
        if still is None or still.done():
            still = self._looking[probe.name] = Future()
            # A daemon: the process must be able to end while a dependency hangs.
            threading.Thread(target=_see_into, args=(still, probe), name=f"probe-{probe.name}", daemon=True).start()
        return still

    def _missed(self, probe: Probe) -> Dependency:
        return Dependency(name=probe.name, ok=False, needed=probe.needed, problem=TOO_SLOW, seconds=self._patience)


def _see_into(future: Future[Dependency], probe: Probe) -> None:
    future.set_result(_see(probe))


def _see(probe: Probe) -> Dependency:
    started = perf_counter()
    try:
        problem = probe.look()
    except Exception as fault:  # whatever a dependency throws, it is not there
        problem = type(fault).__name__
    return Dependency(
        name=probe.name,
        ok=not problem,
        needed=probe.needed,
        problem=problem,
        seconds=round(perf_counter() - started, 4),
    )
