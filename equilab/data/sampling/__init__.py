"""Samplers: how the observations of an update are drawn, and the typed batches that they make."""

from equilab.data.sampling.feed import Feed
from equilab.data.sampling.images import IndependentBatches, IndependentImages
from equilab.data.sampling.labels import LabelledImages, PartlyLabelledImages
from equilab.data.sampling.moves import MovedPairs, Walks
from equilab.data.sampling.pairs import PairsSharing
from equilab.data.sampling.sampler import (
    Draw,
    Images,
    Labelled,
    Moved,
    Pairs,
    PartlyLabelled,
    Sampler,
    Sequences,
    TwoBatches,
)

__all__ = [
    "Draw",
    "Feed",
    "Images",
    "IndependentBatches",
    "IndependentImages",
    "Labelled",
    "LabelledImages",
    "Moved",
    "MovedPairs",
    "Pairs",
    "PairsSharing",
    "PartlyLabelled",
    "PartlyLabelledImages",
    "Sampler",
    "Sequences",
    "TwoBatches",
    "Walks",
]
