"""The update: each player minimises its own loss, players of one loss share a backward pass, rates and norms hold."""

from dataclasses import dataclass, replace

import pytest
import torch
from processes import same
from small import DIGITS, SPRITES, of_model, trained, weights
from torch import Tensor, nn

from equilab.data import Images, IndependentImages, Sampler
from equilab.keys import Key
from equilab.models import VariationalAutoencoder
from equilab.objectives import EVIDENCE_KEYS, Context, CriticSettings, FactorVAE, Losses, Objective, Player, evidence
from equilab.optimizers import SGD, Adam, AdamW, Optimizer
from equilab.runs.evaluations import HeldOutLoss
from equilab.runs.folder import longer_run, read_run
from equilab.runs.keys import scalars
from equilab.runs.loop import Training, evaluate, set_up, train, update
from equilab.runs.record import Record
from equilab.runs.run import Run
from equilab.schedules import Cosine, Linear

FACTOR = replace(
    SPRITES, objective=FactorVAE(gamma=10.0, critic=CriticSettings(hidden=16, num_layers=1, optimizer=Adam(1e-3)))
)


class Variance(nn.Module):
    """The logarithm of a decoder's variance."""

    def __init__(self):
        super().__init__()
        self.log = nn.Parameter(torch.zeros(()))


@dataclass(frozen=True)
class LearnedVariance(Objective):
    """A Gaussian decoder whose variance is trained with the model, by an optimiser of its own (Rybkin et al. 2021)."""

    keys = (*EVIDENCE_KEYS, Key("train/log_variance", "log", "logarithm of the decoder's variance"))
    rate: float = 0.1  # of the variance's optimiser, per update
    sampler: Sampler = IndependentImages()

    def build(self, model, *, generator, data=None):
        return {"variance": Player(Variance(), SGD(learning_rate=self.rate, momentum=0.0))}

    def losses(self, model: VariationalAutoencoder, batch: Images, context: Context) -> Losses:
        bound, log = evidence(model, batch.images, context.noise), context.player("variance").log
        squares = (model.decode(bound.z).sigmoid() - batch.images).square()
        loss = 0.5 * (squares / log.exp() + log).mean() + bound.kl.sum()
        return bound.losses(loss, {"log_variance": log})._replace(by_player={"model": loss, "variance": loss})


LEARNED = replace(SPRITES, objective=LearnedVariance())


def gradients(training: Training) -> dict[str, list[Tensor]]:
    """The gradients that the last update left, by player."""
    players = training.state.players.items()
    return {name: [weight.grad for weight in player.parameters if weight.grad is not None] for name, player in players}


def expected_gradients(run: Run) -> dict[str, tuple[Tensor, ...]]:
    """The gradients of each player's own loss at the first update, by torch.autograd."""
    run, _, state, feed = set_up(run)
    context = Context(torch.tensor(0), state.noise.at(0), len(run.data), state.modules)
    losses = run.objective(state.model, feed.at(0), context)
    return {
        name: torch.autograd.grad(loss, state.players[name].parameters, retain_graph=True)
        for name, loss in losses.by_player.items()
    }


@pytest.mark.parametrize("run", [FACTOR, LEARNED], ids=["two losses", "one loss"])
def test_the_gradients_of_each_player_come_from_its_own_loss_only(run):
    """Fails when one backward pass serves two losses: the critic would climb gamma * TC, the encoder its loss."""
    training = set_up(run)
    update(training)
    found = gradients(training)
    for name, expected in expected_gradients(run).items():
        assert len(found[name]) == len(expected) > 0
        assert all(map(torch.equal, found[name], expected)), name


@pytest.mark.parametrize(("run", "passes"), [(SPRITES, 1), (FACTOR, 2), (LEARNED, 1)], ids=["one", "two", "shared"])
def test_players_that_share_a_loss_share_a_backward_pass(run, passes, monkeypatch):
    training, count, real = set_up(run), list[Tensor](), Tensor.backward

    def backward(loss, *arguments, **options):
        count.append(loss)
        return real(loss, *arguments, **options)

    monkeypatch.setattr(Tensor, "backward", backward)
    update(training)
    assert len(count) == passes


def test_a_variance_of_the_decoder_learns_by_its_own_optimiser():
    training = set_up(LEARNED)
    expected = -0.1 * expected_gradients(LEARNED)["variance"][0]
    update(training)
    assert torch.equal(training.state.modules["variance"].log.detach(), expected)
    for _ in range(20):
        losses = update(training).losses
    assert losses.terms["log_variance"] < 0  # images of 0 and 1 are decoded to better than one unit
    still = set_up(replace(LEARNED, objective=LearnedVariance(rate=1e-9)))
    update(still)
    assert abs(still.state.modules["variance"].log.item()) < 1e-8


@pytest.mark.parametrize("run", [FACTOR, LEARNED], ids=["critic", "variance"])
def test_every_player_is_saved_and_restored(run, tmp_path):
    """A run of 5 updates, and one of 2 that goes on to 5, end alike."""
    train(replace(run, steps=5), tmp_path / "whole")
    train(replace(run, steps=2), tmp_path / "longer")
    train(longer_run(read_run(tmp_path / "longer", [__name__]).run, 5), tmp_path / "longer")
    assert same(weights(tmp_path / "longer"), weights(tmp_path / "whole"))
    assert len(weights(tmp_path / "whole")) == 2


def test_an_evaluation_between_updates_sees_the_weights_of_its_step():
    training = trained(SPRITES, updates=2)
    before = of_model(training)
    evaluate([HeldOutLoss()], training, lambda done, total: None)
    assert all(torch.equal(value, before[name]) for name, value in of_model(training).items())


def norm(tensors: list[Tensor]) -> float:
    return float(torch.cat([tensor.flatten() for tensor in tensors]).norm())


@pytest.mark.parametrize("player", ["model", "critic"])
def test_a_gradient_is_clipped_to_the_norm_asked_for_and_only_that_players(player):
    whole = gradients(trained(FACTOR, updates=1))
    most = norm(whole[player]) / 10
    if player == "model":
        run = replace(FACTOR, optimizer=replace(FACTOR.optimizer, clip_norm=most))
    else:
        critic = replace(FACTOR.objective.critic, optimizer=Adam(1e-3, clip_norm=most))
        run = replace(FACTOR, objective=replace(FACTOR.objective, critic=critic))
    training = set_up(run)
    updated = update(training)
    found, other = gradients(training), "critic" if player == "model" else "model"
    for clipped, weight in zip(found[player], whole[player], strict=True):
        torch.testing.assert_close(clipped, weight / 10)
    assert all(map(torch.equal, found[other], whole[other]))
    key = "train/gradient_norm" + ("" if player == "model" else "_critic")
    assert scalars(updated.losses, updated.varying)[key] == pytest.approx(10 * most, rel=1e-5)


def test_a_gradient_below_the_norm_is_left_as_it_is():
    wide = trained(replace(SPRITES, optimizer=replace(SPRITES.optimizer, clip_norm=1e9)), updates=3)
    assert all(map(torch.equal, of_model(wide).values(), of_model(trained(SPRITES, updates=3)).values()))


@pytest.mark.parametrize(
    "optimizer",
    [
        Adam(Linear(1e-3, 0.0, steps=4)),
        AdamW(Cosine(1e-3, 1e-4, steps=4), weight_decay=0.1),
        SGD(Linear(1e-5, 1e-6, steps=4), momentum=0.9, nesterov=True, clip_norm=5.0),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_a_rate_that_follows_a_schedule_is_set_before_each_update_and_logged(optimizer: Optimizer, tmp_path):
    train(replace(SPRITES, optimizer=optimizer), tmp_path / "run")
    found = Record.open(tmp_path / "run").series("train/learning_rate")
    assert found.steps.tolist() == [1, 2, 3, 4]  # updates made; the rate of a row is that of its update
    assert found.values.tolist() == [float(optimizer.learning_rate.at(torch.tensor(step))) for step in range(4)]
    if optimizer.clip_norm:
        assert (Record.open(tmp_path / "run").series("train/gradient_norm").values > 5.0).all()


def test_a_rate_of_zero_moves_nothing_and_a_constant_one_is_not_logged(tmp_path):
    off = replace(SPRITES, optimizer=SGD(Linear(0.0, 1e-5, steps=2), momentum=0.0))
    training = set_up(off)
    before = of_model(training)
    update(training)
    assert all(torch.equal(value, before[name]) for name, value in of_model(training).items())
    update(training)
    assert not all(torch.equal(value, before[name]) for name, value in of_model(training).items())
    train(SPRITES, tmp_path / "run")
    assert "train/learning_rate" not in Record.open(tmp_path / "run").keys


@pytest.mark.parametrize("runs", [(SPRITES, DIGITS), (DIGITS, replace(DIGITS, seed=1)), (FACTOR, LEARNED)])
def test_two_trainings_in_turn_give_the_numbers_that_each_gives_alone(runs):
    """Dropout and batch norm included: nothing that an update draws or keeps belongs to the process."""
    alone = [trained(run, updates=3) for run in runs]
    together = [set_up(run) for run in runs]
    for _ in range(3):
        torch.rand(7)  # and whatever else the process draws
        for training in together:
            update(training)
    for expected, found in zip(alone, together, strict=True):
        for name, player in expected.state.players.items():
            weights = found.state.players[name].module.state_dict()
            assert all(torch.equal(value, weights[key]) for key, value in player.module.state_dict().items())
