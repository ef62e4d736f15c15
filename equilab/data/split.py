"""Data sets of which a part is held out, to test on."""

from abc import abstractmethod
from functools import cached_property

from equilab.data.dataset import Dataset


class SplitDataset(Dataset):
    """Images to train on, and others of the same factors that no training sees."""

    @abstractmethod
    def open_test(self) -> Dataset:
        """The images that are held out; for a data set of those, itself. Called once, when they are first asked for."""

    @cached_property
    def test(self) -> Dataset:
        """The images that are held out, a data set of the same factors."""
        return self.open_test()
