"""The FactorVAE score as its paper evaluates it (Kim & Mnih 2018, section 4): collapsed dimensions pruned by KL."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equilab.latents import CodeBlock, projected_codes
from equilab.metrics.arguments import check_number
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.factor_vae_score import count_votes, majority_accuracy


@dataclass(frozen=True)
class FactorVAEScoreKim2018(Metric):
    """Accuracy with which the block that varies least names the factor that was held fixed, collapsed axes left out.

    As FactorVAEScore, with what that paper does in place of what Locatello et al. 2019 do: an axis is left out if its
    posterior has collapsed to the prior, a KL below `collapsed_kl` on average over the table; its variance
    over the whole data is that of the table; a vote sees 200 observations, and 800 votes make the majority table.
    The score is the accuracy on `num_test` fresh votes, so that a table does not score the votes that it was made of.
    The paper gives no figure for the KL of a collapsed axis: 0.01 nats is where Duan et al. 2020 set it. The KL is that
    of the posterior as it is; votes are by the codes projected onto the manifold of their block.

    matrix: training votes (blocks, factors that vary). per_factor: accuracy among the test votes of that factor;
    per_block: among the test votes of that block. Without axes left the score is 0.
    Raises DataError for a table without log variances, SettingError for invalid settings.

    >>> factors = np.stack(np.unravel_index(np.arange(64), (4, 4, 4)), 1)
    >>> import torch
    >>> from equilab.latents import gaussian_posterior_of
    >>> posterior = gaussian_posterior_of(torch.tensor(factors, dtype=torch.float64), variance=0.02)
    >>> table = CodeTable(factors, factors, posterior=posterior)
    >>> FactorVAEScoreKim2018()(table, rng=np.random.default_rng(0)).value
    1.0
    """

    name: ClassVar[str] = "factor_vae_score_kim2018"
    draws: ClassVar[tuple[str, ...]] = ("batch_size",)
    num_train: int = 800  # votes of the majority table
    num_test: int = 800  # votes that are scored
    batch_size: int = 200  # observations of one vote
    collapsed_kl: float = 0.01  # mean KL of an axis' block to the prior, nats, below which it is left out

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 1, "num_test": 1, "batch_size": 2})
        check_number("collapsed_kl", self.collapsed_kl, "0 or more", lambda value: value >= 0)

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        table.require_posterior("the KL by which this score leaves out collapsed dimensions")
        codes = projected_codes(table.codes, blocks)
        varies = (codes != codes[:1]).any(axis=0)  # a constant axis would win every vote as 0 / 0
        active = varies & (table.kl >= self.collapsed_kl)
        train = test = np.zeros((len(blocks), len(table.scored)), np.int64)
        if active.any():
            total = codes.var(axis=0, ddof=1, dtype=np.float64)
            train, test = (
                count_votes(table, blocks, total, active, num=num, batch_size=self.batch_size, rng=rng)
                for num in (self.num_train, self.num_test)
            )
        found = majority_accuracy(train, test)
        labels = tuple(block.label for block in blocks)
        return Score(
            self.name,
            found.accuracy,
            by_name(table.scored_names, found.per_factor),
            by_name(labels, found.per_block),
            train.astype(np.float64),
            rows=labels,
            columns=table.scored_names,
            full=self.num_train / len(table.scored),
        )
