"""Irreps of O(3) as types with an action, against e3nn's own matrices, and e3nn modules that are equivariant."""

import pickle
import subprocess
import sys

import pytest
import torch
from e3nn import nn, o3

import equilab as eq
from equilab.errors import FieldTypeError, GroupError, ShapeError
from equilab.interop.e3nn import IrrepsType, irreps_type, wrap_module
from tests.refused import refused

DTYPES = [(torch.float32, 2e-6), (torch.float64, 1e-13)]
MANY = "2x0e + 0o + 3x1o + 1e + 2e + 2x2o + 5o + 8e"


def elements(count: int = 8) -> list[torch.Tensor]:
    """Random elements, the inversion, a mirror, a turn about each axis, and one of a billionth of a turn."""
    generator = torch.Generator().manual_seed(0)
    drawn = [irreps_type("0e").random_element(generator) for _ in range(count)]
    one = torch.eye(3, dtype=torch.float64)
    small = torch.tensor([[0, -1, 0.3], [1, 0, -0.5], [-0.3, 0.5, 0]], dtype=torch.float64) * 1e-9
    swaps = [one[[0, 2, 1]], one[[2, 1, 0]], one[[1, 0, 2]], one[[1, 2, 0]]]
    return [*drawn, one, -one, *swaps, torch.linalg.matrix_exp(small)]


def draw(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
def test_the_action_is_a_homomorphism(dtype, tolerance):
    kind = irreps_type(MANY)
    x = draw(5, kind.dim, dtype=dtype)
    for g, h in zip(elements(), elements()[5:] + elements()[:5], strict=True):
        torch.testing.assert_close(kind.act(g, kind.act(h, x)), kind.act(g @ h, x), rtol=0, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
def test_the_identity_leaves_x_and_the_transpose_undoes(dtype, tolerance):
    kind = irreps_type(MANY)
    x = draw(2, 3, kind.dim, dtype=dtype)
    torch.testing.assert_close(kind.act(torch.eye(3), x), x, rtol=0, atol=tolerance)
    for g in elements():
        torch.testing.assert_close(kind.act(g.T, kind.act(g, x)), x, rtol=0, atol=tolerance)


def test_matrices_are_orthogonal_and_are_what_act_does():
    kind = irreps_type(MANY)
    x = draw(5, kind.dim)
    for g in elements():
        matrix = kind.matrix(g)
        torch.testing.assert_close(matrix @ matrix.T, torch.eye(kind.dim).double(), rtol=0, atol=1e-13)
        torch.testing.assert_close(kind.act(g, x), x @ matrix.T, rtol=0, atol=1e-13)


def test_matrices_are_those_of_e3nn_but_more_exact():
    kind = irreps_type(MANY)
    for g in elements():
        # e3nn goes through angles, and its matrices hold to about 1e-6
        theirs = o3.Irreps(MANY).D_from_matrix(g)  # pyright: ignore[reportAttributeAccessIssue]
        torch.testing.assert_close(kind.matrix(g), theirs, rtol=0, atol=1e-5)


def test_vectors_and_spherical_harmonics_move_with_the_points():
    points = draw(7, 3)
    kind = irreps_type("1o + 2e + 3o + 4e")
    for g in elements():
        torch.testing.assert_close(irreps_type("1o").act(g, points), points @ g.T)
        moved = o3.spherical_harmonics(kind.irreps, points @ g.T, normalize=True)
        before = o3.spherical_harmonics(kind.irreps, points, normalize=True)
        torch.testing.assert_close(kind.act(g, before), moved, rtol=0, atol=1e-12)


def test_random_elements_are_orthogonal_and_uniform():
    generator = torch.Generator().manual_seed(0)
    drawn = torch.stack([irreps_type("0e").random_element(generator) for _ in range(4000)])
    one = torch.eye(3, dtype=torch.float64)
    torch.testing.assert_close(drawn @ drawn.mT, one.expand_as(drawn), rtol=0, atol=1e-13)
    assert abs(float((torch.linalg.det(drawn) > 0).double().mean()) - 0.5) < 0.03
    assert float(drawn.mean(0).abs().max()) < 0.04  # <g> = 0
    moments = torch.einsum("nij,nkl->ijkl", drawn, drawn) / len(drawn)  # <g_ij g_kl> = delta_ik delta_jl / 3
    torch.testing.assert_close(moments, torch.einsum("ik,jl->ijkl", one, one) / 3, rtol=0, atol=0.03)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@pytest.mark.parametrize("name", ["linear", "gate", "norm", "batch norm"])
def test_a_wrapped_module_is_equivariant(name, dtype, tolerance):
    torch.manual_seed(0)
    module = {
        "linear": lambda: o3.Linear("2x0e + 3x1o + 2e", "0e + 2x1o + 2x2e"),
        "gate": lambda: nn.Gate("2x0e", [torch.relu], "3x0e", [torch.sigmoid], "2x1o + 2e"),
        "norm": lambda: o3.Norm("2x0e + 3x1o"),
        "batch norm": lambda: nn.BatchNorm("2x0e + 3x1o + 2e").eval(),
    }[name]()
    layer = wrap_module(module.to(dtype))
    x = draw(6, layer.in_type.dim, dtype=dtype)
    for g in elements():
        moved = layer(layer.in_type.act(g, x))
        torch.testing.assert_close(moved, layer.out_type.act(g, layer(x)), rtol=0, atol=tolerance)


def test_a_wrapped_module_says_its_types_and_has_the_state_of_the_module():
    layer = wrap_module(o3.Linear("2x0e+3x1o", "4x1o"))
    assert (str(layer.in_type), str(layer.out_type)) == ("O(3)[2x0e+3x1o]", "O(3)[4x1o]")
    assert "O(3)[2x0e+3x1o] -> O(3)[4x1o]" in repr(layer)
    assert {name.removeprefix("module.") for name in layer.state_dict()} == set(layer.module.state_dict())


def test_types_are_equal_by_their_irreps_and_pickle():
    kind = irreps_type("2x0e + 1x1o")
    assert kind == irreps_type(o3.Irreps("2x0e+1o")) == pickle.loads(pickle.dumps(kind))  # pyright: ignore
    assert hash(kind) == hash(IrrepsType("2x0e+1x1o"))
    assert kind != irreps_type("1o + 2x0e")


def test_they_are_no_types_and_no_layers_of_images():
    layer = wrap_module(o3.Linear("2x0e", "0e"))
    assert not isinstance(layer, eq.nn.Layer)
    assert not isinstance(layer.in_type, eq.groups.FieldType)
    with refused(FieldTypeError, "layer 0 (E3nnLayer)", hint="end the equivariant part"):
        eq.nn.Sequential(layer)


def test_without_e3nn_the_install_line_is_told():
    program = "import sys; sys.modules['e3nn'] = None; import equilab as eq; eq.interop; eq.interop.e3nn"
    shown = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=False)
    assert shown.returncode == 1
    last = shown.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: equilab.interop.e3nn needs e3nn, and there is no module named 'e3nn'")
    assert last.endswith('run pip install "e3nn>=0.6"')


def test_mistakes_are_told():
    kind = irreps_type("2x0e + 1o")
    with refused(FieldTypeError, "irreps", expected='"2x0e + 3x1o"', got="'2y0e'"):
        irreps_type("2y0e")
    for irreps in (5, [5], 1.5):
        with refused(FieldTypeError, "irreps", expected='"2x0e + 3x1o"', got=irreps):
            irreps_type(irreps)
    with refused(FieldTypeError, "irreps", expected="at least one", got="''"):
        irreps_type("")
    with refused(ShapeError, "x", expected="(..., 5) for O(3)[2x0e+1x1o]", got=(2, 4)):
        kind.act(torch.eye(3), torch.zeros(2, 4))
    with refused(GroupError, "g", expected="an orthogonal matrix", got="one whose g g^T is off the identity by 3"):
        kind.act(2 * torch.eye(3), torch.zeros(2, 5))
    with refused(ShapeError, "g", expected="a tensor (3, 3)", got="list", hint="torch.as_tensor"):
        kind.act([[1, 0, 0], [0, 1, 0], [0, 0, 1]], torch.zeros(2, 5))
    with refused(ShapeError, "g", expected="(3, 3)", got=(2, 2)):
        kind.act(torch.eye(2), torch.zeros(2, 5))
    with refused(ShapeError, "x", expected="(..., 5)", got=(2, 4)):
        wrap_module(o3.Linear("2x0e + 1o", "0e"))(torch.zeros(2, 4))
    with refused(FieldTypeError, "module", expected="irreps_in and irreps_out", got="FullyConnectedTensorProduct"):
        wrap_module(o3.FullyConnectedTensorProduct("0e", "1o", "1o"))
