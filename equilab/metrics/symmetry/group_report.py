"""A report on a finite group that acts on the data: is it a representation on the code, and on which blocks?"""

from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import DataError, ShapeError
from equilab.groups import PlaneGroup
from equilab.latents import Blocks, parse_blocks
from equilab.metrics.arguments import check_generator
from equilab.metrics.symmetry.aligned import aligned, flat_keys, number
from equilab.metrics.symmetry.directions import NOISE_FLOOR, check_floor, left_out_words, read_directions
from equilab.metrics.symmetry.group_fit import (
    block_changes,
    block_masses,
    fit_elements,
    homomorphism_errors,
    multiplicities,
)
from equilab.metrics.symmetry.multiplication import multiplication
from equilab.metrics.symmetry.orbit import check_identity
from equilab.metrics.symmetry.span import checked_codes, span_of

_SLACK = 0.1  # how far from its ideal a number may be before the verdict mentions it
_STILL = 0.01  # change up to which a block counts as one that no element moves


@dataclass(frozen=True, eq=False)
class GroupReport:
    """What each element of a group does to a code; `print(report)` is a table that ends in a verdict in words."""

    elements: tuple[str, ...]
    residual: Float[ndarray, "order"]  # E|z(g y) - B_g z(y)|^2 / E|z(g y) - z(y)|^2, held out; 0 where nothing moves
    homomorphism: Float[ndarray, "order order"]  # |B_g B_h - B_gh| / |B_gh|
    characters: Float[ndarray, "order"]  # traces of B_g
    irreps: dict[str, float]  # multiplicity of each irrep by the characters; empty for a Cayley table
    matrices: Float[ndarray, "order r r"]  # B_g in whitened coordinates of the r directions that are read
    blocks: tuple[str, ...]  # labels
    change: Float[ndarray, "order blocks"]  # E|z_b(g y) - z_b(y)|^2 / (2 Var z_b): 0 invariant, 1 as another image
    mixing: Float[ndarray, "blocks blocks"]  # share of block i (row) that comes from block j, mean over g that move
    off_block: Float[ndarray, "order"]  # share of |B_g|^2 that is between different blocks
    identity: int
    num_left_out: int  # small directions that no B_g explains: only in `residual` and `change`
    left_out_share: float  # of the variance of the orbits, in these

    @property
    def still(self) -> tuple[str, ...]:
        """Labels of the blocks that no element changes by more than 0.01."""
        return tuple(label for label, most in zip(self.blocks, self.change.max(axis=0), strict=True) if most <= _STILL)

    @property
    def rest_change(self) -> float:
        """The largest change of a block in `still`; 0 without any."""
        most = self.change.max(axis=0)
        return float(most[most <= _STILL].max(initial=0))

    @property
    def verdict(self) -> str:
        """One sentence: what the group is on the code, or what speaks against its being linear."""
        if self.change.max() <= _STILL:
            return "no element moves the code: it is invariant"
        worst = int(self.residual.argmax())
        found = []
        if self.residual[worst] > _SLACK:
            found.append(
                f"{self.elements[worst]} is no linear map of the code (residual {number(self.residual[worst])})"
            )
        g, h = np.unravel_index(self.homomorphism.argmax(), self.homomorphism.shape)
        if self.homomorphism[g, h] > _SLACK:
            found.append(
                f"not a representation: B_g B_h differs from B_gh for g = {self.elements[g]}, h = {self.elements[h]} "
                f"(relative error {number(self.homomorphism[g, h])})"
            )
        rest = [left_out_words(self.num_left_out, self.left_out_share)] if self.num_left_out else []
        if found:
            return "; ".join([*found, *rest])
        parts = [f"{value:.3g} {name}" for name, value in self.irreps.items() if abs(value) > _SLACK]
        kind = f": {' + '.join(parts)}" if parts else ""
        within = "" if self.off_block.max() > _SLACK else ", each block by itself"
        stay = f"; still: {', '.join(self.still)}" if self.still else ""
        words = f"the group acts linearly on {self.matrices.shape[1]} directions{kind}{within}{stay}"
        return "; ".join([words, *rest])

    def flat(self) -> dict[str, float]:
        """Floats for logging, largest over the group: group_residual, group_homomorphism, group_off_block, ..."""
        pairs = [
            ("group_residual", float(self.residual.max())),
            ("group_homomorphism", float(self.homomorphism.max())),
            ("group_off_block", float(self.off_block.max())),
            ("group_rest_change", self.rest_change),
            ("group_left_out", float(self.num_left_out)),
            ("group_left_out_share", self.left_out_share),
        ]
        changes = zip(self.blocks, self.change.max(axis=0).tolist(), strict=True)
        return flat_keys([*pairs, *((f"group_change_{label}", value) for label, value in changes)])

    def __str__(self) -> str:
        rows: list[tuple[str, ...]] = [("element", "residual", "products", "off block", "trace", "largest change")]
        for g, name in enumerate(self.elements):
            products = max(self.homomorphism[g].max(), self.homomorphism[:, g].max())
            values = (self.residual[g], products, self.off_block[g], self.characters[g])
            most = int(self.change[g].argmax())
            rows.append((name, *map(number, values), f"{number(self.change[g, most])} of {self.blocks[most]}"))
        return f"{aligned(rows)}\n{fill(self.verdict, 100)}"


def group_report(
    codes: Any,
    moved: Any,
    group: "PlaneGroup | ndarray",
    *,
    rng: np.random.Generator,
    blocks: Blocks | None = None,
    floor: float = NOISE_FLOOR,
) -> GroupReport:
    """The report on codes (n, d) of images x and moved (|G|, n, d), the codes of g x in the order of the elements.

    B_g, in the whitened coordinates of the orbits, is fitted by least squares over all pairs (h x, g h x) of a random
    half of the images, and scored on the other half. The code is read relative to its mean over the orbits, which every
    element leaves in place. `codes_of_orbit` makes `moved`.

    group: a finite group of equilab.groups, or a Cayley table (|G|, |G|) of integers with g h in entry [g, h].
    blocks: the fit is of the whole code; each block is read on its manifold, None: each dimension is one.
    floor: share of the largest variance; directions below it that the fits do not explain, such as collapsed
    dimensions, are left out of all that is read from the matrices, where each direction counts the same.

    Raises GroupError for a group that is none or infinite, ActionError where the identity changes a code, ShapeError
    and DataError for arrays that do not fit, and for less than 2 (d + 1) images, SettingError for blocks that do not
    and a floor that is no share.

    >>> rng = np.random.default_rng(0)
    >>> codes = rng.standard_normal((40, 2))
    >>> turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> moved = np.stack([codes @ np.linalg.matrix_power(turn, g).T for g in range(4)])
    >>> from equilab.groups import p4
    >>> print(group_report(codes, moved, p4, rng=rng, blocks=[(0, 1)]).verdict)
    the group acts linearly on 2 directions: 1 irrep(1), each block by itself
    """
    check_floor(floor)
    check_generator(rng)
    products = multiplication(group)
    codes, _ = checked_codes(codes, "codes", 2, "(n, d)")
    moved, resolution = checked_codes(moved, "moved", 3, "(|G|, n, d)")
    if moved.shape != (products.order, *codes.shape):
        raise ShapeError(
            "moved",
            expected=(
                f"{(products.order, *codes.shape)}, the codes of every image moved by each of the "
                f"{products.order} elements"
            ),
            got=moved.shape,
        )
    check_identity(codes, moved[products.identity], products.names[products.identity])
    parsed = parse_blocks(blocks, codes.shape[1])
    parts = [block.values(moved.reshape(-1, codes.shape[1])) for block in parsed]
    widths = [part.shape[1] for part in parts]
    read = np.concatenate(parts, axis=1).reshape(moved.shape)
    train, test = halves(len(codes), codes.shape[1], rng)
    fitted = read[:, train].reshape(-1, read.shape[2])
    span = span_of(fitted, resolution)
    fits = fit_elements(read, products, span, train, test)
    read_in = read_directions(span, fits.unexplained, floor)
    matrices = fits.matrices[:, read_in.kept][:, :, read_in.kept]
    masses = block_masses(matrices, span.part(read_in.kept), np.atleast_2d(np.cov(fitted.T, bias=True)), widths)
    total = masses.sum(axis=(1, 2))
    between = total - np.trace(masses, axis1=1, axis2=2)
    others = [g for g in range(products.order) if g != products.identity] or [products.identity]
    received = masses[others].mean(axis=0)
    whole = received.sum(axis=1, keepdims=True)
    characters = np.trace(matrices, axis1=1, axis2=2)
    return GroupReport(
        elements=products.names,
        residual=fits.residual,
        homomorphism=homomorphism_errors(matrices, products.table),
        characters=characters,
        irreps={} if products.group is None else multiplicities(characters, products.group),
        matrices=matrices,
        blocks=tuple(block.label for block in parsed),
        change=block_changes(read, products.table, widths, resolution),
        mixing=np.divide(received, whole, out=np.zeros_like(received), where=whole > 0),
        off_block=np.divide(between.clip(0), total, out=np.zeros_like(total), where=total > 0),
        identity=products.identity,
        num_left_out=read_in.num_left_out,
        left_out_share=read_in.share,
    )


def halves(n: int, dim: int, rng: np.random.Generator) -> tuple[ndarray, ndarray]:
    """Rows to fit on and rows to score on; DataError unless there are more of the first than dimensions."""
    if n // 2 < dim + 1:
        raise DataError(
            "codes",
            expected=f"at least {2 * (dim + 1)} images, of which half fit a linear map of {dim} dimensions",
            got=n,
            hint="give more images",
        )
    order = rng.permutation(n)
    return order[: n // 2], order[n // 2 :]
