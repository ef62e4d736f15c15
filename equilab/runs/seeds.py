"""One run with several seeds, each in a folder of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from equilab.errors import SettingError, check_count
from equilab.runs.run import Run


def seeded(run: Run, seeds: Sequence[int], folder: Path) -> dict[Path, Run]:
    """The run with each seed, by its folder.

    run: settings. seeds: one or more different numbers. folder: of all of them; each run is kept in folder / sSEED.
    Raises SettingError for no seeds, for one twice, and for a number that is no seed.

    >>> from equilab.data import MiniSprites
    >>> from equilab.models import ConvVAE
    >>> from equilab.objectives import VAE
    >>> runs = seeded(Run(MiniSprites(), ConvVAE(), VAE()), [0, 3], Path("runs"))
    >>> [(path.name, run.seed) for path, run in runs.items()]
    [('s0', 0), ('s3', 3)]
    """
    if not isinstance(seeds, Iterable):
        raise SettingError("seeds", expected="one or more different seeds", got=seeds, hint=f"[{seeds}]")
    given = list(seeds)
    for seed in given:
        check_count("seeds", seed, least=0)
    if not given or len(set(given)) < len(given):
        raise SettingError("seeds", expected="one or more different seeds", got=given)
    return {folder / f"s{seed}": replace(run, seed=seed) for seed in given}
