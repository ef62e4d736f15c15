"""equilab: a lab for equivariant and disentangled representations.

>>> import equilab as eq
>>> eq.objectives.FactorVAE(gamma=35.0).gamma
35.0
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from equilab import errors

if TYPE_CHECKING:
    from equilab import (
        check,
        data,
        functional,
        groups,
        interop,
        keys,
        latents,
        metrics,
        models,
        nn,
        noise,
        objectives,
        optimizers,
        schedules,
    )

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "check",
    "data",
    "errors",
    "functional",
    "groups",
    "interop",
    "keys",
    "latents",
    "metrics",
    "models",
    "nn",
    "noise",
    "objectives",
    "optimizers",
    "schedules",
]


def __getattr__(name: str) -> Any:
    """The subpackage of that name, imported when it is first used: `import equilab` stays as cheap as torch."""
    if name in __all__:
        return import_module(f"equilab.{name}")
    raise AttributeError(f"module 'equilab' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
