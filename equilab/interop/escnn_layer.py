"""An escnn module as a layer on plain tensors."""

import copy
import pickle
from typing import Any, NoReturn, Self

from torch import Tensor, nn

from equilab.errors import FieldTypeError
from equilab.interop.change_of_basis import ChangeOfBasis
from equilab.interop.escnn_type import from_escnn
from equilab.interop.load_escnn import load_escnn
from equilab.nn import Layer


class EscnnLayer(Layer):
    """An escnn module on plain tensors; its state_dict holds that module's entries only.

    x: (batch, C, H, W), float32, as escnn's bases are. Convolutions of escnn have their expanded filters in the
    state_dict in evaluation mode only: save and load in one mode. It is copied in both modes, and not pickled, as
    escnn's groups are made of local functions. Raises FieldTypeError for a module without types over the plane,
    ShapeError when called.
    """

    ndims = (4,)

    def __init__(self, module: nn.Module):
        super().__init__()
        types = [getattr(module, name, None) for name in ("in_type", "out_type")]
        if not all(isinstance(found, load_escnn().nn.FieldType) for found in types):
            raise FieldTypeError(
                "module",
                expected="an escnn module with in_type and out_type",
                got=type(module).__name__,
                hint="put several into an escnn.nn.SequentialModule",
            )
        into, out = (from_escnn(found) for found in types)
        self.in_type, self.out_type = into.field_type, out.field_type
        self.into, self.module, self.out = ChangeOfBasis(into.basis), module, ChangeOfBasis(out.basis.T)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        tensor = load_escnn().nn.GeometricTensor(self.into(x), self.module.in_type)
        return self.out(self.module(tensor).tensor)

    def materialize(self) -> nn.Module:
        """What escnn exports, between the changes of basis; NotImplementedError, naming what escnn cannot export."""
        layer = copy.deepcopy(self)
        try:
            exported = layer.module.export()  # pyright: ignore[reportCallIssue]
        except NotImplementedError as error:
            raise NotImplementedError(
                f"materialize: escnn has no plain form of {_not_exported(self.module)}; use one of equilab.nn, or "
                "keep this layer as it is, in evaluation mode"
            ) from error
        like = next(self.parameters(), None)  # escnn exports norms in float32 and on the CPU, whatever they are in
        return nn.Sequential(layer.into, exported if like is None else exported.to(like), layer.out).eval()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # in evaluation mode, filters are results of the weights, which torch does not copy while they can be derived
        memo |= {id(filters): filters.detach().clone() for filters in self.buffers() if not filters.is_leaf}
        memo[id(self)] = copied = type(self).__new__(type(self))
        vars(copied).update(copy.deepcopy(vars(self), memo))
        return copied

    def __reduce__(self) -> NoReturn:
        raise pickle.PicklingError(
            "EscnnLayer: escnn's groups hold local functions, which are not pickled; save layer.state_dict(), "
            "and load it into a layer that is built in the same way"
        )


def _not_exported(module: nn.Module) -> str:
    """Names and classes of the parts that escnn does not export; of the whole where those say so themselves."""
    base = load_escnn().nn.EquivariantModule
    parts: list[tuple[str, Any]] = [(name or "module", type(part)) for name, part in module.named_modules()]
    missing = [(name, kind) for name, kind in parts if getattr(kind, "export", None) is base.export] or parts[:1]
    return ", ".join(f"{name} ({kind.__name__})" for name, kind in missing)


def wrap_module(module: nn.Module) -> EscnnLayer:
    """The escnn module as a layer with `in_type` and `out_type`, plain tensors in and out.

    >>> import torch, equilab as eq                                        # doctest: +SKIP
    >>> from equilab.interop.escnn import to_escnn                         # doctest: +SKIP
    >>> escnn = load_escnn()                                               # doctest: +SKIP
    >>> relu = escnn.nn.ReLU(to_escnn(8 * eq.groups.p4.regular).escnn_type) # doctest: +SKIP
    >>> wrap_module(relu)(torch.zeros(1, 32, 5, 5)).shape                  # doctest: +SKIP
    torch.Size([1, 32, 5, 5])
    """
    return EscnnLayer(module)
