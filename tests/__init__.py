"""Tests of caredesk. This file keeps `tests` a package, so that no test folder becomes a top-level module."""
