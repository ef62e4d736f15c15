"""How each metric responds to corruptions of a perfect code: the numbers, and docs/pictures/calibration.png.

Factors with 3, 6, 10, 8 and 8 values on a full grid (11,520 observations) as codes; the metrics with the settings of
their protocols, but 2,000 draws where these have more, and 500 where boosted trees are fitted to them. Metrics that fit
many of these, downstream accuracy and strong generalisation, are left out.
"""

import dataclasses
from pathlib import Path
from time import perf_counter

import numpy as np

from equilab.metrics import PROTOCOLS, heat_map
from equilab.metrics.calibration import CORRUPTIONS, calibrate
from equilab.metrics.heat_map import side_by_side

SIZES = (3, 6, 10, 8, 8)
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
COUNT, FEWER = 2_000, 500
BOOSTED = ("dci", "fairness")
LEFT_OUT = ("downstream_boosting", "downstream_logistic", "strong_generalisation")
PICTURE = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "calibration.png"


def metrics() -> list:
    """Every metric of every protocol, once, with fewer draws."""
    found = {metric.name: metric for protocol in PROTOCOLS.values() for metric in protocol}
    return [_smaller(metric) for name, metric in found.items() if name not in LEFT_OUT]


def _smaller(metric):
    fields = [each.name for each in dataclasses.fields(metric) if each.name.startswith("num_")]
    most = FEWER if metric.name in BOOSTED else COUNT
    return dataclasses.replace(metric, **{name: min(getattr(metric, name), most) for name in fields})


def main() -> None:
    factors = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
    chosen = metrics()
    pictures = []
    for corruption in CORRUPTIONS:
        start = perf_counter()
        found = calibrate(chosen, factors, corruption=corruption, levels=LEVELS)
        print(
            f"\n{corruption} ({perf_counter() - start:.0f} s)   level " + " ".join(f"{level:6.2f}" for level in LEVELS)
        )
        for name, values in found.items():
            print(f"{name:34s}" + " ".join(f"{value:6.2f}" for value in values))
        bounded = {name: values for name, values in found.items() if values.min() >= 0 and values.max() <= 1 + 1e-9}
        columns = [f"{level:g}" for level in LEVELS]
        pictures.append(heat_map(np.array(list(bounded.values())), list(bounded), columns, title=corruption))
    side_by_side(pictures, width=1500).save(PICTURE)
    print(f"\npicture: {PICTURE.name}")


if __name__ == "__main__":
    main()
