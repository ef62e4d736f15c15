"""Data sets with known factors of variation, samplers of batches from them, and the feed of a training."""

from equilab.data.arrays import ArrayFile, Arrays
from equilab.data.dataset import Dataset
from equilab.data.dsprites import DSprites
from equilab.data.factors import Cyclic, Factor, Factors
from equilab.data.mini_sprites import MiniSprites
from equilab.data.render import render
from equilab.data.rotate import rotate
from equilab.data.rotated_digits import RotatedDigits
from equilab.data.rotated_mnist import RotatedMNIST
from equilab.data.sampling import (
    Draw,
    Feed,
    Images,
    IndependentBatches,
    IndependentImages,
    Labelled,
    LabelledImages,
    Moved,
    MovedPairs,
    Pairs,
    PairsSharing,
    PartlyLabelled,
    PartlyLabelledImages,
    Sampler,
    Sequences,
    TwoBatches,
    Walks,
)
from equilab.data.split import SplitDataset
from equilab.data.table import ImageTable
from equilab.data.torus_square import TorusSquare

__all__ = [
    "ArrayFile",
    "Arrays",
    "Cyclic",
    "DSprites",
    "Dataset",
    "Draw",
    "Factor",
    "Factors",
    "Feed",
    "ImageTable",
    "Images",
    "IndependentBatches",
    "IndependentImages",
    "Labelled",
    "LabelledImages",
    "MiniSprites",
    "Moved",
    "MovedPairs",
    "Pairs",
    "PairsSharing",
    "PartlyLabelled",
    "PartlyLabelledImages",
    "RotatedDigits",
    "RotatedMNIST",
    "Sampler",
    "Sequences",
    "SplitDataset",
    "TorusSquare",
    "TwoBatches",
    "Walks",
    "render",
    "rotate",
]
