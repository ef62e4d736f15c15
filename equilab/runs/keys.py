"""The keys that a run logs: its own, those of its objective, and those of its evaluations."""

import inspect
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from torch import Tensor

import equilab.objectives
import equilab.runs.evaluations
from equilab.errors import SettingError
from equilab.keys import Key
from equilab.metrics import PROTOCOLS
from equilab.objectives import Losses, Objective
from equilab.runs.evaluations import Evaluation
from equilab.runs.evaluations.disentanglement import BESIDE, score_keys
from equilab.runs.run import Run
from equilab.tables import Table

OF_EVERY_RUN = (
    Key("train/loss", "nats per image", "the model's loss", "down"),
    Key("train/gradient_norm", "loss per unit of weight", "norm of the model's gradient before it is clipped"),
    Key(
        "train/gradient_norm_{}", "loss per unit of weight", "norm of a further player's gradient before it is clipped"
    ),
    Key("train/learning_rate", "per update", "the model's learning rate, where it follows a schedule"),
    Key("train/learning_rate_{}", "per update", "a further player's learning rate, where it follows a schedule"),
    Key("time/steps_per_second", "1/s", "updates of the model per second since the row before", "up"),
    Key("time/memory", "MiB", "largest resident memory of the process so far", "down"),
    Key("time/evaluation", "s", "duration of the evaluations", "down"),
)


class Keys:
    """Declared keys, to look logged names up in.

    >>> Keys(OF_EVERY_RUN).lookup("train/gradient_norm_critic").unit
    'loss per unit of weight'
    """

    def __init__(self, declared: Iterable[Key]):
        self.declared = tuple(dict.fromkeys(declared))
        self._known: dict[str, Key] = {key.name: key for key in self.declared if "{}" not in key.name}
        self._families = sorted((key for key in self.declared if "{}" in key.name), key=lambda key: -len(key.name))

    def lookup(self, name: str) -> Key:
        """The declaration of a logged name: its own before that of its family, the narrower family before the wider.

        Raises SettingError for any other name, with the nearest one.
        """
        if name not in self._known:
            family = next((key for key in self._families if key.matches(name)), None)
            if family is None:
                near = get_close_matches(name, [key.name for key in self.declared], n=1)
                raise SettingError(
                    "key",
                    expected="a key declared in the `keys` of the objective or of an evaluation",
                    got=repr(name),
                    hint=f"did you mean {near[0]}?" if near else "",
                )
            self._known[name] = family
        return self._known[name]


def keys_of(run: Run) -> Keys:
    """The keys of a run."""
    return Keys([*OF_EVERY_RUN, *run.objective.keys, *(key for each in run.evaluations for key in each.keys)])


def scalars(losses: Losses, varying: Mapping[str, Mapping[str, Tensor | float]] | None = None) -> dict[str, float]:
    """The losses as numbers by key: train/loss, train/TERM, and latent/TERM_00, _01 ... for a term of each block.

    losses: of one batch. varying: for each player, by name, further values: train/VALUE, of others than the model
    train/VALUE_PLAYER.
    """
    values = {"train/loss": float(losses.model.detach())}
    values |= {f"train/{name}": float(term) for name, term in losses.terms.items()}
    for name, term in losses.by_block.items():
        values |= {f"latent/{name}_{index:02d}": value for index, value in enumerate(term.tolist())}
    for player, found in (varying or {}).items():
        suffix = "" if player == "model" else f"_{player}"
        values |= {f"train/{name}{suffix}": float(value) for name, value in found.items()}
    return values


def keys_table() -> Table:
    """The keys of every objective and evaluation of the project; what stands beside every score once for all."""
    objectives = [each for each in vars(equilab.objectives).values() if _is_concrete(each, Objective)]
    evaluations = [each() for each in vars(equilab.runs.evaluations).values() if _is_concrete(each, Evaluation)]
    metrics = list({metric.name: metric for metrics in PROTOCOLS.values() for metric in metrics}.values())
    declared = Keys(
        [
            *OF_EVERY_RUN,
            *(key for each in objectives for key in each.keys),
            *(key for each in evaluations for key in each.keys),
            *(key for metric in metrics for key in score_keys(metric)),
        ]
    ).declared
    beside = {f"metric/{metric.name}_{end}" for metric in metrics for end in BESIDE}
    rows = [(f"`{key.name}`", key.unit, key.better, key.meaning) for key in declared if key.name not in beside]
    rows += [(f"`metric/SCORE_{end}`", "of the score", "", f"each score {what}") for end, what in BESIDE.items()]
    return Table(("key", "unit", "better", "meaning"), rows)


def _is_concrete(value: object, base: type) -> bool:
    return inspect.isclass(value) and issubclass(value, base) and not inspect.isabstract(value)
