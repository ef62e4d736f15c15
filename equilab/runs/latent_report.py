"""The blocks of a latent in words and tables: factors, alive or dead, invariant to or moved by which group."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilab.errors import SettingError
from equilab.tables import Table

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class BlockReport:
    """One block of a latent."""

    name: str
    alive: bool  # whether its posterior depends on the image
    kl: float  # nats, mean over images
    information: dict[str, float]  # by factor, nats; 0 for a dead block
    moved: dict[str, float]  # by cyclic factor, the share of the block's variance that it moves; empty for a dead block


@dataclass(frozen=True)
class RotatedPlane:
    """A plane of the code in which the steps of a cyclic factor are rotations."""

    blocks: tuple[str, ...]  # one of two numbers, or two of one
    factor: str
    frequency: int  # turns of the plane per cycle of the factor
    period_of: str | None  # the frequency counts turns per period, which depends on this factor; None: per full cycle
    fit: float  # R^2

    def __str__(self) -> str:
        verb = "rotates" if len(self.blocks) == 1 else "rotate"
        period = f" per period of the {self.period_of}" if self.period_of else ""
        return f"{'+'.join(self.blocks)} {verb} with {self.factor}, k = {self.frequency}{period}"


@dataclass(frozen=True)
class Latents:
    """Every block of a latent: `print` gives a line for each, a notebook a table; the shortest form is one line.

    Made by `equilab.runs.measure_latents` and `Record.latents`.

    >>> first = BlockReport("z0", False, 0.01, {"posY": 0.0}, {})
    >>> second = BlockReport("z1", True, 1.2, {"posY": 0.95}, {"orientation": 0.004})
    >>> found = Latents((first, second), (), {"orientation": 4}, least_nats=0.05, invariant_share=0.01)
    >>> found
    z1: posY (0.95 nats) | z0 dead
    >>> print(found)
    block   state   KL, nats   information, nats   groups
    z1      alive   1.2        posY 0.95           invariant to orientation (C4)
    z0      dead    0.01
    """

    blocks: tuple[BlockReport, ...]  # in the order of the latent
    planes: tuple[RotatedPlane, ...]
    orders: dict[str, int]  # of the group of each cyclic factor that was measured
    least_nats: float  # information below it is not reported: it may be chance
    invariant_share: float  # a block of which a group moves a smaller share is invariant to it

    def __iter__(self) -> Iterator[BlockReport]:
        return iter(self.blocks)

    def __len__(self) -> int:
        return len(self.blocks)

    def __getitem__(self, name: str) -> BlockReport:
        """The block of that name; SettingError lists the names there are."""
        for block in self.blocks:
            if block.name == name:
                return block
        raise SettingError("block", expected=f"one of {', '.join(each.name for each in self.blocks)}", got=repr(name))

    def carried(self, name: str) -> dict[str, float]:
        """The factors that a block carries, nats, the most first."""
        ordered = sorted(self[name].information.items(), key=lambda pair: -pair[1])
        return {factor: nats for factor, nats in ordered if nats >= self.least_nats}

    def summary(self, name: str) -> str:
        """A block in a few words: its main factors, those with at least half the information of the first.

        >>> block = BlockReport("z1", True, 1.2, {"posX": 0.2, "posY": 0.95}, {})
        >>> Latents((block,), (), {}, least_nats=0.05, invariant_share=0.01).summary("z1")
        'z1: posY (0.95 nats)'
        """
        if not self[name].alive:
            return f"{name} dead"
        carried = self.carried(name)
        most = max(carried.values(), default=0.0)
        words = [f"{factor} ({nats:.2f} nats)" for factor, nats in carried.items() if 2 * nats >= most]
        none = "no factor" if self[name].information else "alive"  # nothing is said of data without factors
        return f"{name}: {', '.join(words) or none}"

    def groups(self, name: str) -> list[str]:
        """For each cyclic factor, in words, whether the block is invariant to its group, rotates or is moved by it."""
        block, words = self[name], []
        for factor, share in block.moved.items():
            plane = next((each for each in self.planes if each.factor == factor and name in each.blocks), None)
            group = f"{factor} (C{self.orders[factor]})"
            if plane is not None:
                words.append(f"{plane} (C{self.orders[factor]}, R^2 {plane.fit:.2f})")
            elif share <= self.invariant_share:
                words.append(f"invariant to {group}")
            else:
                digits = 0 if share >= 0.1 else 1
                words.append(f"moved by {group}: {100 * share:.{digits}f} % of its variance")
        return words

    def ordered(self) -> list[BlockReport]:
        """The blocks, living ones first, each kind by its KL, the largest first."""
        return sorted(self.blocks, key=lambda block: (not block.alive, -block.kl))

    @property
    def table(self) -> Table:
        """A row for each block, in words, living ones first."""
        rows = []
        for block in self.ordered():
            carried = ", ".join(f"{factor} {nats:.2f}" for factor, nats in self.carried(block.name).items())
            state = "alive" if block.alive else "dead"
            rows.append((block.name, state, block.kl, carried, "; ".join(self.groups(block.name))))
        return Table(("block", "state", "KL, nats", "information, nats", "groups"), rows)

    def __str__(self) -> str:
        return str(self.table)

    def __repr__(self) -> str:
        living = [self.summary(block.name) for block in self.ordered() if block.alive]
        dead = [block.name for block in self.blocks if not block.alive]
        return " | ".join([*living, *map(str, self.planes), *([f"{', '.join(dead)} dead"] if dead else [])])

    def to_dataframe(self) -> "DataFrame":
        """A row for each block, in the order of the latent, with every number; SettingError without pandas.

        Columns: block, alive, kl, then `nats_FACTOR` for each factor and `moved_FACTOR` for each cyclic one.
        """
        factors = list(self.blocks[0].information)
        measured = [*(f"nats_{name}" for name in factors), *(f"moved_{name}" for name in self.orders)]
        rows = [
            (
                block.name,
                block.alive,
                block.kl,
                *block.information.values(),
                *(block.moved.get(name) for name in self.orders),
            )
            for block in self.blocks
        ]
        return Table(("block", "alive", "kl", *measured), rows).to_dataframe()

    def to_markdown(self) -> str:
        """The table in Markdown."""
        return self.table.to_markdown()

    def to_latex(self) -> str:
        """The table in LaTeX, with booktabs."""
        return self.table.to_latex()

    def _repr_html_(self) -> str:
        return self.table._repr_html_()
