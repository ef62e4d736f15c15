"""The files of a comparison: study.json with every number, and the rank correlations as a picture."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from equilab.files import write_atomically, written_beside
from equilab.metrics import Study, heat_map
from equilab.runs.comparison import Comparison


def write(study: Study, comparison: Comparison, folder: Path) -> list[Path]:
    """study.json and rank_correlations.png in the folder; their paths. A score equal for all runs is in no picture."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "study.json", folder / "rank_correlations.png"]
    write_atomically(paths[0], json.dumps(as_tree(study, comparison), indent=1, allow_nan=False).encode() + b"\n")
    drawn = ~np.isnan(study.correlations).all(axis=1, where=~np.eye(len(study.correlated), dtype=bool))
    drawn |= len(drawn) == 1
    names = [name for name, kept in zip(study.correlated, drawn, strict=True) if kept]
    if names:
        picture = heat_map(study.correlations[np.ix_(drawn, drawn)], names, names, title="Spearman's rank correlation")
        with written_beside(paths[1]) as file:
            picture.save(file, "PNG")
    return paths if names else paths[:1]


def as_tree(study: Study, comparison: Comparison) -> dict[str, Any]:
    """The study and the differences of methods in JSON's types; null where there is no number."""
    runs = zip(study.runs, study.methods, study.settings, study.scores.tolist(), strict=True)
    tree = {
        "runs": [
            {"run": run, "method": method, "setting": setting, "scores": dict(zip(study.names, values, strict=True))}
            for run, method, setting, values in runs
        ],
        "selector": study.selector_name if study.selector is not None else None,
        "by_setting": [
            {"method": method, "setting": setting, "scores": {name: each._asdict() for name, each in spreads.items()}}
            for (method, setting), spreads in study.by_setting.items()
        ],
        "differences": {
            "confidence": comparison.confidence,
            "pairs": comparison.num_pairs,
            "rows": [asdict(each) | {"verdict": each.verdict} for each in comparison],
        },
        "rank_correlations": {"names": list(study.correlated), "matrix": study.correlations.tolist()},
        "variance_shares": {name: shares._asdict() for name, shares in study.shares.items()},
        "selections": [
            {"among": pool, "score": name, **each._asdict(), "picked": study.runs[each.picked]}
            for (pool, name), each in study.selections.items()
        ],
    }
    if study.selector is not None:
        for run, value in zip(tree["runs"], study.selector.tolist(), strict=True):
            run[study.selector_name] = value
    return _without_nan(tree)


def _without_nan(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_nan(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_without_nan(value) for value in tree]
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree
