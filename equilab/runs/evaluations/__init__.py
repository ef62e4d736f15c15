"""Evaluations: each measures a model with a period of its own; and the usual sets of them."""

from equilab.runs.evaluations.classifier_error import TestError
from equilab.runs.evaluations.disentanglement import Disentanglement, encoder_of
from equilab.runs.evaluations.equivariance import Equivariance
from equilab.runs.evaluations.evaluation import Columns, Evaluation, Findings, Moment
from equilab.runs.evaluations.held_out_loss import HeldOutLoss
from equilab.runs.evaluations.traversals import Traversals

OF_VAE: tuple[Evaluation, ...] = (HeldOutLoss(), Disentanglement(), Traversals())
"""The usual evaluations of a VAE: losses, scores and pictures, once, at the end."""

__all__ = [
    "OF_VAE",
    "Columns",
    "Disentanglement",
    "Equivariance",
    "Evaluation",
    "Findings",
    "HeldOutLoss",
    "Moment",
    "TestError",
    "Traversals",
    "encoder_of",
]
