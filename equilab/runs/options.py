"""Settings objects as words of a command line: "Linear(0, 4, steps=1000)", "Latent((Gaussian(2), Gaussian()))"."""

import ast
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from tyro.constructors import (
    ConstructorRegistry,
    PrimitiveConstructorSpec,
    PrimitiveTypeInfo,
    StructConstructorSpec,
    StructFieldSpec,
    StructTypeInfo,
)

from equilab.errors import EquilabError
from equilab.latents import Latent, block_classes
from equilab.runs.evaluations import Evaluation
from equilab.runs.parts import part_name
from equilab.schedules import Schedule, Weight


def classes(kinds: tuple[type, ...]) -> dict[str, type]:
    """The settings that stand for objects of these kinds, by name, your own included: latents and blocks, schedules."""
    found: dict[str, type] = {}
    if Latent in kinds:
        found |= {"Latent": Latent} | {kind.__name__: kind for kind in block_classes().values()}
    if Schedule in kinds:
        found |= {kind.__name__: kind for kind in Schedule.__subclasses__()}
    return found


def parsed(text: str, kinds: tuple[type, ...]) -> Any:
    """The number or settings object that a text describes; nothing but literals and known classes is evaluated.

    text: such as "4.0" or "Linear(0, 4, steps=1000)". kinds: what it may be, such as (float, Schedule).
    Raises ValueError, with the classes there are, for any other text, and what the settings themselves refuse.

    >>> parsed("Linear(0, 4, steps=1000)", (float, Schedule)).end
    4
    """
    known = classes(kinds)
    try:
        found = _value(ast.parse(text.strip(), mode="eval").body, known)
    except EquilabError:
        raise  # of a setting, which it names
    except KeyError as error:
        near = get_close_matches(str(error.args[0]), known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"{text!r}: {error.args[0]} is none of {', '.join(sorted(known))}{hint}") from error
    except (SyntaxError, TypeError, ValueError) as error:
        found = error
    if isinstance(found, bool) or not isinstance(found, kinds):
        number = "a number or " if float in kinds else ""
        raise ValueError(f"{text!r} is not {number}one of {', '.join(sorted(known))} with its settings")
    return found


def _value(node: ast.expr, known: dict[str, type]) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        named = {word.arg: _value(word.value, known) for word in node.keywords if word.arg is not None}
        return known[node.func.id](*(_value(each, known) for each in node.args), **named)
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(_value(each, known) for each in node.elts)
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

    >>> from equilab.runs.evaluations import HeldOutLoss, Traversals
    >>> option_names([HeldOutLoss(), Traversals(), HeldOutLoss(images=64)])
    ['held_out_loss', 'traversals', 'held_out_loss2']
    """
    stems = [part_name(type(each)) for each in evaluations]
    counts = [stems[:index].count(stem) + 1 for index, stem in enumerate(stems)]
    return [stem + (str(count) if count > 1 else "") for stem, count in zip(stems, counts, strict=True)]


def _spec(metavar: str, kinds: tuple[type, ...]) -> PrimitiveConstructorSpec[Any]:
    """The rule of an option that takes objects of these kinds."""
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=lambda words: parsed(words[0], kinds),
        is_instance=lambda value: isinstance(value, kinds),
        str_from_instance=lambda value: [repr(value)],
    )
