"""Modules of escnn as they stand, with the types that they carry; and the layer that escnn's own check lets through."""

from importlib.util import find_spec

import pytest
import torch
from escnn_photo import escnn_passes

from equilab.check import Verdict, equivariance
from equilab.errors import FieldTypeError, GroupError
from equilab.groups import C
from tests.refused import refused

pytestmark = [
    pytest.mark.skipif(find_spec("escnn") is None, reason="escnn is not installed: ESCNN=yes make install"),
    pytest.mark.filterwarnings("ignore:Persisting input arguments took:UserWarning"),
    pytest.mark.filterwarnings("ignore:indexing with dtype torch.uint8:UserWarning"),
]


@pytest.fixture(scope="module")
def escnn():
    from equilab.interop.escnn import load_escnn

    loaded = load_escnn()
    from escnn import gspaces, nn

    return loaded, nn, gspaces


def images(module, *, size=33, batch=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, module.in_type.size, size, size, generator=generator)


def space_of(gspaces, name):
    return {
        "C4": lambda: gspaces.rot2dOnR2(4),
        "C8": lambda: gspaces.rot2dOnR2(8),
        "D4": lambda: gspaces.flipRot2dOnR2(4),
        "SO(2)": lambda: gspaces.rot2dOnR2(-1, maximum_frequency=3),
    }[name]()


def pooled(nn, space, *, kernel_size=5):
    """Convolutions with batch norm, ReLU, antialiased pooling and group pooling."""
    torch.manual_seed(0)
    image, hidden = nn.FieldType(space, [space.trivial_repr]), nn.FieldType(space, 3 * [space.regular_repr])
    return nn.SequentialModule(
        nn.R2Conv(image, hidden, kernel_size, padding=kernel_size // 2),
        nn.InnerBatchNorm(hidden),
        nn.ReLU(hidden),
        nn.PointwiseAvgPoolAntialiased(hidden, 0.66, 2),
        nn.R2Conv(hidden, hidden, kernel_size, padding=kernel_size // 2),
        nn.GroupPooling(hidden),
    )


def smooth(nn, space, *, fourier):
    """Convolutions between irreps with a nonlinearity on norms, or of Fourier coefficients."""
    torch.manual_seed(0)
    group = space.fibergroup
    image = nn.FieldType(space, [space.trivial_repr])
    if fourier:
        act = nn.FourierELU(space, 2, irreps=group.bl_irreps(2), N=16)
    else:
        act = nn.NormNonLinearity(nn.FieldType(space, [group.irrep(k) for k in (0, 0, 1, 1, 2)]), function="n_relu")
    return nn.SequentialModule(
        nn.R2Conv(image, act.in_type, 5, padding=2), act, nn.R2Conv(act.out_type, image, 5, padding=2)
    )


@pytest.mark.parametrize("name", ["C4", "C8", "D4"])
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_a_network_on_regular_fields_passes_as_it_stands(escnn, name, training):
    _, nn, gspaces = escnn
    network = pooled(nn, space_of(gspaces, name)).train(training)
    report = equivariance(network, images(network, size=65 if name == "C8" else 33))  # pixels enough for its pool
    assert report.verdict is Verdict.PASS, str(report)
    assert report.group == name
    assert report.notes == ("the float64 copy answers in torch.float32: errors below round-off cannot be seen",)


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_a_float64_copy_is_made_with_the_filters_that_eval_expands(escnn, training):
    _, nn, gspaces = escnn
    network = pooled(nn, space_of(gspaces, "C4")).train(training)
    network = nn.SequentialModule(*list(network)[:-1])  # the group pooling of escnn answers in float32 always
    report = equivariance(network, images(network))
    assert report.verdict is Verdict.PASS, str(report)
    assert not report.notes
    assert "float64 copy" in {each.name for each in report.precisions if each.counts}


@pytest.mark.parametrize("fourier", [False, True], ids=["norms", "Fourier ELU"])
def test_a_network_on_irreps_of_all_rotations_passes_as_it_stands(escnn, fourier):
    _, nn, gspaces = escnn
    network = smooth(nn, space_of(gspaces, "SO(2)"), fourier=fourier)
    report = equivariance(network, images(network))
    assert report.verdict is Verdict.PASS, str(report)
    assert {each.exact for each in report.elements} == {True, False}
    assert report.detection_limit < 1e-4


def test_geometric_tensors_and_plain_ones_give_the_same_report(escnn):
    _, nn, gspaces = escnn
    network = pooled(nn, space_of(gspaces, "D4")).eval()
    x = images(network)
    assert equivariance(network, network.in_type(x)) == equivariance(network, x)
    calls = equivariance(lambda given: network(given).tensor, network.in_type(x), in_type=network.in_type,
                         out_type=network.out_type)  # fmt: skip
    assert calls.verdict is Verdict.PASS


def test_a_broken_layer_is_found_between_sound_ones(escnn):
    _, nn, gspaces = escnn

    class Halved(torch.nn.Module):
        """The second half of the channels is taken away, whatever the fields are."""

        def __init__(self, network):
            super().__init__()
            self.network, self.in_type, self.out_type = network, network.in_type, network.out_type

        def forward(self, x):
            y = self.network(self.in_type(x)).tensor
            return y * (torch.arange(y.shape[1]) < 5)[:, None, None]

    space = space_of(gspaces, "C8")
    torch.manual_seed(0)
    conv = nn.R2Conv(nn.FieldType(space, [space.trivial_repr]), nn.FieldType(space, 2 * [space.regular_repr]), 5)
    assert equivariance(Halved(conv), images(conv)).verdict is Verdict.FAIL


def test_vectors_of_a_space_without_positions_are_checked(escnn):
    _, nn, gspaces = escnn
    space = gspaces.no_base_space(escnn[0].group.cyclic_group(6))
    torch.manual_seed(0)
    regular = nn.FieldType(space, 2 * [space.regular_repr])
    network = nn.SequentialModule(nn.Linear(regular, regular), nn.ReLU(regular), nn.Linear(regular, regular))
    x = torch.randn(5, regular.size, generator=torch.Generator().manual_seed(0))
    report = equivariance(network, x)
    assert report.verdict is Verdict.PASS
    assert len(report.elements) == 5


@pytest.mark.parametrize("name", ["C8", "SO(2)"])
@pytest.mark.parametrize("kernel_size", [5, 7, 9])
def test_the_default_band_limit_stays_far_below_what_is_allowed(escnn, name, kernel_size):
    _, nn, gspaces = escnn
    space = space_of(gspaces, name)
    torch.manual_seed(0)
    fields = [space.regular_repr] if name == "C8" else [space.irrep(k) for k in range(4)]
    conv = nn.R2Conv(nn.FieldType(space, [space.trivial_repr]), nn.FieldType(space, fields), kernel_size,
                     padding=kernel_size // 2)  # fmt: skip
    report = equivariance(conv, images(conv))
    assert report.verdict is Verdict.PASS, str(report)
    assert report.interpolated_error < 0.03


def out_of_the_space(nn, space, **band):
    """C8, one channel to one regular field, 5 x 5."""
    torch.manual_seed(5)
    image, hidden = nn.FieldType(space, [space.trivial_repr]), nn.FieldType(space, [space.regular_repr])
    return nn.R2Conv(image, hidden, 5, padding=2, **band)


def test_a_basis_that_leaves_the_space_is_found_where_the_check_of_escnn_passes(escnn, monkeypatch):
    _, nn, gspaces = escnn
    space = space_of(gspaces, "C8")
    sound, broken = out_of_the_space(nn, space), out_of_the_space(nn, space, frequencies_cutoff=lambda radius: 10)
    report = equivariance(broken, images(broken, seed=5), seed=5)
    assert report.verdict is Verdict.FAIL
    assert report.interpolated_error == pytest.approx(0.31, abs=0.02)  # measured: 30.7 %
    assert equivariance(sound, images(sound, seed=5), seed=5).interpolated_error < 0.01
    assert escnn_passes(broken, monkeypatch)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(8))
def test_no_filter_of_such_a_basis_passes(escnn, seed):
    _, nn, gspaces = escnn
    conv = out_of_the_space(nn, space_of(gspaces, "C8"), frequencies_cutoff=lambda radius: 10)
    torch.manual_seed(seed)
    torch.nn.init.normal_(conv.weights)
    report = equivariance(conv, images(conv, seed=seed), seed=seed)
    assert report.verdict is Verdict.FAIL
    assert report.interpolated_error > 0.1


def test_types_of_two_libraries_are_told_apart(escnn):
    _, nn, gspaces = escnn
    network = pooled(nn, space_of(gspaces, "C4"))
    with refused(GroupError, "in_type, out_type", expected="one group", got="C4 and C4 of C4[1*trivial]"):
        equivariance(network, images(network), out_type=C(4).trivial)


def test_a_space_of_three_dimensions_is_refused(escnn):
    _, nn, gspaces = escnn
    field_type = nn.FieldType(gspaces.trivialOnR3(), [gspaces.trivialOnR3().trivial_repr])
    with refused(
        FieldTypeError, "in_type, out_type", expected="over the plane", got="one of C1_on_R3[(False, False, 1)]"
    ):
        equivariance(torch.nn.Identity(), torch.randn(1, 1, 3, 3, 3), in_type=field_type, out_type=field_type)
