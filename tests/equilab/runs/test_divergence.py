"""A loss that grows beyond all meaning is warned of, and a training that ends so is not finished."""

import logging
from dataclasses import dataclass, replace

import pytest
from small import SPRITES

from equilab.data import Images
from equilab.models import VariationalAutoencoder
from equilab.objectives import VAE, Context, Losses
from equilab.runs.divergence import NonFiniteLoss, has_diverged
from equilab.runs.loop import train
from equilab.runs.record import Record


@dataclass(frozen=True)
class Falling(VAE):
    """A loss that falls a hundredfold with every update, or does so once."""

    once_at: int = -1

    def losses(self, model: VariationalAutoencoder, batch: Images, context: Context) -> Losses:
        found, step = super().losses(model, batch, context), int(context.step)
        far = 10.0 ** (2 * step + 2) if self.once_at < 0 else 1e9 * (step == self.once_at)
        return found._replace(
            by_player={"model": found.model - far * (2 + model.encode(batch.images).mean.tanh().mean())}
        )


def test_a_loss_that_falls_for_ever_is_warned_of_once_and_ends_unfinished(tmp_path, caplog):
    with caplog.at_level(logging.WARNING), pytest.raises(NonFiniteLoss, match="step 8: the training diverged") as found:
        train(replace(SPRITES, objective=Falling(), steps=8), tmp_path)
    assert "train/loss = -" in str(found.value)
    assert [record.message.split(" (")[0] for record in caplog.records] == ["step 4: the loss diverges"]
    record = Record.open(tmp_path, modules=[__name__])
    assert [row["step"] for row in record.rows] == list(range(1, 9))
    assert not record.is_finished


def test_a_loss_that_comes_back_is_warned_of_and_finished(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        train(replace(SPRITES, objective=Falling(once_at=1)), tmp_path)
    assert [record.message.split(" (")[0] for record in caplog.records] == ["step 2: the loss diverges"]
    assert Record.open(tmp_path, modules=[__name__]).is_finished


@pytest.mark.parametrize(
    ("loss", "found"), [(2840.0, False), (-1e6, False), (1e8, False), (-1.1e8, True), (None, True)]
)
def test_a_loss_diverges_beyond_a_bound_of_either_sign(loss, found):
    assert has_diverged({"train/loss": loss}) is found


def test_a_row_without_a_loss_has_not_diverged():
    assert not has_diverged({"metric/mig": 0.5})
