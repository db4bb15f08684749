"""The metrics of a process that serves no browsers: workers and timers show what they count on a port of their own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from caredesk.edge.meters import Meters

log = logging.getLogger(__name__)

THIS_MACHINE = "127.0.0.1"
"""Figures are for a collector on the same machine; whoever wants them elsewhere puts a proxy in front."""


@contextmanager
def open_metrics_door(meters: Meters, *, port: int) -> Iterator[None]:
    """Show a process's metrics on this machine until the block ends; 0 shows none.

    A port that another process has is said in the log and is no reason not to work.
    """
    if not port:
        yield
        return
    try:
        server, thread = start_http_server(port, addr=THIS_MACHINE, registry=meters.registry)
    except OSError as fault:
        log.warning("metrics_not_shown", extra={"port": port, "fault": fault.strerror or type(fault).__name__})
        yield
        return
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
