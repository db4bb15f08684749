"""The lookout: a thread of each serving process that looks at what the desk depends on and tells what changes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial

from caredesk.edge.probes import Probe, Probes
from caredesk.edge.services import Services
from caredesk.events.continuity_events import ConditionChanged
from caredesk.infra.clock_set_back import bring_jobs_back
from caredesk.infra.looks import PATIENCE_SECONDS, looks_of, told_problem

log = logging.getLogger(__name__)

PACE_SECONDS = 5.0
CLOSER_SECONDS = 1.0
"""Between looks while they do not agree with what is told, so that a fall is told within two seconds."""

Afterwards = Callable[[], None]


class Lookout:
    """Looks every few seconds, at once when a transaction met a fault, and again soon until looks agree."""

    def __init__(
        self,
        services: Services,
        *,
        tell: Callable[[ConditionChanged], None],
        then: Sequence[Afterwards] = (),
        looks: Sequence[Probe] | None = None,
    ) -> None:
        """Take whom to tell of changes, and what is to be done after each look, whatever it saw."""
        self._services = services
        self._tell = tell
        self._then = tuple(then)
        self._probes = Probes(looks_of(services) if looks is None else looks, patience=PATIENCE_SECONDS)
        self._show_in_metrics()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def _show_in_metrics(self) -> None:
        condition, watch = self._services.condition, self._services.meters.watch
        watch(
            "caredesk_condition_failing",
            about="1 while something that this process depends on fails.",
            labels=("dependency",),
            read=lambda: [((name,), float(fails)) for name, fails, _ in condition.readings()],
        )
        watch(
            "caredesk_condition_failing_since_timestamp_seconds",
            about="Since when it fails, in Unix time; 0 while it is well.",
            labels=("dependency",),
            read=lambda: [((name,), since) for name, _, since in condition.readings()],
        )

    def start(self) -> None:
        self._thread = threading.Thread(target=self._keep, name="lookout", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a look that is under way ends in its own time."""
        self._stopped.set()
        self._services.condition.doubted.set()
        if self._thread is not None:
            self._thread.join(timeout=PATIENCE_SECONDS)

    def look(self) -> None:
        """Look once at everything and tell what stands differently now."""
        services, condition = self._services, self._services.condition
        seen = {one.name: told_problem(services, name=one.name, seen=one.problem) for one in self._probes.look()}
        if condition.note(seen, at=services.clock.now()):
            shown = condition.now()
            log.warning("condition_changed", extra={one.name: one.problem for one in shown.troubles})
            self._tell(ConditionChanged(condition=shown))

    def _keep(self) -> None:
        condition = self._services.condition
        steps: tuple[Afterwards, ...] = (self.look, partial(bring_jobs_back, self._services), *self._then)
        while not self._stopped.is_set():
            condition.doubted.clear()
            for step in steps:
                try:
                    step()
                except Exception:
                    log.exception("lookout_failed")
            if condition.is_settled:
                condition.doubted.wait(PACE_SECONDS)
            else:
                self._stopped.wait(CLOSER_SECONDS)
