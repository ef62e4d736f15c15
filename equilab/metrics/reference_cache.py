"""Scores of floors and ceilings, computed once: in memory, and as small files beside the other caches.

A key is the sha256 of all that decides the numbers: factors, shape and blocks of the codes, seed, settings of the
metric, versions, and the source of the metrics themselves.
"""

import json
import logging
import platform
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import equilab
from equilab.data.cache import cache_folder
from equilab.files import read_plain, write_atomically
from equilab.metrics.metric import Metric, Score

_log = logging.getLogger(__name__)
_MOST = 2**20  # bytes that are read of a file; written ones have some hundred
_kept: dict[str, "ReferenceValues"] = {}


class ReferenceValues(NamedTuple):
    """What is kept of the scores of reference codes: the values, and the largest absolute entry of each matrix."""

    scores: dict[str, float]
    largest: dict[str, float]


def values_of(score: Score) -> ReferenceValues:
    """The values of a metric's score and of its parts.

    >>> values_of(Score("mig", 0.4))
    ReferenceValues(scores={'mig': 0.4}, largest={})
    """
    each = {part.name: part for part in score.each()}
    largest = {name: float(abs(part.matrix).max()) for name, part in each.items() if part.matrix.size}
    return ReferenceValues({name: part.value for name, part in each.items()}, largest)


def kept_values(
    metric: Metric, of: str, versions: Mapping[str, str], compute: Callable[[], ReferenceValues]
) -> ReferenceValues:
    """The values of a metric on reference codes: those kept under the same key, or computed and kept.

    of: all of the codes that decides the values. versions: of the packages. compute: called where nothing is kept, and
    always for a metric that is not of equilab, whose source the key does not see. A cache folder that cannot be read
    or written is logged and costs time only.
    """
    if not type(metric).__module__.startswith("equilab.metrics."):
        return compute()
    parts = [of, repr(metric), dict(versions), platform.machine(), _source()]
    key = sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    if key not in _kept:
        path = cache_folder() / "references" / f"{key}.json"
        found = _read(path, key)
        if found is None:
            found = compute()
            _write(path, key, found)
        _kept[key] = found
    return _kept[key]


@cache
def _source() -> str:
    """The sha256 of the source that metrics are made of."""
    root = Path(equilab.__file__).parent
    files = sorted([*root.glob("metrics/**/*.py"), *root.glob("latents/*.py"), root / "noise.py"])
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _read(path: Path, key: str) -> ReferenceValues | None:
    """The values of a file; None where there is none, or something else than `_write` wrote there under this key."""
    try:
        found = json.loads(read_plain(path, most=_MOST))
        values = ReferenceValues(
            *({str(k): float(v) for k, v in found[name].items()} for name in ReferenceValues._fields)
        )
        if found["sha256"] != _digest(key, values):
            raise ValueError("its values are not those that were written")
        return values
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        _log.warning("%s: cannot be used (%s); computed again", path, error)
        return None


def _write(path: Path, key: str, values: ReferenceValues) -> None:
    """The file, complete or not there, with the digest of its values."""
    content = json.dumps({**values._asdict(), "sha256": _digest(key, values)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content.encode())
    except OSError as error:
        _log.warning("%s: not written (%s); the next process computes these scores again", path, error)


def _digest(key: str, values: ReferenceValues) -> str:
    """The sha256 of values under their key: a file that was edited, or renamed to another key, does not have it."""
    return sha256(json.dumps([key, values._asdict()], sort_keys=True).encode()).hexdigest()
