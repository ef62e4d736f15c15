"""What a sink is: a receiver of the rows, tables and pictures of a training."""

from abc import ABC, abstractmethod
from pathlib import Path

from equilab.runs.evaluations import Findings


class Sink(ABC):
    """A receiver of what a training logs; what it does wrong costs the training nothing (see `Sinks`)."""

    @abstractmethod
    def log(self, step: int, findings: Findings, pictures: dict[str, Path]) -> None:
        """Receives values, tables and pictures at a step.

        step: updates made so far. findings: by declared keys. pictures: the file of each picture, in the run folder.
        """

    @abstractmethod
    def close(self, exit_code: int) -> None:
        """Ends the sink.

        exit_code: 0 for a training that came to its end, 128 + n for one that signal n stopped, 1 for one that failed.
        """
