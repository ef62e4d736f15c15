"""Types with an action for e3nn: irreps of O(3), and e3nn modules with an `in_type` and an `out_type`.

Neither is a FieldType or a Layer of equilab: those are of subgroups of O(2), which move the pixels of an image. Of O(3)
only the action on vectors (..., dim) is here, so e3nn modules go into torch.nn.Sequential, not equilab.nn.Sequential.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from equilab.errors import FieldTypeError, GroupError, ShapeError

try:
    from e3nn import o3
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f'equilab.interop.e3nn needs e3nn, and there is no module named {error.name!r}: run pip install "e3nn>=0.6"',
        name=error.name,
    ) from error

__all__ = ["E3nnLayer", "IrrepsType", "irreps_type", "wrap_module"]

_ORTHOGONAL = 1e-4  # of a float32 matrix that was multiplied a few times; a wrong one is off by far more


@dataclass(frozen=True)
class IrrepsType:
    """How vectors transform under O(3), as an e3nn irreps string in its normal form; make it by `irreps_type`.

    No FieldType: O(3) acts on vectors (..., dim), not on a pixel grid. A group element is its orthogonal matrix (3, 3):
    g @ h is the product, g.T the inverse, -1 the inversion.
    """

    irreps: str

    @property
    def dim(self) -> int:
        """The number of components."""
        return o3.Irreps(self.irreps).dim

    def __str__(self) -> str:
        return f"O(3)[{self.irreps}]"

    def random_element(self, generator: torch.Generator) -> Tensor:
        """An orthogonal matrix (3, 3), float64, drawn uniformly (Haar measure), improper in half of all cases."""
        normal = torch.randn(3, 3, dtype=torch.float64, generator=generator, device=generator.device)
        q, r = torch.linalg.qr(normal)
        return q * r.diagonal().sign()  # with a positive diagonal of R, Q is uniform (Mezzadri 2007, section 5)

    def matrix(self, g: Tensor) -> Tensor:
        """D(g), (dim, dim), float64, block-diagonal, orthogonal to about 1e-15; GroupError unless g is orthogonal.

        More exact than e3nn's D_from_matrix, which goes through angles and loses half of the digits near the poles.
        """
        rotation, inverted = _split(g)
        blocks = [count * [_block(rotation, inverted, irrep)] for count, irrep in o3.Irreps(self.irreps)]
        return torch.block_diag(*(block for same in blocks for block in same))

    def act(self, g: Tensor, x: Tensor) -> Tensor:
        """D(g) x for x (..., dim), in the dtype of x, to its round-off. Raises ShapeError, GroupError.

        >>> turn = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
        >>> irreps_type("0e + 1o").act(turn, torch.tensor([5.0, 1, 0, 0])).tolist()
        [5.0, 0.0, 1.0, 0.0]
        """
        if x.ndim == 0 or x.shape[-1] != self.dim:
            raise ShapeError("x", expected=f"(..., {self.dim}) for {self}", got=tuple(x.shape))
        rotation, inverted = _split(g)
        parts, start = [], 0
        for count, irrep in o3.Irreps(self.irreps):
            part = x[..., start : start + count * irrep.dim].unflatten(-1, (count, irrep.dim))
            parts.append((part @ _block(rotation, inverted, irrep).T.to(x)).flatten(-2))
            start += count * irrep.dim
        return torch.cat(parts, -1)


def irreps_type(irreps: str | o3.Irreps) -> IrrepsType:
    """The type of e3nn irreps; FieldTypeError for what e3nn does not read.

    >>> str(irreps_type("2x0e+3x1o")), irreps_type("2x0e + 3x1o").dim
    ('O(3)[2x0e+3x1o]', 11)
    """
    try:
        found = o3.Irreps(irreps)
    except (ValueError, TypeError) as error:
        raise FieldTypeError("irreps", expected='e3nn irreps such as "2x0e + 3x1o"', got=repr(irreps)) from error
    if found.dim == 0:
        raise FieldTypeError("irreps", expected="at least one", got=repr(irreps))
    return IrrepsType(str(found))


class E3nnLayer(nn.Module):
    """An e3nn module of one input, f(D(g) x) = D'(g) f(x), D acting on `in_type` and D' on `out_type`.

    No equilab.nn.Layer: those are of subgroups of O(2), and their field types act on a pixel grid. x: (..., dim), plain
    as everywhere in e3nn. Raises FieldTypeError for a module that does not say its irreps, ShapeError when called.
    """

    def __init__(self, module: nn.Module):
        super().__init__()
        both = getattr(module, "irreps", None)  # of batch norm and dropout
        irreps_in, irreps_out = getattr(module, "irreps_in", both), getattr(module, "irreps_out", both)
        if irreps_in is None or irreps_out is None:
            raise FieldTypeError(
                "module",
                expected="an e3nn module with irreps_in and irreps_out",
                got=type(module).__name__,
                hint="of one with several inputs, wrap a module of yours that has both and fixes the other inputs",
            )
        self.in_type, self.out_type = irreps_type(irreps_in), irreps_type(irreps_out)
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim == 0 or x.shape[-1] != self.in_type.dim:
            raise ShapeError("x", expected=f"(..., {self.in_type.dim}) for {self.in_type}", got=tuple(x.shape))
        return self.module(x)

    def extra_repr(self) -> str:
        return f"{self.in_type} -> {self.out_type}"


def wrap_module(module: nn.Module) -> E3nnLayer:
    """The e3nn module with an `in_type` and an `out_type`.

    >>> wrap_module(o3.Linear("2x0e + 3x1o", "4x1o"))(torch.zeros(5, 11)).shape
    torch.Size([5, 12])
    """
    return E3nnLayer(module)


def _split(g: Tensor) -> tuple[Tensor, bool]:
    """g = (-1)^inverted times a rotation, float64; ShapeError, GroupError unless it is orthogonal."""
    if not isinstance(g, Tensor):
        raise ShapeError("g", expected="a tensor (3, 3)", got=type(g).__name__, hint="use torch.as_tensor(g)")
    if g.shape != (3, 3):
        raise ShapeError("g", expected="an orthogonal matrix (3, 3)", got=tuple(g.shape))
    g = g.double()
    off = float((g @ g.T - torch.eye(3).to(g)).abs().max())
    if not off < _ORTHOGONAL:  # not: NaN is not close to anything
        raise GroupError(
            "g",
            expected="an orthogonal matrix",
            got=f"one whose g g^T is off the identity by {off:.2g}",
            hint="random_element makes one",
        )
    inverted = bool(torch.linalg.det(g) < 0)
    return (-g if inverted else g), inverted


def _block(rotation: Tensor, inverted: bool, irrep: o3.Irrep) -> Tensor:
    """D of one irrep, (2 l + 1, 2 l + 1): for odd parity, an inversion changes its sign."""
    return _wigner(rotation, irrep.l) * (irrep.p if inverted else 1)


def _wigner(rotation: Tensor, degree: int) -> Tensor:
    """Wigner's D^l of a rotation by D^l = C^T (D^(l-1) x D^1) C, C the Clebsch-Gordan isometry; D^1 is the rotation.

    Polynomials in the entries of the rotation: no angles, and nothing is lost anywhere.
    """
    found = rotation.new_ones(1, 1)
    for l in range(1, degree + 1):  # noqa: E741
        isometry = _clebsch_gordan(l).to(rotation.device)
        found = torch.einsum("ijk,ia,jb,abc->kc", isometry, found, rotation, isometry)
    return found


@lru_cache(maxsize=16)
def _clebsch_gordan(degree: int) -> Tensor:
    """The isometry (2 l - 1, 3, 2 l + 1) of degree l into degrees l - 1 and 1, float64."""
    return o3.wigner_3j(degree - 1, 1, degree, dtype=torch.float64) * (2 * degree + 1) ** 0.5
