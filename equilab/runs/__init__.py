"""Trainings: a run's settings, the loop, evaluations, sinks, and the record that a training leaves."""

from equilab.runs.comparison import Comparison, Difference, compare
from equilab.runs.compute import Compute
from equilab.runs.evaluations import (
    OF_VAE,
    Disentanglement,
    Equivariance,
    Evaluation,
    Findings,
    HeldOutLoss,
    Moment,
    TestError,
    Traversals,
)
from equilab.runs.export import export
from equilab.runs.latent_report import BlockReport, Latents, RotatedPlane
from equilab.runs.latents import measure_latents
from equilab.runs.loop import NonFiniteLoss, Outcome, train
from equilab.runs.record import Record, Series
from equilab.runs.run import Logging, Run
from equilab.runs.sinks.sink import Sink
from equilab.runs.study import (
    Chart,
    Plan,
    Results,
    Shard,
    Status,
    Study,
    changed,
    collect_study,
    crossed,
    plan_study,
    run_study,
    study_status,
)
from equilab.tables import Table

__all__ = [
    "OF_VAE",
    "BlockReport",
    "Chart",
    "Comparison",
    "Compute",
    "Difference",
    "Disentanglement",
    "Equivariance",
    "Evaluation",
    "Findings",
    "HeldOutLoss",
    "Latents",
    "Logging",
    "Moment",
    "NonFiniteLoss",
    "Outcome",
    "Plan",
    "Record",
    "Results",
    "RotatedPlane",
    "Run",
    "Series",
    "Shard",
    "Sink",
    "Status",
    "Study",
    "Table",
    "TestError",
    "Traversals",
    "changed",
    "collect_study",
    "compare",
    "crossed",
    "export",
    "measure_latents",
    "plan_study",
    "run_study",
    "study_status",
    "train",
]
