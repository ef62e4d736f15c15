"""Data sets with known factors of variation, and the feed of a training."""

from equilab.data.dataset import Dataset
from equilab.data.dsprites import DSprites
from equilab.data.factors import Cyclic, Factor, Factors
from equilab.data.feed import batch_indices
from equilab.data.mini_sprites import MiniSprites
from equilab.data.render import render
from equilab.data.table import ImageTable

__all__ = ["Cyclic", "DSprites", "Dataset", "Factor", "Factors", "ImageTable", "MiniSprites", "batch_indices", "render"]
