"""A report on cyclic factors: D_LSBD (Tonnaer et al. 2022), and the numbers without which a 0 of it says nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import index
from textwrap import fill

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import SettingError, ShapeError
from equilab.latents import Blocks, parse_blocks
from equilab.metrics.arguments import check_generator, checked_sequence
from equilab.metrics.code_table import CodeTable
from equilab.metrics.symmetry.aligned import aligned, flat_keys, number
from equilab.metrics.symmetry.chance import chance_level
from equilab.metrics.symmetry.directions import NOISE_FLOOR, check_floor, read_directions
from equilab.metrics.symmetry.injectivity import injectivity
from equilab.metrics.symmetry.lsbd import check_cyclic_sizes, distances_of
from equilab.metrics.symmetry.lsbd_grid import CyclicGrid, cyclic_grid
from equilab.metrics.symmetry.lsbd_verdict import lsbd_verdict
from equilab.metrics.symmetry.span import checked_codes, span_of
from equilab.metrics.symmetry.transitions import Transitions, fit_steps, overlaps, transitions_of
from equilab.metrics.validation import as_array, checked_names

_NUM_POINTS = 4096  # of the grid, from which it is told without the residual fits which directions are noise


@dataclass(frozen=True, eq=False)
class LSBDReport:
    """D_LSBD of k cyclic factors on a grid of m factors, never alone; `print(report)` ends in a verdict in words.

    D_LSBD is 0 for both factors in one plane (see `overlap`), for a code that turns twice (`omega`, `injectivity`), for
    noise beside the code (`residual`, `share`), and for an equivariant encoder that has learnt nothing (`collisions`).
    """

    value: float  # D_LSBD: 0 best, 1 worst; mean of `distance`
    cyclic: tuple[str, ...]  # k names
    orders: tuple[int, ...]  # N_k, values of each
    distance: Float[ndarray, "k"]  # D_k
    chance: Float[ndarray, "k"]  # D_k of a random point for each value: 0 for three values
    omega: Int[ndarray, "k"]  # |omega_k|, turns of the code per turn of the factor; 0: none
    share: Float[ndarray, "k"]  # of the variance that factor k moves, within the plane that D_k scores
    names: tuple[str, ...]  # m names: the cyclic factors and those that were pooled
    overlaps: Float[ndarray, "m m"]  # tr(C_i C_j) / (|C_i| |C_j|), whitened
    injectivity: float  # share of grid points whose code is that of no other point
    collisions: Float[ndarray, "m"]  # share of grid points with a twin that differs in that factor
    blocks: tuple[str, ...]  # labels
    moved: Float[ndarray, "blocks m"]  # share of the variance that a factor moves, by block
    transitions: Transitions | None  # linear steps B_k; None without the residual fits
    num_left_out: int  # small directions that no step explains: not in overlaps, order and commutators, but in the rest
    left_out_share: float  # of the variance of the code, in these

    @property
    def overlap(self) -> float:
        """The largest overlap of a cyclic factor with another factor; 0 of a single factor."""
        found = self.overlaps[[self.names.index(name) for name in self.cyclic]].copy()
        found[np.arange(len(self.cyclic)), [self.names.index(name) for name in self.cyclic]] = 0
        return float(found.max())

    @property
    def commutator(self) -> float | None:
        """The largest |B_i B_j - B_j B_i| / (|B_i| |B_j|); None without the residual fits."""
        return None if self.transitions is None else float(self.transitions.commutators.max())

    @property
    def verdict(self) -> str:
        """One sentence: what the numbers beside D_LSBD say about it."""
        return lsbd_verdict(self)

    def flat(self) -> dict[str, float]:
        """Floats for logging: lsbd, lsbd_posx, lsbd_omega_posx, lsbd_overlap, lsbd_residual_posx, ..."""
        fits = self.transitions
        columns = [("", self.distance), ("chance_", self.chance), ("omega_", self.omega), ("share_", self.share)]
        alone = [("", self.value), ("_overlap", self.overlap), ("_injectivity", self.injectivity)]
        alone += [("_left_out", float(self.num_left_out)), ("_left_out_share", self.left_out_share)]
        if fits is not None:
            columns += [("residual_", fits.residual), ("order_", fits.order_error)]
            alone.append(("_commutator", float(fits.commutators.max())))
        named = [(prefix, self.cyclic, values) for prefix, values in columns]
        named.append(("collisions_", self.names, self.collisions))
        pairs = [(f"lsbd{suffix}", value) for suffix, value in alone]
        for prefix, names, values in named:
            pairs += [(f"lsbd_{prefix}{name}", float(value)) for name, value in zip(names, values, strict=True)]
        return flat_keys(pairs)

    def __str__(self) -> str:
        fits = self.transitions
        header = ["factor", "N", "D", "chance", "|omega|", "in plane"] + ([] if fits is None else ["residual", "order"])
        rows = [header]
        for k, name in enumerate(self.cyclic):
            row = [name, str(self.orders[k]), number(self.distance[k]), number(self.chance[k])]
            row += [str(self.omega[k]), number(self.share[k])]
            rows.append(row + ([] if fits is None else [number(fits.residual[k]), number(fits.order_error[k])]))
        beside = [("overlap", self.overlap), ("injectivity", self.injectivity)]
        if fits is not None:
            beside.append(("commutator", float(fits.commutators.max())))
        words = "   ".join(f"{name} {number(value)}" for name, value in [("D_LSBD", self.value), *beside])
        return f"{aligned(rows)}\n{words}\n{fill(self.verdict, 100)}"


def lsbd_report(
    table: CodeTable,
    *,
    rng: np.random.Generator,
    factors: Sequence[str] | Mapping[str, int] | None = None,
    at: Mapping[str, int] | None = None,
    blocks: Blocks | None = None,
    residuals: bool = True,
    floor: float = NOISE_FLOOR,
) -> LSBDReport:
    """The report on the cyclic factors of a table that is a complete grid.

    factors: names of the cyclic ones, None: all that vary. A dict gives their orders where an end point repeats the
    first value: {"orientation": 39} for the 40 of dSprites; `{f.name: f.group.order for f in data.factors if f.group}`.
    at: values at which other factors are held, {"shape": 2}. Those that are neither are pooled: one plane and one omega
    for all of their values, as a plane of its own for each object would score a perfect latent 0.4 (protocol).
    blocks: dimensions that belong together, each read on its manifold.
    residuals: fit the linear steps, which takes most of the time.
    floor: share of the largest variance; directions below it that no step explains, such as collapsed dimensions, are
    left out of overlap, order and commutator, where each direction counts the same (`num_left_out`).

    Raises SettingError for factors, values or blocks that are not there and a floor that is no share, DataError for a
    table that is no complete grid, a cyclic factor with fewer than 3 values, and a grid too small to fit a step.

    >>> index = np.stack(np.unravel_index(np.arange(64), (8, 8)), 1)
    >>> a, b = 2 * np.pi * index.T / 8
    >>> table = CodeTable(np.stack([np.cos(2 * a), np.sin(2 * a), np.cos(b), np.sin(b)], 1), index, ("a", "b"))
    >>> print(lsbd_report(table, rng=np.random.default_rng(0), residuals=False))
    factor  N      D  chance  |omega|  in plane
    a       8  0.000   0.630        2     1.000
    b       8  0.000   0.630        1     1.000
    D_LSBD 0.000   overlap 0.000   injectivity 0.000
    D_LSBD is 0.000, but the code rotates 2 times per cycle of a: a double cover; 100% of the points
    share their code with others, which differ in a
    """
    grid = cyclic_grid(table, factors=factors, at=at)
    return _report(grid, blocks, residuals, floor, rng)


def lsbd_report_codes(
    codes: ndarray,
    *,
    rng: np.random.Generator,
    axes: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    blocks: Blocks | None = None,
    residuals: bool = True,
    floor: float = NOISE_FLOOR,
) -> LSBDReport:
    """The report on a grid of codes (N_1, ..., N_m, d), axis i being a factor at angles 2 pi n / N_i.

    axes: those of the cyclic factors, None: all; the others are pooled. names: m of them, by default factor0, ...
    Raises ShapeError and DataError for codes that are no grid, SettingError for axes or names that do not fit.

    >>> a = 2 * np.pi * np.arange(64) / 64
    >>> lsbd_report_codes(np.cos(a)[:, None], rng=np.random.default_rng(0)).value
    0.75
    """
    grid = as_array(codes, "codes")
    dims = max(grid.ndim - 1, 0)
    labels = tuple(f"factor{axis}" for axis in range(dims)) if names is None else checked_names(names, "names")
    if len(labels) != dims or len(set(labels)) < dims:
        raise SettingError("names", expected=f"{dims} different names, one of each factor", got=repr(names))
    try:
        given = range(dims) if axes is None else checked_sequence(axes, "axes", f"integers from 0 to {dims - 1}")
        chosen = tuple(index(axis) for axis in given)
    except TypeError as error:
        raise SettingError("axes", expected=f"integers from 0 to {dims - 1}", got=repr(axes)) from error
    if (
        not chosen
        or any(isinstance(axis, bool) for axis in given)
        or len(set(chosen)) < len(chosen)
        or not all(0 <= axis < dims for axis in chosen)
    ):
        if grid.ndim < 2:
            raise ShapeError("codes", expected="a grid (N_1, ..., N_k, d)", got=grid.shape)
        raise SettingError("axes", expected=f"different integers from 0 to {dims - 1}", got=chosen)
    return _report(CyclicGrid(grid, labels, chosen), blocks, residuals, floor, rng)


def _report(
    given: CyclicGrid, blocks: Blocks | None, residuals: bool, floor: float, rng: np.random.Generator
) -> LSBDReport:
    """The report on a grid; codes are centred, and 0 where they do not vary."""
    check_floor(floor)
    check_generator(rng)
    if not isinstance(residuals, bool):
        raise SettingError("residuals", expected="True or False", got=repr(residuals))
    codes, resolution = checked_codes(given.codes, "codes", None, "a grid (N_1, ..., N_k, d)")
    sizes = codes.shape[:-1]
    check_cyclic_sizes(sizes, given.axes)
    parsed = parse_blocks(blocks, codes.shape[-1])
    flat = codes.reshape(-1, codes.shape[-1])
    parts = [block.values(flat) for block in parsed]
    read = np.concatenate(parts, axis=1)
    span = span_of(read, resolution)
    centred = ((read - span.mean) * bool(span.rank)).reshape(*sizes, -1)
    found = distances_of(read.reshape(*sizes, -1), given.axes, resolution)
    near = injectivity(centred, given.axes, rng)
    centred_span = span._replace(mean=np.zeros_like(span.mean))
    orders = tuple(sizes[axis] for axis in given.axes)
    steps = None
    if residuals or min(len(flat), _NUM_POINTS) // 2 > span.rank:
        steps = fit_steps(centred, given.axes, centred_span, rng, num_points=None if residuals else _NUM_POINTS)
    read_in = read_directions(span, np.zeros(span.rank) if steps is None else steps.unexplained, floor)
    return LSBDReport(
        value=float(found.distance.mean()),
        cyclic=tuple(given.names[axis] for axis in given.axes),
        orders=orders,
        distance=found.distance,
        chance=np.array([chance_level(size) for size in orders]),
        omega=found.omega,
        share=found.share,
        names=given.names,
        overlaps=overlaps(centred, centred_span.part(read_in.kept)),
        injectivity=near.injectivity,
        collisions=near.collisions,
        blocks=tuple(block.label for block in parsed),
        moved=_moved(centred, [part.shape[1] for part in parts]),
        transitions=transitions_of(steps, read_in.kept, orders) if residuals and steps is not None else None,
        num_left_out=read_in.num_left_out,
        left_out_share=read_in.share,
    )


def _moved(grid: Float[ndarray, "..."], widths: list[int]) -> Float[ndarray, "blocks m"]:
    """Share of the variance that each factor moves, by block; a column of zeros where it moves nothing."""
    variances = np.stack([grid.var(axis=axis).reshape(-1, grid.shape[-1]).mean(0) for axis in range(grid.ndim - 1)], 1)
    summed = np.add.reduceat(variances, np.cumsum([0, *widths[:-1]]), axis=0)
    total = summed.sum(axis=0)
    return np.divide(summed, total, out=np.zeros_like(summed), where=total > 0)
