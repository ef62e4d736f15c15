"""Every key that is logged: its name, unit, meaning, and which way is better, declared once.

`python -m training.keys` prints them as the table of docs/logging.md.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from equilab.errors import SettingError
from equilab.metrics import PROTOCOLS, Metric
from training.tables import Table

PREFIXES = ("train", "latent", "metric", "equivariance", "time")


@dataclass(frozen=True)
class Key:
    """One key, or a family of keys where the name holds `{}`: a latent's number, or a factor's name."""

    name: str
    unit: str
    meaning: str
    better: Literal["up", "down", ""] = ""

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a logged name of this key looks like."""
        return re.compile(re.escape(self.name).replace(r"\{\}", "[^/]+"))


_BESIDE = {  # what is logged beside every score, by the end of its key
    "floor_untrained": "of the model before its first update",
    "floor_random": "of Gaussian noise as codes",
    "ceiling": "of the factors themselves as codes",
    "matrix": "as the matrix that it was read from",
}


def _all_metrics() -> list[Metric]:
    """Every metric of every protocol, once."""
    return list({metric.name: metric for metrics in PROTOCOLS.values() for metric in metrics}.values())


def _score_keys(metric: Metric) -> list[Key]:
    """A score of a metric protocol, and the parts that it or a factor has."""
    name, unit = metric.name, metric.unit
    meaning = (type(metric).__doc__ or "").partition("\n")[0].rstrip(".")
    return [
        Key(f"metric/{name}", unit, meaning, metric.better),
        Key(f"metric/{name}_{{}}", unit, f"{name} of one factor, or a part of it", metric.better),
        *(Key(f"metric/{name}_{end}", unit, f"{name} {what}") for end, what in _BESIDE.items()),
    ]


_DECLARED = [
    Key("train/loss", "nats per image", "what the model's optimiser minimises", "down"),
    Key("train/reconstruction", "nats per image", "cross-entropy of the pixels, summed over pixels", "down"),
    Key("train/kl", "nats per image", "KL of the posterior to the prior, summed over latents"),
    Key("train/total_correlation", "nats", "the critic's estimate of the total correlation of q(z)", "down"),
    Key("train/critic", "nats", "the critic's cross-entropy; log 2 = 0.693 when it cannot tell"),
    Key("train/cross_entropy", "nats per image", "-log p(class) of the images' classes", "down"),
    Key("train/accuracy", "0 to 1", "images of a training batch that are named right", "up"),
    Key("train/gradient_norm", "loss per unit of weight", "norm of the model's gradient before it is clipped"),
    Key("latent/kl_{}", "nats per image", "KL of one latent on a training batch"),
    Key("latent/kl_mean_{}", "nats per image", "KL of one latent over 4,096 images"),
    Key("latent/reconstruction_mean", "nats per image", "cross-entropy of the pixels over 4,096 images", "down"),
    Key("latent/kl_mean", "nats per image", "KL of the posterior to the prior over 4,096 images"),
    Key("latent/active", "latents", "latents whose KL is above 0.01 nats"),
    Key("latent/reconstructions", "picture", "inputs above, their reconstructions below"),
    Key("latent/traversals", "picture", "one latent changed at a time, sorted by KL"),
    Key("latent/traversal_gif", "picture", "the traversals, moving"),
    *(key for metric in _all_metrics() for key in _score_keys(metric)),
    Key("metric/test_error", "%", "images that no training saw and that are named wrong", "down"),
    Key("metric/test_error_{}", "%", "test error of the images of one class", "down"),
    Key("metric/test_cross_entropy", "nats per image", "-log p(class) over the test images", "down"),
    Key("metric/train_error", "%", "images of the training set that are named wrong, without dropout", "down"),
    Key("metric/train_cross_entropy", "nats per image", "-log p(class) over the training set, without dropout", "down"),
    Key("metric/confusion", "table", "test images of each class by the class that was named"),
    Key("metric/mistakes", "picture", "test images named wrong with the most confidence; class: answer"),
    Key("metric/scores", "table", "each score with its floors, its ceiling, and its part of each factor"),
    Key("equivariance/worst", "signal", "largest of the errors f(g x) - g f(x) over a few g", "down"),
    Key("equivariance/mean", "signal", "mean of the errors f(g x) - g f(x) over a few g", "down"),
    Key("equivariance/exact", "signal", "largest error at those g that map pixels to pixels", "down"),
    Key("equivariance/interpolated", "signal", "largest error at the other g, on smooth images", "down"),
    Key("equivariance/signal", "size of the output", "spread of f over different x: the unit of the errors"),
    Key("time/steps_per_second", "1/s", "updates of the model per second since the row before", "up"),
    Key("time/memory", "MiB", "largest resident memory of the process so far", "down"),
    Key("time/evaluation", "s", "duration of the evaluation", "down"),
]


def declare(key: Key) -> None:
    """Adds a key, for an objective or a metric of your own; SettingError for one that exists or is badly named."""
    prefix, _, rest = key.name.partition("/")
    if prefix not in PREFIXES or not re.fullmatch(r"[a-z0-9_{}]+", rest):
        raise SettingError(
            f"key: expected one of {', '.join(p + '/' for p in PREFIXES)} and then lower case letters, got {key.name!r}"
        )
    if any(key.name == other.name and key != other for other in _DECLARED):
        raise SettingError(f"key: {key.name!r} is declared already, with another unit or meaning")
    if key not in _DECLARED:
        _DECLARED.append(key)


def declared_keys() -> tuple[Key, ...]:
    """All keys, in the order of their declaration."""
    return tuple(_DECLARED)


def lookup(name: str) -> Key:
    """The declaration of a logged name: its own before that of its family, the narrower family before the wider.

    Raises SettingError for any other name, with the nearest one.
    """
    for key in _DECLARED:
        if key.name == name:
            return key
    families = [key for key in _DECLARED if "{}" in key.name and key.pattern.fullmatch(name)]
    if families:
        return max(families, key=lambda key: len(key.name))
    near = get_close_matches(name, [key.name for key in _DECLARED], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise SettingError(
        f"key: {name!r} is not declared{hint} A key of your own is declared with training.keys.declare(Key(...))"
    )


def keys_table() -> Table:
    """All declared keys, for the documentation; what stands beside every score once for all of them."""
    names = [metric.name for metric in _all_metrics()]
    beside = {f"metric/{name}_{end}" for name in names for end in _BESIDE}
    rows = [(f"`{key.name}`", key.unit, key.better, key.meaning) for key in _DECLARED if key.name not in beside]
    rows += [(f"`metric/SCORE_{end}`", "of the score", "", f"each score {what}") for end, what in _BESIDE.items()]
    return Table(("key", "unit", "better", "meaning"), rows)


if __name__ == "__main__":
    print(keys_table().markdown())
