"""Settings objects as words of a command line: "Linear(0, 4, steps=1000)", "Latent((Circle(), Circle()))"."""

import ast
import inspect
import re
from collections.abc import Sequence
from typing import Any

from tyro.constructors import (
    ConstructorRegistry,
    PrimitiveConstructorSpec,
    PrimitiveTypeInfo,
    StructConstructorSpec,
    StructFieldSpec,
    StructTypeInfo,
)

import equilab.latents
import equilab.schedules
from equilab.errors import EquilabError
from equilab.latents import Block, Latent
from equilab.schedules import Schedule, Weight
from training.evaluations import Evaluation

_CLASSES = {
    name: value
    for module in (equilab.latents, equilab.schedules)
    for name, value in vars(module).items()
    if inspect.isclass(value) and issubclass(value, Latent | Block | Schedule) and not inspect.isabstract(value)
}


def parsed(text: str) -> Any:
    """The number or settings object that a text describes; nothing but literals and known classes is evaluated.

    Raises ValueError, with the classes there are, for any other text, and what the settings themselves refuse.

    >>> parsed("Linear(0, 4, steps=1000)").at(__import__("torch").tensor(500)).item()
    2.0
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except EquilabError:
        raise  # of a setting, which it names
    except (SyntaxError, TypeError, KeyError, ValueError) as error:
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
    """The rules by which a command line reads a weight (a number or a schedule), a latent, and evaluations by name."""
    found = ConstructorRegistry()

    @found.primitive_rule
    def weight(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
        return _spec("NUMBER|SCHEDULE", (int, float, Schedule)) if info.type == Weight else None

    @found.primitive_rule
    def latent(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
        return _spec("LATENT", (Latent, type(None))) if info.type == (Latent | None) else None

    @found.struct_rule
    def evaluations(info: StructTypeInfo) -> StructConstructorSpec | None:
        if info.type != tuple[Evaluation, ...] or not isinstance(info.default, tuple):
            return None
        named = dict(zip(option_names(info.default), info.default, strict=True))
        fields = tuple(StructFieldSpec(name=name, type=type(each), default=each) for name, each in named.items())
        return StructConstructorSpec(instantiate=lambda **found: tuple(found.values()), fields=fields)

    return found


def option_names(evaluations: Sequence[Evaluation]) -> list[str]:
    """The name of each evaluation on a command line: that of its class, with a number from the second of a class on.

    >>> from training.evaluations import HeldOutLoss, Traversals
    >>> option_names([HeldOutLoss(), Traversals(), HeldOutLoss(images=64)])
    ['held_out_loss', 'traversals', 'held_out_loss2']
    """
    stems = [re.sub(r"(?<!^)(?=[A-Z])", "_", type(each).__name__).lower() for each in evaluations]
    counts = [stems[:index].count(stem) + 1 for index, stem in enumerate(stems)]
    return [stem + (str(count) if count > 1 else "") for stem, count in zip(stems, counts, strict=True)]


def _spec(metavar: str, kinds: tuple[type, ...]) -> PrimitiveConstructorSpec[Any]:
    """The rule of an option that takes objects of these kinds."""

    def read(words: list[str]) -> Any:
        found = parsed(words[0])
        if not isinstance(found, kinds):
            raise ValueError(f"{words[0]!r} is no {metavar}")
        return found

    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=read,
        is_instance=lambda value: isinstance(value, kinds),
        str_from_instance=lambda value: [repr(value)],
    )
