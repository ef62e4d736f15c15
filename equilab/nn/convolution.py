"""What a group convolution and its transpose share."""

import torch

from equilab.functional import Exact, check_exact, reversed_axes
from equilab.groups import Representation
from equilab.nn.bias import EquivariantBias
from equilab.nn.kernel import EquivariantKernel
from equilab.nn.layer import Layer, as_type, check_integers, same_group


class Convolution(Layer):
    """A map between two field types by a kernel and a bias: their parameters and the geometry."""

    ndims = (4,)

    def __init__(
        self,
        in_type: Representation,
        out_type: Representation,
        kernel_size: int,
        *,
        stride: int,
        padding: int,
        dilation: int,
        groups: int,
        bias: bool,
        exact: Exact,
        generator: torch.Generator | None,
        transposed: bool = False,
    ):
        super().__init__()
        self.in_type, self.out_type = as_type(in_type, "in_type"), as_type(out_type, "out_type")
        same_group(self.in_type, self.out_type)
        check_integers(kernel_size=kernel_size, stride=stride, dilation=dilation, groups=groups)
        check_integers(0, padding=padding)
        check_exact(exact)
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self.kernel_size = kernel_size
        self.exact: Exact = exact
        self.axes = reversed_axes(self.in_type.group)
        self.kernel = EquivariantKernel(
            self.in_type,
            self.out_type,
            kernel_size,
            groups=groups,
            stride=stride if transposed else 1,
            generator=generator,
        )
        self.kernel.check_reach()
        self.bias = EquivariantBias(self.out_type) if bias and EquivariantBias.exists(self.out_type) else None

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """New weights, with which a mean square doubles, for a ReLU to halve (`EquivariantKernel`); biases zero."""
        self.kernel.reset_parameters(generator=generator)
        if self.bias is not None:
            self.bias.reset_parameters()

    def extra_repr(self) -> str:
        words = [super().extra_repr(), f"kernel_size={self.kernel_size}"]
        defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
        words += [f"{name}={getattr(self, name)}" for name, usual in defaults.items() if getattr(self, name) != usual]
        words += [] if self.bias is not None else ["bias=False"]
        words += [] if self.exact == "raise" else [f"exact='{self.exact}'"]
        return ", ".join(words)
