"""Studies: many runs as one, planned, trained by a pool of processes, and collected into one table."""

from equilab.runs.study.collect import Results, collect_study
from equilab.runs.study.crossed import changed, crossed
from equilab.runs.study.plan import Plan, plan_study
from equilab.runs.study.shard import Shard
from equilab.runs.study.status import Status, study_status
from equilab.runs.study.study import Chart, Study
from equilab.runs.study.train_study import run_study

__all__ = [
    "Chart",
    "Plan",
    "Results",
    "Shard",
    "Status",
    "Study",
    "changed",
    "collect_study",
    "crossed",
    "plan_study",
    "run_study",
    "study_status",
]
