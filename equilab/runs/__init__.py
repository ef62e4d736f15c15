"""Trainings: a run's settings, the loop, evaluations, sinks, and the record that a training leaves."""

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
    rerun_failed,
    run_study,
    study_status,
)
from equilab.runs.tables import Table

__all__ = [
    "OF_VAE",
    "Chart",
    "Compute",
    "Disentanglement",
    "Equivariance",
    "Evaluation",
    "Findings",
    "HeldOutLoss",
    "Logging",
    "Moment",
    "NonFiniteLoss",
    "Outcome",
    "Plan",
    "Record",
    "Results",
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
    "crossed",
    "plan_study",
    "rerun_failed",
    "run_study",
    "study_status",
    "train",
]
