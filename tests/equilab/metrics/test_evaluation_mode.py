"""Encoders in training mode: scored in evaluation mode, however they are called, and left as they were."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from equilab.data import MiniSprites
from equilab.metrics import CodeTable, evaluate
from equilab.metrics.evaluation_mode import evaluation_mode

DATA = MiniSprites(size=16)


class Net(nn.Module):
    """Dropout, batch norm and noise that a flag of its own switches."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(256, 6), nn.BatchNorm1d(6), nn.Dropout(0.5))

    def forward(self, x):
        return self.body(x)

    def encode(self, x):
        codes = self.body(x)
        return codes + torch.randn_like(codes) if self.training else codes


class Holder:
    """An encoder that is no module and keeps its network out of sight."""

    def __init__(self, net):
        self.nets = {"a": [net]}

    def __call__(self, images):
        return self.nets["a"][0](images)


WAYS = {
    "module": lambda net: net,
    "method": lambda net: net.encode,
    "function": lambda net: lambda images: net(images),
    "object": Holder,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_network_in_training_mode_is_scored_in_evaluation_mode_and_left_as_it_was(way):
    net = Net()
    net.body[3].eval()  # frozen by its owner
    before = [part.training for part in net.modules()], {k: v.clone() for k, v in net.state_dict().items()}
    with pytest.warns(UserWarning, match=r"encode: BatchNorm1d.* in training mode"):
        first = CodeTable.encode(WAYS[way](net), DATA).codes
    assert [part.training for part in net.modules()] == before[0]
    assert all(torch.equal(value, before[1][key]) for key, value in net.state_dict().items())
    again = CodeTable.encode(WAYS[way](net.eval()), DATA).codes  # without a warning
    np.testing.assert_array_equal(first, again)


def test_evaluate_gives_one_answer_of_a_network_in_training_mode():
    net = Net()
    with pytest.warns(UserWarning, match="BatchNorm1d, Dropout"):
        found = [evaluate(net, DATA, metrics=["mig", "mcc"]).flat() for _ in range(2)]
    assert found[0] == found[1] == evaluate(net.eval(), DATA, metrics=["mig", "mcc"]).flat()


def test_a_network_whose_output_does_not_depend_on_the_mode_is_no_cause_for_a_warning():
    net = nn.Sequential(nn.Flatten(), nn.Linear(256, 3), nn.ReLU())
    CodeTable.encode(net, DATA)
    assert net[1].training


def test_an_instance_norm_depends_on_the_mode_if_it_has_running_statistics(recwarn):
    def net(**settings) -> nn.Module:
        norm = nn.InstanceNorm2d(1, **settings)
        return nn.Sequential(nn.Conv2d(1, 1, 3), norm, nn.Flatten(), nn.LazyLinear(3))

    CodeTable.encode(net(), DATA)
    assert not [each for each in recwarn if "training mode" in str(each.message)]
    with pytest.warns(UserWarning, match="InstanceNorm2d in training mode"):
        CodeTable.encode(net(track_running_stats=True), DATA)


def test_the_modes_are_restored_after_an_error():
    net = Net()

    def encode(images):
        net(images)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        CodeTable.encode(encode, DATA)
    assert all(part.training for part in net.modules())


def test_a_training_in_another_thread_goes_on_in_its_mode():
    other, seen = nn.Dropout(0.5), []

    def train():
        other(torch.ones(3))
        seen.append(other.training)

    with evaluation_mode(nn.Identity()):
        thread = threading.Thread(target=train)
        thread.start()
        thread.join()
    assert seen == [True]


class Cached(nn.Module):
    """Doubles its input; the factor is built by `eval` and removed by `train`, as filters of some libraries are."""

    def train(self, mode: bool = True):
        super().train(mode)
        self.factor = None if mode else 2.0
        return self

    def forward(self, x):
        return x * (2.0 if self.training else self.factor)


def test_a_module_that_builds_something_in_eval_has_it():
    net = nn.Sequential(Cached(), nn.Sequential(Cached(), nn.Identity().eval()))
    with pytest.warns(UserWarning, match="Cached in training mode"), evaluation_mode(net):
        assert net(torch.ones(1)).item() == 4.0
    assert [part.training for part in net.modules()] == [True, True, True, True, False]
    assert net[0].factor is None
