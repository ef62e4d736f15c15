"""Models, objectives, evaluations and data sets of one's own, each with one fault that a trial must find."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from equilab.data import (
    Dataset,
    Factor,
    Factors,
    Images,
    ImageTable,
    IndependentImages,
    MiniSprites,
    RotatedDigits,
    Sampler,
)
from equilab.keys import Key
from equilab.models import ConvVAE, VariationalAutoencoder
from equilab.objectives import (
    EVIDENCE_KEYS,
    Context,
    FactorVAE,
    Losses,
    evidence,
)
from equilab.objectives.objective import Objective
from equilab.runs.evaluations import (
    Evaluation,
    Findings,
)


@dataclass(frozen=True)
class SmallDecoder(ConvVAE):
    """Decodes images of 32 x 32 pixels."""

    def build(self, image_shape, *, generator):
        built = super().build(image_shape, generator=generator)
        decoder = nn.Sequential(built.decoder, nn.AvgPool2d(2))
        return VariationalAutoencoder(built.encoder, decoder, image_shape=image_shape, latent=built.latent)


@dataclass(frozen=True)
class Altered(Objective):
    """A VAE whose losses are altered by a function of the class."""

    keys = EVIDENCE_KEYS
    sampler: Sampler = IndependentImages()

    def losses(self, model: VariationalAutoencoder, batch: Images, context: Context) -> Losses:
        bound = evidence(model, batch.images, context.noise)
        return self.altered(bound.losses(bound.reconstruction + bound.kl.sum()))

    def altered(self, found: Losses) -> Losses:
        raise NotImplementedError


class Detached(Altered):
    def altered(self, found):
        return found._replace(by_player={"model": found.model.detach()})


class OfEachImage(Altered):
    def altered(self, found):
        return found._replace(by_player={"model": found.model.expand(4)})


class Undeclared(Altered):
    def altered(self, found):
        return found._replace(terms=found.terms | {"capacities": found.terms["kl"]})


class UndeclaredBlocks(Altered):
    def altered(self, found):
        return found._replace(by_block={"distance": found.by_block["kl"]})


class Forgetful(Altered):
    """Has no loss for the second player."""

    def build(self, model, *, generator, data=None):
        return FactorVAE().build(model, generator=generator, data=data)

    def altered(self, found):
        return found


@dataclass(frozen=True)
class Undeclaring(Evaluation):
    """Finds what it did not declare."""

    every: int = 0
    keys: ClassVar = (Key("metric/declared", "1", "what it says"),)

    def __call__(self, moment):
        return Findings({"metric/other": 1.0})


@dataclass(frozen=True)
class Unlabelled(MiniSprites):
    """All images show one value of every factor."""

    shapes: int = 1
    scales: int = 1
    orientations: int = 1
    positions: int = 1


@dataclass(frozen=True)
class Whole(Dataset):
    """Digits of which none are held out."""

    digits: ClassVar = RotatedDigits(num_train=64)
    factors, image_shape = digits.factors, digits.image_shape

    def open_table(self):
        return self.digits.open_table()

    def open_labels(self):
        return self.digits.open_labels()


@dataclass(frozen=True)
class Pixels(Dataset):
    """A grid of two factors, or 60 labelled observations, of random images; what is wrong with them is a setting."""

    channels: int = 1
    names: tuple[str, str] = ("a", "b")
    labels_are: str = "a grid"
    num: int = 60

    @property
    def factors(self):
        return Factors(
            tuple(Factor(name, tuple(map(float, range(size)))) for name, size in zip(self.names, (3, 20), strict=True))
        )

    @property
    def image_shape(self):
        return (self.channels, 64, 64)

    def open_table(self):
        pixels = np.random.default_rng(0).integers(256, size=(self.num, self.channels * 64**2), dtype=np.uint8)
        return ImageTable(torch.from_numpy(pixels), self.image_shape, "uint8")

    def open_labels(self):
        labels = np.stack(np.unravel_index(np.arange(60), (3, 20)), 1)
        angle = labels * np.array([1.0, 0.3])
        return {
            "a grid": None,
            "radians": angle,
            "whole floats": labels.astype(float),
            "NaN": np.where(labels == 7, np.nan, labels),
            "too few": labels[:30],
            "of no value": np.where(labels == 19, 20, labels),
            "negative": labels - 1,
            "booleans": labels > 0,
            "masked": np.ma.masked_equal(labels, 3),
            "of one factor": labels[:, 0],
        }[self.labels_are]


@dataclass(frozen=True)
class Raising(ConvVAE):
    """A network whose decoder cannot take the codes, or that cannot be built."""

    when: str = "decoding"

    def build(self, image_shape, *, generator):
        built = super().build(image_shape, generator=generator)
        if self.when == "building":
            raise KeyError("layers")
        decoder = nn.Sequential(nn.Linear(7, 4096), nn.Unflatten(1, (1, 64, 64)))
        return VariationalAutoencoder(built.encoder, decoder, image_shape=image_shape, latent=built.latent)


@dataclass(frozen=True)
class Failing(Evaluation):
    """Raises what nobody expects."""

    every: int = 0
    keys: ClassVar = ()

    def __call__(self, moment):
        raise ZeroDivisionError("nothing to divide by")


class Independent(Altered):
    """A loss with a gradient, of nothing that is trained."""

    def altered(self, found):
        return found._replace(by_player={"model": torch.ones((), requires_grad=True) * found.terms["kl"]})
