"""Kinds of runs: runs of one kind cost the same but for their number of updates."""

import json
from collections.abc import Sequence

from equilab.runs.run import Run
from equilab.runs.serial import to_tree
from equilab.runs.settings import leaves


def kind_of(run: Run, repeated: Sequence[str]) -> str:
    """A text that is equal for runs of which an update and an evaluation cost the same.

    They differ in steps, repeated settings and numbers with a fraction alone, such as weights and rates.
    """
    tree = leaves({**run.deciding(), "evaluations": to_tree(run.evaluations)})
    free = {"steps", "seed", *repeated}
    return json.dumps({path: value for path, value in tree.items() if path not in free and type(value) is not float})
