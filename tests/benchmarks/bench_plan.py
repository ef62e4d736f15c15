"""The plan of a study beside its runs: the planned seconds over those of a training, for two sizes of batches."""

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from equilab.data import MiniSprites
from equilab.models import ConvVAE
from equilab.objectives import VAE
from equilab.runs import HeldOutLoss, Logging, Run, Study, Traversals, crossed, plan_study
from equilab.runs.compute import Compute
from equilab.runs.loop import train
from equilab.tables import Table

RUN = Run(
    data=MiniSprites(shapes=1, scales=1, orientations=2, positions=4),
    model=ConvVAE(latent_dim=3),
    objective=VAE(),
    steps=60,
    precision="float32",
    evaluations=(HeldOutLoss(every=20, images=16), Traversals(every=25)),
    compute=Compute(threads=1),
    log=Logging(every=3, checkpoint_every=25, wandb="off"),
)


def main() -> None:
    """Prints a row for each size of batch."""
    rows = []
    with TemporaryDirectory() as name:
        plan = plan_study(Study(crossed(RUN, {"batch_size": (4, 64)})), Path(name) / "study", processes=1, seconds=1.0)
        for kind in plan.kinds:
            start = perf_counter()
            train(kind.runs[0], Path(name) / kind.name)
            trained = perf_counter() - start
            rows.append((kind.name, kind.seconds, trained, kind.seconds / trained))
    print(Table(("runs", "planned, s", "trained, s", "ratio"), rows))


if __name__ == "__main__":
    main()
