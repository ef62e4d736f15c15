"""The model card of a trained model: data, settings, scores between floor and ceiling, how it was made."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from torch import nn

from equilab.runs.command_lines import own_modules
from equilab.runs.record import Record
from equilab.runs.run import Run
from equilab.runs.serial import to_tree
from equilab.runs.settings import leaves, method_of
from equilab.tables import Table, format_value

_REFERENCES = {"random codes": "_floor_random", "untrained": "_floor_untrained", "factors as codes": "_ceiling"}
_USE_ONNX = """

Or without torch, by any ONNX runtime:

```python
import onnxruntime

session = onnxruntime.InferenceSession("{file}")
outputs = session.run(None, {{session.get_inputs()[0].name: array}})  # float32, any batch size
```
"""


def model_card(record: Record, model: nn.Module, networks: Sequence[Path]) -> str:
    """The card as Markdown, with the YAML header that model hubs read.

    record: of the run. model: trained. networks: ONNX files beside the card.
    """
    run, data = record.run, record.run.data
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    factors = ", ".join(f"{factor.name} ({factor.size})" for factor in data.factors)
    state = "finished" if record.is_finished else f"stopped at update {record.step:,} of {run.steps:,}"
    settings = [(path, str(value)) for path, value in leaves(without_folders(run.deciding())).items()]
    modules = [Path(name).name for name in own_modules(record.folder, run)]
    versions = [(name, str(value)) for name, value in record.environment.items()]
    return f"""---
library_name: equilab
tags: [equilab, {method_of(run).lower()}]
---

# {method_of(run)} on {type(data).__name__}

A {type(run.model).__name__} of {num_parameters:,} parameters, trained by {method_of(run)} with seed {run.seed};
{state}.

## Data

{len(data):,} images {data.image_shape} (channels, height, width), pixels in [0, 1]. Factors, with their numbers of
values: {factors or "none"}.

## Use

```python
import equilab as eq

model = eq.load("."{f", modules={tuple(modules)}" if modules else ""})  # this folder
```{_USE_ONNX.format(file=networks[0].name) if networks else ""}

## Scores

{_scores(record)}

## Settings

{Table(("setting", "value"), settings).to_markdown()}

## How it was made

```
equilab train settings.json --folder runs/again{" --modules " + shlex.join(modules) if modules else ""}
```

trains the same run once more; its key is {record.key}.{_needed(run, modules)} It was trained with

{Table(("what", "version"), versions).to_markdown()}
"""


def _needed(run: Run, modules: Sequence[str]) -> str:
    """The files that the command takes and that the export does not hold, in a sentence."""
    before = leaves(to_tree(run.data))
    files = [str(value) for path, value in leaves(without_folders(to_tree(run.data))).items() if value != before[path]]
    needed = [f"`{name}`" for name in (*files, *modules)]
    return f" Put {' and '.join(needed)} into the current folder first." if needed else ""


def without_folders(tree: Any) -> Any:
    """A tree of settings in which files are named without their folders, which are those of one machine.

    A text counts as a file if it is an absolute path, one below a home folder (~), or one of several parts that leads
    to something.

    >>> without_folders({"data": {"type": "Digits", "path": "/home/me/digits.npz"}, "tags": ["vae", 3]})
    {'data': {'type': 'Digits', 'path': 'digits.npz'}, 'tags': ['vae', 3]}
    """
    if isinstance(tree, dict):
        return {name: without_folders(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [without_folders(value) for value in tree]
    return _name_of_file(tree) if isinstance(tree, str) else tree


def _name_of_file(text: str) -> str:
    for kind in (PurePosixPath, PureWindowsPath):
        parts = kind(text).parts
        if kind(text).is_absolute() or (len(parts) > 1 and (parts[0].startswith("~") or os.path.exists(text))):
            return kind(text).name
    return text


def _scores(record: Record) -> str:
    """The last value of each score between its references, or of each loss where there are no scores."""
    values = record.last()
    names = [key for key in values if f"{key}_ceiling" in values]
    if not names:
        losses = [key for key in values if key.startswith(("test/", "train/", "metric/"))]
        return record.table(*losses).to_markdown() if losses else "None were logged."
    rows = [
        (
            key.removeprefix("metric/"),
            format_value(values[key]),
            *(format_value(values[key + end]) if key + end in values else "" for end in _REFERENCES.values()),
        )
        for key in names
    ]
    return Table(("score", "value", *_REFERENCES), rows).to_markdown()
