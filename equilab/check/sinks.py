"""Any log as a function (step, values)."""

import inspect
from collections.abc import Callable
from typing import Any

from equilab.errors import SettingError


def as_sink(log: Any) -> Callable[[int, dict[str, float]], object]:
    """A function (step, values) of a log, which may be a function itself, or an object with add_scalar.

    One that takes two arguments without a default is called as log(step, values), or as log(values, step) where the
    second of them is called step; any other as log({"step": step, **values}).

    >>> rows = []
    >>> as_sink(rows.append)(3, {"a": 0.5})
    >>> rows
    [{'step': 3, 'a': 0.5}]
    """
    if hasattr(log, "add_scalar"):
        return lambda step, values: [log.add_scalar(key, value, step) for key, value in values.items()]
    if not callable(log):
        raise SettingError("log", expected="a function of (step, values) or of values, or add_scalar", got=repr(log))
    try:
        parameters = inspect.signature(log).parameters.values()
    except ValueError:  # a builtin that tells nothing about itself
        parameters = ()
    positional = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    needed = [each for each in parameters if each.kind in positional and each.default is inspect.Parameter.empty]
    if len(needed) == 2:
        return (lambda step, values: log(values, step)) if needed[1].name == "step" else log
    return lambda step, values: log({"step": step} | values)
