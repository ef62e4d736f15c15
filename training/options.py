"""Settings objects as words of a command line: "Linear(0, 4, steps=1000)", "Latent((Circle(), Circle()))"."""

import ast
import inspect
from dataclasses import is_dataclass
from typing import Any

from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

import equilab.latents
import equilab.schedules
from equilab.latents import Latent
from equilab.schedules import Schedule, Weight

_CLASSES = {
    name: value
    for module in (equilab.latents, equilab.schedules)
    for name, value in vars(module).items()
    if inspect.isclass(value) and is_dataclass(value) and not inspect.isabstract(value)
}


def parsed(text: str) -> Any:
    """The number or settings object that a text describes; nothing but literals and known classes is evaluated.

    Raises ValueError, with the classes there are, for any other text.

    >>> parsed("Linear(0, 4, steps=1000)").at(__import__("torch").tensor(500)).item()
    2.0
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, TypeError, KeyError) as error:
        raise ValueError(
            f"{text!r} is neither a number nor one of {', '.join(sorted(_CLASSES))} with its settings, such as "
            f"Linear(0, 4, steps=1000) ({error})"
        ) from error


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        named = {word.arg: _value(word.value) for word in node.keywords if word.arg is not None}
        return _CLASSES[node.func.id](*map(_value, node.args), **named)
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(map(_value, node.elts))
    return ast.literal_eval(node)


def registry() -> ConstructorRegistry:
    """The command line's reading of a weight (a number or a schedule) and of a latent."""
    found = ConstructorRegistry()

    @found.primitive_rule
    def weight(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
        return _spec("NUMBER|SCHEDULE", (int, float, Schedule)) if info.type == Weight else None

    @found.primitive_rule
    def latent(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
        return _spec("LATENT", (Latent, type(None))) if info.type == (Latent | None) else None

    return found


def _spec(metavar: str, kinds: tuple[type, ...]) -> PrimitiveConstructorSpec[Any]:
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=lambda words: parsed(words[0]),
        is_instance=lambda value: isinstance(value, kinds),
        str_from_instance=lambda value: [repr(value)],
    )
