"""Types, tensors and modules to and from other libraries of equivariant networks: escnn and e3nn.

Each is imported when its module is first used, so that `import equilab.interop` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import equilab.interop.e3nn as e3nn
    import equilab.interop.escnn as escnn

__all__ = ["e3nn", "escnn"]


def __getattr__(name: str) -> Any:
    """The module of that name, imported when it is first used."""
    if name in __all__:
        return import_module(f"equilab.interop.{name}")
    raise AttributeError(f"module 'equilab.interop' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
