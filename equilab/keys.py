"""A logged quantity: its name, unit, meaning, and which way is better, declared beside the code that logs it."""

import re
from dataclasses import dataclass
from typing import Literal

from equilab.errors import SettingError

__all__ = ["PREFIXES", "Key"]

PREFIXES = ("train", "latent", "metric", "equivariance", "time")
"""The sections of a log."""


@dataclass(frozen=True)
class Key:
    """One quantity, or a family of them where the name holds `{}`: a block's number, or a factor's name.

    Raises SettingError for a name without a known section, with other than lower case letters, digits and _, or with
    braces other than one pair.

    >>> Key("train/kl", "nats per image", "KL of the posterior to the prior").name
    'train/kl'
    """

    name: str  # section/word
    unit: str
    meaning: str
    better: Literal["up", "down", ""] = ""  # which way is better; empty where neither is

    def __post_init__(self) -> None:
        prefix, _, rest = self.name.partition("/")
        if prefix not in PREFIXES or not re.fullmatch(r"(?=.)[a-z0-9_]*(\{\}[a-z0-9_]*)?", rest):
            raise SettingError(
                "key", expected=f"one of {', '.join(p + '/' for p in PREFIXES)} and lower case letters", got=self.name
            )

    def matches(self, name: str) -> bool:
        """Whether a logged name is this key or of this family."""
        start, family, end = self.name.partition("{}")
        if not family:
            return name == self.name
        inner = name[len(start) : len(name) - len(end)]
        return name.startswith(start) and name.endswith(end) and bool(inner) and "/" not in inner
