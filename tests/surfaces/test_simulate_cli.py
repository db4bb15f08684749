"""`caredesk queue simulate` as somebody at a terminal, or a program, sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from caredesk.cli.main import main

SCENARIO = {
    "from": "2026-11-24",
    "queues": {
        "general": {
            "arrivals": [{"from": "09:00", "to": "10:00", "per_hour": 30}],
            "handling": {"mean_seconds": 300},
            "patience": {"mean_seconds": 200},
            "fixed_hours": {"windows": [{"opens": "08:00", "closes": "18:00"}]},
        }
    },
    "agents": [{"id": "lin", "name": "小林", "queues": {"general": 1}, "shifts": ["08:00-18:00"]}],
}


class Bench:
    """Files in a folder, and the command over a desk."""

    def __init__(self, folder: Path, *, desk: Path) -> None:
        self.folder = folder
        self._runner = CliRunner(env={"CAREDESK_DATA_DIR": str(desk)})

    def file(self, name: str, content: object) -> str:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True), "utf-8")
        return str(path)

    def run(self, *arguments: str) -> Result:
        return self._runner.invoke(main, ["queue", "simulate", "--replications", "2", *arguments])


@pytest.fixture(scope="module")
def empty_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One desk for all: the command only reads, and making a database takes longer than most of what is asked."""
    return tmp_path_factory.mktemp("simulated")


@pytest.fixture
def bench(tmp_path: Path, empty_desk: Path) -> Bench:
    return Bench(tmp_path, desk=empty_desk)


def test_it_prints_what_families_would_have_met_beside_today(bench: Bench) -> None:
    scenario = bench.file("scenario.yaml", SCENARIO)
    shown = bench.run("--generate", scenario, "--agents", "1", "--against", "today")
    assert shown.exit_code == 0, shown.output
    assert "20 秒接起率" in shown.output and "现行方案" in shown.output and "区间" in shown.output
    english = bench.run("--generate", scenario, "--language", "en")
    assert "answered within 20 s" in english.output and "新方案" not in english.output


def test_the_same_inputs_and_seed_give_the_same_bytes_and_another_seed_does_not(bench: Bench) -> None:
    scenario = bench.file("scenario.yaml", SCENARIO)
    first, second, other = (bench.run("--generate", scenario, "--json", "--seed", seed).stdout for seed in "773")
    assert first == second != other
    assert json.loads(first)["variants"][0]["totals"]["contacts"] > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--from", "2026-11-25", "--to", "2026-11-24"], "起止日期有误"),
        (["--from", "2026-11-20", "--to", "2026-11-24"], "没有可以重放的内容"),
        (["--from", "2026-11-20", "--to", "2026-11-24", "--language", "en"], "nothing to replay"),
    ],
)
def test_dates_and_empty_traffic_are_refused_with_a_sentence(bench: Bench, options: list[str], said: str) -> None:
    refused = bench.run(*options)
    assert refused.exit_code == 1 and said in refused.stderr


@pytest.mark.parametrize(
    ("option", "content", "said"),
    [
        ("--policy", {"rules": [{"rule": "no_such_rule"}]}, "派单策略有误"),
        ("--policy", "[1, 2", "file: not_a_mapping"),
        ("--roster", {"agents": [{"id": "a", "queues": {"elsewhere": 1}}]}, "agents.0.queues.elsewhere: queue_unknown"),
        ("--roster", {"agents": []}, "agents: too_short"),
    ],
)
def test_bad_files_are_named_by_their_fault(bench: Bench, option: str, content: object, said: str) -> None:
    refused = bench.run("--generate", bench.file("scenario.yaml", SCENARIO), option, bench.file("bad.yaml", content))
    assert refused.exit_code == 1 and said in refused.stderr


def test_an_unknown_queue_of_a_scenario_is_named(bench: Bench) -> None:
    traffic = {key: value for key, value in SCENARIO["queues"]["general"].items() if key != "fixed_hours"}  # type: ignore[index]
    refused = bench.run("--generate", bench.file("scenario.yaml", {**SCENARIO, "queues": {"nowhere": traffic}}))
    assert refused.exit_code == 1 and "queues.nowhere: queue_unknown" in refused.stderr


def test_generated_traffic_has_its_own_days(bench: Bench) -> None:
    wrong = bench.run("--generate", bench.file("scenario.yaml", SCENARIO), "--from", "2026-11-20")
    assert wrong.exit_code == 2
