"""A probe of any encoder and group: is the code of the moved input a linear function of the code, or unchanged?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import SettingError, ShapeError
from equilab.groups import PlaneGroup
from equilab.latents import Blocks, parse_blocks
from equilab.metrics.arguments import check_generator, check_number, checked_sequence
from equilab.metrics.encoding import Encode
from equilab.metrics.symmetry.aligned import aligned, flat_keys, number
from equilab.metrics.symmetry.group_report import halves
from equilab.metrics.symmetry.orbit import Act, codes_of_orbit, encode_moved, plane_action
from equilab.metrics.symmetry.span import checked_codes, linear_map, span_of

_GOOD = 0.99  # R^2 from which the verdict calls a code invariant or equivariant


@dataclass(frozen=True, eq=False)
class SymmetryProbe:
    """R^2 of equivariance and of invariance of each element, on held-out images; `print(probe)` is a table.

    An invariant code is equivariant, too: B_g = I. Equivariance says nothing where `floor` is as high.
    """

    elements: tuple[str, ...]
    equivariance: Float[ndarray, "elements"]  # 1 - E|z(g x) - B_g z(x) - b_g|^2 / Var z(g x)
    invariance: Float[ndarray, "elements"]  # 1 - E|z(g x) - z(x)|^2 / Var z(x); -1 for unrelated codes
    floor: Float[ndarray, "elements"]  # equivariance of B_g, b_g that were fitted to the codes of other images
    blocks: tuple[str, ...]  # labels
    block_equivariance: Float[ndarray, "elements blocks"]  # of each block, from that block alone
    block_invariance: Float[ndarray, "elements blocks"]
    block_prediction: Float[ndarray, "elements blocks"]  # R^2 of equivariance of each block, from the whole code
    block_share: Float[ndarray, "blocks"]  # of the variance of the code

    @property
    def verdict(self) -> str:
        """One sentence, by the worst element, and the worst block where the whole code hides it."""
        eq, inv, floor = self.equivariance.min(), self.invariance.min(), self.floor.max()
        figures = f"R^2 of equivariance {number(eq)} (shuffled {number(floor)}), of invariance {number(inv)}, at worst"
        if not self.equivariance.any() and not self.invariance.any():
            return "the code is constant: nothing to explain, R^2 is 0 by contract"
        if inv >= _GOOD:
            return f"the code is invariant: {figures}{self._worst_block(self.block_invariance)}"
        if eq >= _GOOD:
            words = "the code is equivariant, each element acts linearly"
            return f"{words}: {figures}{self._worst_block(self.block_prediction)}"
        return f"the code is neither invariant nor linearly equivariant: {figures}"

    def _worst_block(self, values: Float[ndarray, "elements blocks"]) -> str:
        """The block of the least R^2, if that is below 0.99; a dead one, of R^2 0 by contract, is left out."""
        least = np.where(values.any(axis=0), values.min(axis=0), 1.0)
        worst = int(least.argmin())
        if least[worst] >= _GOOD:
            return ""
        share = self.block_share[worst]
        size = f"{share:.1%}" if share >= 5e-4 else f"{share:.1e}"
        return f"; but of {self.blocks[worst]}, with {size} of the variance, R^2 is {number(float(least[worst]))}"

    def flat(self) -> dict[str, float]:
        """Floats for logging: means over the elements, and the worst, as probe_equivariance_worst."""
        pairs = []
        for name, values in (("equivariance", self.equivariance), ("invariance", self.invariance)):
            pairs += [(f"probe_{name}", float(values.mean())), (f"probe_{name}_worst", float(values.min()))]
        return flat_keys([*pairs, ("probe_floor", float(self.floor.mean()))])

    def __str__(self) -> str:
        rows = [("element", "equivariance", "shuffled", "invariance")]
        for g, name in enumerate(self.elements):
            rows.append((name, number(self.equivariance[g]), number(self.floor[g]), number(self.invariance[g])))
        return f"{aligned(rows)}\n{self.verdict}"


def probe_codes(
    codes: Any,
    moved: Any,
    *,
    rng: np.random.Generator,
    elements: Sequence[str] = (),
    ridge: float = 0.0,
    blocks: Blocks | None = None,
) -> SymmetryProbe:
    """The probe of codes (n, d) of images x and moved (m, n, d), the codes of g x for m transformations.

    B_g and b_g are fitted to a random half of the images by least squares, `ridge` times the variance of the code being
    added along each of its axes, and scored on the other half: variances and errors are summed over the dimensions, so
    that those of a large scale count most: the verdict names the worst block that they hide. The floor is the same fit
    after the images were shuffled. Leave the identity out of `moved`: its R^2 of 1 would enter the means. A code that
    does not vary has R^2 0.

    elements: m names. blocks: each is read on its manifold; None: each dimension is one. Raises ShapeError and
    DataError for arrays that do not fit, and for less than 2 (d + 1) images, SettingError for settings.

    >>> rng = np.random.default_rng(0)
    >>> codes = rng.standard_normal((100, 3))
    >>> found = probe_codes(codes, (codes[:, ::-1] + 1)[None], rng=rng)
    >>> found.equivariance.round(6).tolist(), bool(found.invariance[0] < 0)
    ([1.0], True)
    """
    codes, resolution = checked_codes(codes, "codes", 2, "(n, d)")
    moved, _ = checked_codes(moved, "moved", 3, "(elements, n, d)")
    check_generator(rng)
    names = tuple(map(str, checked_sequence(elements, "elements", "a list of names"))) or tuple(
        f"g{g}" for g in range(len(moved))
    )
    if moved.shape[1:] != codes.shape:
        raise ShapeError(
            "moved",
            expected=f"(elements, {codes.shape[0]}, {codes.shape[1]}), the code of every image moved by each element",
            got=moved.shape,
        )
    if len(names) != len(moved):
        raise SettingError("elements", expected=f"{len(moved)} names", got=len(names))
    check_number("ridge", ridge, "0 or more, in units of the code's variance", lambda value: value >= 0)
    parsed = parse_blocks(blocks, codes.shape[1])
    pairs = [_Pairs(block.values(codes), np.stack([block.values(each) for each in moved])) for block in parsed]
    whole = _Pairs(*(np.concatenate(parts, axis=-1) for parts in zip(*pairs, strict=True)))
    train, test = halves(len(codes), codes.shape[1], rng)
    shuffled = rng.permutation(train)
    settings = (train, test, resolution, ridge)
    variances = np.array([pair.source.var(axis=0).sum() for pair in pairs])
    total = variances.sum()
    return SymmetryProbe(
        names,
        _equivariance(whole, whole, train, *settings),
        _invariance(whole, test, resolution),
        _equivariance(whole, whole, shuffled, *settings),
        tuple(block.label for block in parsed),
        np.stack([_equivariance(pair, pair, train, *settings) for pair in pairs], axis=1),
        np.stack([_invariance(pair, test, resolution) for pair in pairs], axis=1),
        np.stack([_equivariance(whole, pair, train, *settings) for pair in pairs], axis=1),
        variances / total if total else variances,
    )


def symmetry_probe(
    encode: Encode,
    images: Any,
    group: PlaneGroup | Sequence[Any],
    *,
    rng: np.random.Generator,
    act: Act | None = None,
    ridge: float = 0.0,
    blocks: Blocks | None = None,
    batch_size: int = 256,
) -> SymmetryProbe:
    """The probe of an encoder: images (n, ...) and their motions by each element of a group, the identity left out.

    `group`, `act` and `batch_size` as in `codes_of_orbit`, the rest as in `probe_codes`. For a group of another library
    give its elements as a list, and act(g, images).

    >>> import torch
    >>> from equilab.groups import p4
    >>> images = torch.rand(64, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    >>> found = symmetry_probe(lambda x: x.mean((2, 3)), images, p4, rng=np.random.default_rng(0))
    >>> found.elements, found.invariance.round(6).tolist()
    (('turn 1/4', 'turn 1/2', 'turn 3/4'), [1.0, 1.0, 1.0])
    """
    group = group if isinstance(group, PlaneGroup) else checked_sequence(group, "group", "a group or its elements")
    elements = [g for g in group if not (isinstance(group, PlaneGroup) and g == group.identity)]
    if not elements:
        raise SettingError("group", expected="an element besides the identity", got="none")
    codes = encode_moved(encode, images, lambda part: part, batch_size=batch_size)
    if act is None and isinstance(group, PlaneGroup):
        act = plane_action(images, group)
    moved = codes_of_orbit(encode, images, elements, act=act, batch_size=batch_size)
    names = tuple(map(str, elements)) if isinstance(group, PlaneGroup) else ()
    return probe_codes(codes, moved, rng=rng, elements=names, ridge=ridge, blocks=blocks)


class _Pairs(NamedTuple):
    """Codes of images and of moved images, read as one block."""

    source: Float[ndarray, "n d"]
    target: Float[ndarray, "elements n d"]


def _equivariance(
    given: _Pairs, pairs: _Pairs, fitted: ndarray, train: ndarray, test: ndarray, resolution: float, ridge: float
) -> Float[ndarray, "elements"]:
    """R^2 on the rows `test` of affine maps from the given rows `train` to the moved rows `fitted` of the pairs."""
    span = span_of(given.source[train], resolution)
    source = span.coordinates(given.source[train])
    means = pairs.target[:, fitted].mean(axis=1, keepdims=True)
    target = pairs.target[:, fitted] - means  # (elements, train, d)
    flat = np.concatenate(list(target), axis=1)
    maps = linear_map(source, flat).T.reshape(span.rank, *target.shape[::2]) / (
        1 + ridge
    )  # whitened: a ridge shrinks all
    predicted = np.einsum("nr,rgd->gnd", span.coordinates(given.source[test]), maps) + means
    return _explained(pairs.target[:, test] - predicted, pairs.target[:, test], resolution)


def _invariance(pairs: _Pairs, test: ndarray, resolution: float) -> Float[ndarray, "elements"]:
    """R^2 on the rows `test` of the code itself as the code of the moved image."""
    source = pairs.source[test]
    return _explained(pairs.target[:, test] - source, np.broadcast_to(source, pairs.target[:, test].shape), resolution)


def _explained(
    error: Float[ndarray, "elements n d"], values: Float[ndarray, "elements n d"], resolution: float
) -> Float[ndarray, "elements"]:
    """1 - E|error|^2 / Var of values; 0 where these do not vary."""
    variance = values.var(axis=1).sum(axis=-1)
    alive = variance > resolution**2 * np.square(values).sum(axis=-1).mean(axis=1)
    ratio = np.divide(np.square(error).sum(axis=-1).mean(axis=1), variance, out=np.ones_like(variance), where=alive)
    return 1 - ratio
