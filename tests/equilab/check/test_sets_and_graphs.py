"""Networks on sets and graphs under permutations of their things."""

import pytest
import torch
from torch import nn

from equilab.check import Invariant, NodeIndex, Permutations, Permute, Verdict, equivariance
from equilab.errors import GroupError, ShapeError
from tests.refused import refused

ALONG = Permute(1)


def sets(count=5, features=4):
    return torch.randn(3, count, features, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def _fixed_weights():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


class DeepSet(nn.Module):
    """Each thing, and the mean of all, through linear maps (Zaheer et al. 2017); or the first thing for the mean."""

    def __init__(self, *, sound=True):
        super().__init__()
        self.own, self.shared, self.sound = nn.Linear(4, 6), nn.Linear(4, 6), sound

    def forward(self, x):
        summary = x.mean(1, keepdim=True) if self.sound else x[:, :1]
        return torch.relu(self.own(x) + self.shared(summary))


class Attention(nn.Module):
    """Self-attention, with places added if `places`, or with a causal mask."""

    def __init__(self, *, places=False, causal=False):
        super().__init__()
        self.attend = nn.MultiheadAttention(4, 2, batch_first=True)
        self.places = nn.Parameter(torch.randn(5, 4)) if places else None
        self.causal = causal

    def forward(self, x):
        x = x if self.places is None else x + self.places
        mask = torch.full((5, 5), -torch.inf, dtype=x.dtype).triu(1) if self.causal else None
        return self.attend(x, x, x, attn_mask=mask, need_weights=False)[0]


def test_a_deep_set_passes_and_its_first_thing_is_no_mean():
    assert equivariance(DeepSet(), sets(), in_type=ALONG, out_type=ALONG).verdict is Verdict.PASS
    assert equivariance(DeepSet(sound=False), sets(), in_type=ALONG, out_type=ALONG).verdict is Verdict.FAIL


def test_a_pooled_deep_set_stays():
    network = DeepSet()
    pooled = equivariance(lambda x: network(x).amax(1), sets(), in_type=ALONG, out_type=Invariant())
    assert pooled.verdict is Verdict.PASS
    assert pooled.group == "S5"


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_attention_passes_without_places_and_without_a_mask(training):
    for network, verdict in (
        (Attention(), Verdict.PASS),
        (Attention(places=True), Verdict.FAIL),
        (Attention(causal=True), Verdict.FAIL),
    ):
        report = equivariance(network.train(training), sets(), in_type=ALONG, out_type=ALONG)
        assert report.verdict is verdict, str(report)


def test_all_permutations_of_few_things_are_tried_and_some_of_many():
    def elements(count):
        report = equivariance(nn.Tanh(), sets(count), in_type=ALONG, out_type=ALONG)
        return [each.element for each in report.elements]

    assert len(elements(4)) == 23
    assert 3 <= len(elements(9)) <= 8
    assert "swap 0 and 1" in elements(9)


class GraphConv(nn.Module):
    """Node features from those of the neighbours, by an adjacency (batch, n, n) or by edges (2, m)."""

    def __init__(self, *, sound=True):
        super().__init__()
        self.own, self.sent, self.sound = nn.Linear(4, 6), nn.Linear(4, 6), sound

    def forward(self, x, graph):
        if graph.is_floating_point():
            sent = (graph if self.sound else graph.tril()) @ self.sent(x)
            return torch.tanh(self.own(x) + sent)
        source, target = graph if self.sound else (graph[0], graph[1].roll(1))
        return torch.tanh(self.own(x).index_add(0, target, self.sent(x)[source]))


def test_a_graph_network_moves_with_the_nodes_of_its_adjacency():
    adjacency = torch.rand(3, 5, 5, generator=torch.Generator().manual_seed(1))
    types = {"in_type": (ALONG, Permute(1, 2)), "out_type": ALONG}
    assert equivariance(GraphConv(), sets(), adjacency, **types).verdict is Verdict.PASS
    assert equivariance(GraphConv(sound=False), sets(), adjacency, **types).verdict is Verdict.FAIL
    unmoved = {"in_type": (ALONG, Invariant()), "out_type": ALONG}
    assert equivariance(GraphConv(), sets(), adjacency, **unmoved).verdict is Verdict.FAIL


def test_a_graph_network_moves_with_the_nodes_that_its_edges_name():
    edges = torch.tensor([[0, 1, 2, 3, 4, 0, 2], [1, 2, 0, 4, 0, 3, 4]])
    types = {"in_type": (Permute(0), NodeIndex()), "out_type": Permute(0)}
    x = sets()[0]
    assert equivariance(GraphConv(), x, edges, **types).verdict is Verdict.PASS
    assert equivariance(GraphConv(), x, edges, in_type=(Permute(0), None), out_type=Permute(0)).verdict is Verdict.FAIL


def test_an_edge_predictor_gives_a_matrix_of_pairs():
    def scores(x):
        return x @ x.transpose(1, 2)

    assert equivariance(scores, sets(), in_type=ALONG, out_type=Permute(1, 2)).verdict is Verdict.PASS
    assert equivariance(scores, sets(), in_type=ALONG, out_type=Permute(1)).verdict is Verdict.FAIL


def test_permutations_say_what_does_not_fit():
    with refused(GroupError, "in_type", got=[4, 5]):
        equivariance(torch.matmul, sets(), sets(4), in_type=(ALONG, ALONG), out_type=Invariant())
    with refused(ShapeError, "out_type", expected="5 things along axis 1", got=(3,)):
        equivariance(lambda x: x.sum((1, 2)), sets(), in_type=ALONG, out_type=ALONG)
    with refused(GroupError, "permutations", expected="at least 2 things", got=1):
        Permutations(1)
