"""Field types, tensors and modules to and from escnn 1.0.11 (Cesa, Lang & Weiler 2022).

escnn itself is imported when something here is first called; ModuleNotFoundError with the install lines where it is
missing. Its bases are float32, so its layers are equivariant to about 1e-6; the conversions are as exact as x.
"""

from equilab.interop.escnn_layer import EscnnLayer, wrap_module
from equilab.interop.escnn_type import EscnnType, from_escnn, to_escnn
from equilab.interop.load_escnn import load_escnn

__all__ = ["EscnnLayer", "EscnnType", "from_escnn", "load_escnn", "to_escnn", "wrap_module"]
