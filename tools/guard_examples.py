"""What `tools.learn_guard` learns from: the guard's labelled examples, and the search's harmless questions."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

import numpy as np
import yaml

from caredesk.chatbot.text import normalise

TEACHING = Path(__file__).parent / "teaching"
HARMLESS, FOREIGN = "other", "foreign"
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "0123456789",
    "qwertyuiopasdfghjklzxcvbnm{}$():;=<>",
    "абвгдежзиклмнопрстуфхцчшщыэюя",
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほ",
    "가나다라마바사아자차카타파하은는이가을를",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
)


def read_examples() -> list[tuple[str, str]]:
    """Read the labelled examples as label and text."""
    with (TEACHING / "guard_examples.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["label"], row["text"]) for row in csv.DictReader(lines)]


@lru_cache(maxsize=1)
def plain_examples() -> tuple[tuple[str, str], ...]:
    """Return the labelled examples in plain form, as label and text."""
    return tuple((label, normalise(text).plain) for label, text in read_examples())


def read_paraphrases() -> list[str]:
    """Read the harmless questions, each in the many ways in which parents ask it."""
    files = sorted((TEACHING / "paraphrases").glob("*.txt"))
    lines = [line.strip() for file in files for line in file.read_text("utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def make_framed(*, count: int, seed: int) -> list[tuple[str, str]]:
    """Make so many sentences of each label from the frames, as label and text."""
    chance = np.random.default_rng(seed)
    content = yaml.safe_load((TEACHING / "guard_frames.yaml").read_text("utf-8"))
    made = []
    for label in ("medical", HARMLESS):
        for name in chance.choice(sorted(content[label]), size=count):
            frame, word = chance.choice(content[label][name]), chance.choice(content["words"][name])
            around = chance.choice(content["openings"]), chance.choice(content["endings"])
            made.append((label, str(around[0]) + str(frame).format(word) + str(around[1])))
    return made


def make_noise(*, count: int, seed: int) -> list[tuple[str, str]]:
    """Make texts that say nothing in any tongue of the desk, so that what nobody knows is not taken for a cry."""
    chance = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        letters = list(chance.choice(ALPHABETS))
        words = ["".join(chance.choice(letters, size=chance.integers(1, 9))) for _ in range(chance.integers(1, 7))]
        made.append((FOREIGN, str(chance.choice([" ", "", "-", "/", ",", "."])).join(words)))
    return made
