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
        runs,
        schedules,
    )
    from equilab.runs.export import load
    from equilab.runs.record import Record
    from equilab.runs.run import Run
    from equilab.runs.train_method import train

__version__ = "0.1.0"
__all__ = [
    "Record",
    "Run",
    "__version__",
    "check",
    "data",
    "errors",
    "functional",
    "groups",
    "interop",
    "keys",
    "latents",
    "load",
    "metrics",
    "models",
    "nn",
    "noise",
    "objectives",
    "optimizers",
    "runs",
    "schedules",
    "train",
]
_SHORT = {
    "Record": "equilab.runs.record",
    "Run": "equilab.runs.run",
    "load": "equilab.runs.export",
    "train": "equilab.runs.train_method",
}
"""Names of a subpackage that the front door has, too, by their module."""


def __getattr__(name: str) -> Any:
    """What has that name, imported when it is first used: `import equilab` stays as cheap as torch."""
    if name in _SHORT:
        return getattr(import_module(_SHORT[name]), name)
    if name in __all__:
        return import_module(f"equilab.{name}")
    raise AttributeError(f"module 'equilab' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
