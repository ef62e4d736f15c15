"""The model card of a trained model: data, settings, scores between floor and ceiling, how it was made."""

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from equilab.runs.record import Record
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
    settings = [(path, str(value)) for path, value in leaves(run.deciding()).items()]
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

model = eq.load(".")  # this folder
```{_USE_ONNX.format(file=networks[0].name) if networks else ""}

## Scores

{_scores(record)}

## Settings

{Table(("setting", "value"), settings).to_markdown()}

## How it was made

```
equilab train run.json --folder runs/again
```

trains the same run once more; its key is {record.key}. It was trained with

{Table(("what", "version"), versions).to_markdown()}
"""


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
