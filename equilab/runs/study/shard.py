"""Shards of a study: parts for machines that share no folder, each with its part of every kind of run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from equilab.errors import SettingError, check_count

Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard:
    """Part `index` of `count`, counted from 1: the shards are disjoint, and together all.

    Items are dealt in turn, kind after kind, so that the shards are equal in size, and in the number of items of each
    kind, to within one.

    >>> [Shard.parsed(text).of("abcd", kinds=["fast", "slow", "fast", "slow"]) for text in ("1/2", "2/2")]
    [['a', 'b'], ['c', 'd']]
    """

    index: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        for name in ("index", "count"):
            check_count(f"shard.{name}", getattr(self, name), least=0)
        if not 1 <= self.index <= self.count:
            raise SettingError("shard", expected="i/n with 1 <= i <= n", got=f"{self.index}/{self.count}")

    @classmethod
    def parsed(cls, text: str) -> "Shard":
        """The shard that "i/n" names; SettingError for another text."""
        found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if found is None:
            raise SettingError("shard", expected="i/n, such as 1/4", got=repr(text))
        return cls(int(found[1]), int(found[2]))

    def of(self, items: Sequence[Item], kinds: Sequence[Any]) -> list[Item]:
        """The items of this shard, in their order. kinds: of each item; they have an order."""
        dealt = sorted(range(len(items)), key=lambda place: kinds[place])
        return [items[place] for place in sorted(dealt[self.index - 1 :: self.count])]
