"""The option --shard K/N: a part of the tests, chosen by their names alone, so the same on every machine."""

import re
import zlib
from argparse import ArgumentTypeError
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Shard:
    """Part `number` of `count`, from 1 on."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Of an option such as 2/5."""
        found = re.fullmatch(r"([0-9]+)/([0-9]+)", text)
        shard = cls(int(found[1]), int(found[2])) if found else None
        if shard is None or not 1 <= shard.number <= shard.count:
            raise ArgumentTypeError(f"expected K/N with 1 <= K <= N, such as 2/5, got {text!r}")
        return shard

    def __contains__(self, name: str) -> bool:
        """By a digest of the name: Python's own hash differs from process to process."""
        return zlib.crc32(name.encode()) % self.count == self.number - 1


def pytest_addoption(parser: pytest.Parser) -> None:
    words = "run part K of N of the selected tests, chosen by their names: each test is in exactly one part"
    parser.addoption("--shard", metavar="K/N", type=Shard.parse, help=words)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    shard: Shard | None = config.getoption("--shard")
    if shard is None:
        return
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in shard])
    items[:] = [item for item in items if item.nodeid in shard]
