"""Data sets with known factors of variation, and the feed of a training."""

from equilab.data.dataset import Dataset
from equilab.data.dsprites import DSprites
from equilab.data.factors import Cyclic, Factor, Factors
from equilab.data.feed import batch_indices
from equilab.data.mini_sprites import MiniSprites
from equilab.data.render import render
from equilab.data.rotate import rotate
from equilab.data.rotated_digits import RotatedDigits
from equilab.data.rotated_mnist import RotatedMNIST
from equilab.data.split import SplitDataset
from equilab.data.table import ImageTable

__all__ = [
    "Cyclic",
    "DSprites",
    "Dataset",
    "Factor",
    "Factors",
    "ImageTable",
    "MiniSprites",
    "RotatedDigits",
    "RotatedMNIST",
    "SplitDataset",
    "batch_indices",
    "render",
    "rotate",
]
