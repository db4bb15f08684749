"""Every job that is said to be urgent or slow is a job, and none is said to be both."""

from __future__ import annotations

from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.edge.job_lanes import HIGH, LANES, LOW, lane_of


def test_every_job_with_a_lane_of_its_own_is_known() -> None:
    assert (HIGH | LOW) - set(JOB_KINDS) == set()
    assert not HIGH & LOW


def test_every_job_goes_in_one_lane() -> None:
    assert {lane_of(name) for name in JOB_KINDS} == set(LANES)
