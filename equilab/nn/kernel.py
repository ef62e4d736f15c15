"""The learnable kernel between two field types: free parameters, and the basis that turns them into a filter."""

from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor, nn

from equilab.errors import FieldTypeError
from equilab.functional import Block, block_of, expand_kernel
from equilab.groups import FieldType, Representation, filter_basis
from equilab.nn.equal_part import equal_part


class EquivariantKernel(nn.Module):
    """kappa = sum_b w_b B_b over a basis B of the kernel space; calling it gives (C_out, C_in / groups, k, k).

    The B_b are orthogonal (for ring kernels: nearly) and their largest entry is 1: between regular fields a parameter
    is an entry of the filter, and learning rates mean what they mean for torch's convolution.
    `weights` holds one parameter (dim, n, m) per pair of an output term (n fields of one representation) and an input
    term (m fields), and is all that a state_dict holds. The basis is made again from the field types, in the dtype and
    on the device of the weights, whenever the module is moved or loaded: it is as exact as its dtype. The field types
    are in the metadata of a state_dict, as they print, which `torch.save` keeps and safetensors does not:
    `load_state_dict` refuses weights that were between other types.
    gain, stride: of the first weights, see `reset_parameters`. Raises FieldTypeError when there is no equivariant
    kernel between the types, SettingError where the fields cannot be divided into `groups` equal parts.
    """

    def __init__(
        self,
        in_type: FieldType,
        out_type: FieldType,
        kernel_size: int,
        *,
        groups: int = 1,
        gain: float = 2.0,
        stride: int = 1,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.in_type, self.out_type = in_type, out_type
        self.kernel_size, self.groups = kernel_size, groups
        self.gain, self.stride = gain, stride
        self.in_part = equal_part(in_type, groups, setting="groups", name="in_type")
        self.out_part = equal_part(out_type, groups, setting="groups", name="out_type")
        self.weights = nn.ParameterDict()
        for i, (count_out, rho_out) in enumerate(self.out_part.terms):
            for j, (count_in, rho_in) in enumerate(self.in_part.terms):
                dim = len(filter_basis(rho_in, rho_out, kernel_size))
                if dim:
                    self.weights[f"{i}_{j}"] = nn.Parameter(torch.empty(dim, groups * count_out, count_in))
        if not self.weights:
            raise self._out_of_reach(str(out_type))
        self._blocks = self._make_blocks()
        self.register_state_dict_post_hook(_note_types)
        self.register_load_state_dict_pre_hook(_compare_types)
        self.register_load_state_dict_post_hook(_remake_blocks)
        self.reset_parameters(generator=generator)

    def check_reach(self) -> None:
        """Raises FieldTypeError for an output field that would always be zero, as no input field reaches it."""
        for i, (_, rho_out) in enumerate(self.out_part.terms):
            if not any(f"{i}_{j}" in self.weights for j in range(len(self.in_part.terms))):
                raise self._out_of_reach(f"{rho_out} in {self.out_type}")

    def _out_of_reach(self, fields: str) -> FieldTypeError:
        """The error of output fields to which zero is the only equivariant kernel."""
        return FieldTypeError(
            "out_type",
            expected=f"fields with a nonzero equivariant kernel of size {self.kernel_size} from {self.in_type}",
            got=fields,
            hint="use a larger kernel, or fields that have an irrep in common",
        )

    def forward(self) -> Tensor:
        """The expanded kernel."""
        reference = self._reference
        rows: list[list[Tensor]] = []
        for i, (count_out, _) in enumerate(self.out_part.terms):
            rows.append([])
            for j, (count_in, _) in enumerate(self.in_part.terms):
                name = f"{i}_{j}"
                if name in self.weights:
                    rows[i].append(self.weights[name])
                else:
                    rows[i].append(reference.new_zeros(0, self.groups * count_out, count_in))
        # torch.func.functional_call may bring weights of another dtype or device than that of the module, even "meta"
        blocks = self._blocks if self._blocks_fit() else self._make_blocks()
        return expand_kernel(rows, blocks, groups=self.groups)

    def reset_parameters(self, *, gain: float | None = None, generator: torch.Generator | None = None) -> None:
        """Normal weights with which an output channel has, over draws, `gain` times the mean square of the input.

        That holds for white noise or for constant fields, whichever is amplified more: after many ReLUs features are
        nearly constant, and smooth kernels amplify those. All kernels of one norm are equally likely. Between regular
        fields of C1, C2, C4, D1, D2, D4 both agree, and each entry of the filter has variance gain / fan_in (He et al.
        2015: gain 2 before a ReLU; Weiler & Cesa 2019, section 2.8, for white noise).

        gain: that of the kernel unless given; 0: zeros, and no draw. `stride` of the kernel is that of a transposed
        convolution, each of whose outputs sees every stride-th entry of the filter.
        """
        gain, stride = self.gain if gain is None else gain, self.stride
        for i, (_, rho_out) in enumerate(self.out_part.terms):
            terms = [(f"{i}_{j}", *term) for j, term in enumerate(self.in_part.terms) if f"{i}_{j}" in self.weights]
            bases = [_scaled_basis(rho_in, rho_out, self.kernel_size) for _, _, rho_in in terms]
            white = sum(count * len(basis) for (_, count, _), basis in zip(terms, bases, strict=True))
            constant = sum(
                count * _constant_response(basis, stride, summed=rho_in.is_permutation)
                for (_, count, rho_in), basis in zip(terms, bases, strict=True)
            )
            for (name, _, _), basis in zip(terms, bases, strict=True):
                deviation = stride * (gain * rho_out.dim / max(white, constant)) ** 0.5 / basis.flatten(1).norm(dim=1)
                with torch.no_grad():
                    weight = self.weights[name]
                    if gain:
                        weight.normal_(generator=generator).mul_(deviation[:, None, None].to(weight))
                    else:
                        weight.zero_()

    @property
    def _reference(self) -> Tensor:
        """A weight, whose dtype and device all have."""
        return next(iter(self.weights.values()))

    def _blocks_fit(self) -> bool:
        """Whether the blocks have the dtype and the device of the weights."""
        made, reference = self._blocks[0][0].entries, self._reference
        return made.dtype == reference.dtype and made.device == reference.device

    def _make_blocks(self) -> list[list[Block]]:
        """The basis of every pair of terms, in the dtype and on the device of the weights.

        Plain attributes hold it: of buffers, which an average of models may average, it would become another one.
        """
        return [
            [
                block_of(_scaled_basis(rho_in, rho_out, self.kernel_size)).to(self._reference)
                for _, rho_in in self.in_part.terms
            ]
            for _, rho_out in self.out_part.terms
        ]

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        super()._apply(fn, recurse)
        self._blocks = self._make_blocks()
        return self

    def extra_repr(self) -> str:
        groups = f", groups={self.groups}" if self.groups > 1 else ""
        return f"{self.in_type} -> {self.out_type}, kernel_size={self.kernel_size}{groups}"


def _note_types(kernel: EquivariantKernel, _: object, prefix: str, metadata: dict[str, str]) -> None:
    """Into the metadata of a `state_dict`, which `torch.save` keeps: what its weights are between."""
    metadata["types"] = f"{kernel.in_type} -> {kernel.out_type}"


def _compare_types(
    kernel: EquivariantKernel,
    _: object,
    prefix: str,
    metadata: dict[str, str],
    strict: bool,
    missing: list[str],
    unexpected: list[str],
    errors: list[str],
) -> None:
    """An error of `load_state_dict` for weights between other types, whose shapes may be the same."""
    found, expected = metadata.get("types"), f"{kernel.in_type} -> {kernel.out_type}"
    if found not in (None, expected):
        errors.append(
            f"{prefix}weights: expected those of {expected}, got those of {found}; build the layer with these types, "
            "or load dict(state_dict), which has no types to compare"
        )


def _remake_blocks(kernel: EquivariantKernel, _: object) -> None:
    """After `load_state_dict`, which may have put weights of another dtype or device in place."""
    if not kernel._blocks_fit():
        kernel._blocks = kernel._make_blocks()


def _scaled_basis(rho_in: Representation, rho_out: Representation, kernel_size: int) -> Tensor:
    """The basis (dim, d_out, d_in, k, k) whose elements have 1 as their largest absolute entry, float64."""
    basis = filter_basis(rho_in, rho_out, kernel_size)
    return basis / basis.abs().amax((1, 2, 3, 4), keepdim=True) if len(basis) else basis


def _constant_response(basis: Tensor, stride: int, *, summed: bool) -> float:
    """sum_b |B_b f|^2 / |B_b|^2 for constant fields f: of ones (summed), or of independent components of variance 1.

    |B_b f|^2 is summed over the outputs of stride x stride pixels, which share the entries of B_b.
    """
    seen = basis.sum(2, keepdim=True) if summed else basis
    total = basis.new_zeros(len(basis))
    for row in range(stride):
        for column in range(stride):
            total += seen[..., row::stride, column::stride].sum((3, 4)).square().sum((1, 2))
    return float((total / basis.square().sum((1, 2, 3, 4))).sum())
