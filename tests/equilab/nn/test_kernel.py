"""The learnable kernel: equivariant in every dtype it is moved to, small state, stated variance, clear refusals."""

import copy
import io
import pickle

import pytest
import torch
from torch.func import functional_call

from equilab.errors import FieldTypeError, SettingError
from equilab.groups import O2, SO2, C, D, FieldType, filter_basis, tensor_product
from equilab.nn import EquivariantKernel
from tests.refused import refused

G = C(4)
TYPES = {
    "C4 lifting": (3 * C(4).trivial, 2 * C(4).regular),
    "C4 mixed": (2 * C(4).regular + 1 * C(4).irrep(1), 1 * C(4).regular + 2 * C(4).quotient(C(2)) + 1 * C(4).trivial),
    "D4 regular": (1 * D(4).regular, 2 * D(4).regular),
    "D4 irreps": (1 * D(4).irrep(1) + 1 * D(4).irrep(2), 2 * tensor_product(D(4).irrep(1), D(4).irrep(1))),
    "D1(1/4)": (1 * D(1, "1/4").regular, 1 * D(1, "1/4").irrep(0, -1)),
    "C8": (1 * C(8).trivial, 1 * C(8).regular),
    "SO(2)": (1 * SO2.irrep(1), 1 * SO2.trivial + 1 * SO2.irrep(2)),
    "O(2)": (1 * O2.irrep(1), 1 * O2.irrep(0, -1) + 1 * O2.irrep(1)),
}


def law_error(module: EquivariantKernel) -> float:
    """The largest entry of kappa(h x) - rho_out(h) kappa(x) rho_in(h)^-1 over the elements that the grid has."""
    kernel, worst = module().detach().double(), 0.0
    for g in D(4):
        if g not in module.in_type.group:
            continue
        moved = kernel.flip(-1) if g.mirror else kernel
        moved = moved.rot90(int(4 * g.turn), (-2, -1))  # kappa(h^-1 x)
        left, right = module.out_type.matrix(g), module.in_type.matrix(g).T
        expected = torch.einsum("ij,jkxy,kl->ilxy", left, moved, right)
        worst = max(worst, float((kernel - expected).abs().max()))
    return worst


@pytest.mark.parametrize("kernel_size", [2, 3, 5])
@pytest.mark.parametrize("name", TYPES)
def test_the_expanded_kernel_obeys_the_law_in_the_dtype_it_has(name, kernel_size):
    module = EquivariantKernel(*TYPES[name], kernel_size)
    assert module().shape == (module.out_type.dim, module.in_type.dim, kernel_size, kernel_size)
    assert module().dtype == torch.float32
    assert law_error(module) < 2e-6
    module.double()  # the basis is made again: nothing of float32 is left in it
    assert module().dtype == torch.float64
    assert law_error(module) < 4e-15
    assert law_error(module.half().double()) < 4e-15


def test_float64_weights_come_back_from_float32_with_an_exact_basis():
    module = EquivariantKernel(1 * D(4).irrep(1), 1 * D(4).regular, 3)
    weight = module.double().weights["0_0"]
    basis = filter_basis(D(4).irrep(1), D(4).regular, 3)
    scaled = basis / basis.abs().amax((1, 2, 3, 4), keepdim=True)
    expected = torch.einsum("bnm,boixy->oixy", weight, scaled)
    torch.testing.assert_close(module(), expected, atol=1e-15, rtol=1e-15)


def test_every_equivariant_kernel_can_be_reached():
    """Kernels of one parameter each are as many, and independent, as the kernel space has dimensions."""
    module = EquivariantKernel(*TYPES["C4 mixed"], 3).double()
    parameters = list(module.parameters())
    columns = []
    for parameter in parameters:
        for index in range(parameter.numel()):
            for each in parameters:
                each.data.zero_()
            parameter.data.flatten()[index] = 1.0
            columns.append(module().detach().flatten())
    whole = len(filter_basis(*TYPES["C4 mixed"], 3))
    assert len(columns) == whole
    assert torch.linalg.matrix_rank(torch.stack(columns)) == whole


def test_a_parameter_between_regular_fields_is_an_entry_of_the_filter():
    module = EquivariantKernel(1 * G.regular, 1 * G.regular, 3)
    assert module().unique().numel() == 36
    assert set(module().unique().tolist()) == set(module.weights["0_0"].unique().tolist())


def test_the_state_holds_the_parameters_under_fixed_names():
    module = EquivariantKernel(*TYPES["C4 mixed"], 3)
    expected = [f"weights.{i}_{j}" for i in range(3) for j in range(2)]
    assert list(module.state_dict()) == expected == [name for name, _ in module.named_parameters()]
    assert not list(module.buffers())


def test_pairs_without_a_kernel_have_no_parameter():
    module = EquivariantKernel(1 * G.trivial + 1 * G.irrep(1), 1 * G.trivial + 1 * G.irrep(1), 1)
    assert list(module.state_dict()) == ["weights.0_0", "weights.1_1"]
    kernel = module()[..., 0, 0]
    assert bool((kernel[0, 1:] == 0).all())
    assert bool((kernel[1:, 0] == 0).all())


def test_a_state_is_loaded_across_dtypes_copies_and_pickles():
    module = EquivariantKernel(*TYPES["D4 irreps"], 3)
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    other = EquivariantKernel(*TYPES["D4 irreps"], 3).double()
    other.load_state_dict(torch.load(file))
    torch.testing.assert_close(other().float(), module())
    assert torch.equal(copy.deepcopy(module)(), module())
    assert torch.equal(pickle.loads(pickle.dumps(module))(), module())


def test_weights_between_other_types_are_refused_though_their_shapes_are_the_same():
    four, klein = (EquivariantKernel(8 * group.regular, 8 * group.regular, 3) for group in (C(4), D(2)))
    message = r"weights: expected those of C4\[8\*regular\] -> C4\[8.*\], got those of D2\[8\*regular\] -> D2"
    with pytest.raises(RuntimeError, match=message):
        four.load_state_dict(klein.state_dict())
    file = io.BytesIO()
    torch.save(torch.nn.Sequential(klein).state_dict(), file)
    file.seek(0)
    with pytest.raises(RuntimeError, match="0." + message):
        torch.nn.Sequential(copy.deepcopy(four)).load_state_dict(torch.load(file))
    four.load_state_dict(dict(klein.state_dict()))  # without metadata, as from safetensors: shapes are all there is


def test_weights_of_another_dtype_get_a_basis_of_theirs():
    module = EquivariantKernel(1 * C(8).regular, 1 * C(8).irrep(1), 5)
    exact = copy.deepcopy(module).double()
    assert torch.equal(functional_call(module, dict(exact.named_parameters()), ()), exact())


def test_weights_loaded_in_inference_mode_can_be_trained():
    module = EquivariantKernel(*TYPES["D4 irreps"], 3)
    with torch.inference_mode():
        module.load_state_dict(EquivariantKernel(*TYPES["D4 irreps"], 3).state_dict())
    module().sum().backward()


def test_meta_modules_get_their_basis_when_they_get_memory():
    with torch.device("meta"):
        module = EquivariantKernel(1 * G.regular, 1 * G.irrep(1), 3)
    assert module().device.type == "meta"
    module = module.to_empty(device="cpu")
    module.reset_parameters(generator=torch.Generator().manual_seed(0))
    assert law_error(module.double()) < 4e-15


@pytest.mark.parametrize("groups", [2, 4])
def test_groups_are_kernels_of_the_parts(groups):
    module = EquivariantKernel(groups * (1 * G.regular), 2 * groups * G.trivial, 3, groups=groups)
    assert module().shape == (2 * groups, 4, 3, 3)
    part = EquivariantKernel(1 * G.regular, 2 * G.trivial, 3)
    for i, kernel in enumerate(module().split(2)):
        with torch.no_grad():
            part.weights["0_0"].copy_(module.weights["0_0"][:, 2 * i : 2 * i + 2])
        assert torch.equal(part(), kernel)
        assert law_error(part) == 0


def test_parts_may_have_several_kinds_of_fields():
    part_in, part_out = G.trivial + G.irrep(1), G.regular + G.irrep(1)
    module = EquivariantKernel(part_in + part_in, part_out + part_out, 3, groups=2).double()
    one = EquivariantKernel(part_in, part_out, 3).double()
    assert (str(module.in_part), str(module.out_part)) == (str(part_in), str(part_out))
    kernel = module()
    assert kernel.shape == (12, 3, 3, 3)
    for i in range(2):
        with torch.no_grad():
            for name, weight in one.weights.items():
                weight.copy_(module.weights[name].unflatten(1, (2, -1))[:, i])
        torch.testing.assert_close(kernel[6 * i : 6 * i + 6], one(), atol=0, rtol=0)
        assert law_error(one) < 4e-15


def test_reset_draws_the_same_from_the_same_generator_and_leaves_the_global_one():
    module = EquivariantKernel(*TYPES["C4 mixed"], 3)
    module.reset_parameters(generator=torch.Generator().manual_seed(5))
    first, state = module().detach(), torch.get_rng_state()
    module.reset_parameters(generator=torch.Generator().manual_seed(6))
    assert not torch.equal(module(), first)
    module.reset_parameters(generator=torch.Generator().manual_seed(5))
    assert torch.equal(module(), first)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("gain", [1.0, 2.0])
@pytest.mark.parametrize("group", [C(4), D(4)], ids=str)
def test_entries_of_a_regular_filter_have_variance_gain_over_fan_in(group, gain):
    module = EquivariantKernel(16 * group.regular, 24 * group.regular, 3)
    module.reset_parameters(gain=gain, generator=torch.Generator().manual_seed(0))
    found = float(module().detach().double().var()) / (gain / (16 * group.order * 9))
    assert found == pytest.approx(1, abs=4 * (2 / module.weights["0_0"].numel()) ** 0.5)


def amplification(module: EquivariantKernel, rho_out) -> tuple[float, float]:
    """Mean square of the output channels of rho_out over that of the input: of white noise, and of constant fields."""
    kernel = module().detach().double()
    kernel = torch.cat([kernel[start:stop] for field, start, stop in module.out_type if field == rho_out])
    constant, sums = 0.0, kernel.sum((2, 3))
    for field, start, stop in module.in_type:
        part = sums[:, start:stop]  # a constant field that is permuted is the same in every channel
        constant += float((part.sum(1).square() if field.is_permutation else part.square().sum(1)).mean())
    return float(kernel.square().sum((1, 2, 3)).mean()), constant


@pytest.mark.parametrize("name", TYPES)
def test_white_noise_or_constant_fields_are_amplified_by_the_gain_and_the_other_by_less(name):
    in_type, out_type = TYPES[name]
    module = EquivariantKernel(
        FieldType.of(in_type.group, tuple(sorted(40 * in_type.fields, key=str))),
        FieldType.of(in_type.group, tuple(sorted(40 * out_type.fields, key=str))),
        3,
        gain=2.0,
        generator=torch.Generator().manual_seed(0),
    )
    for rho in dict.fromkeys(module.out_type.fields):
        assert max(amplification(module, rho)) == pytest.approx(2.0, rel=0.15)


def test_a_gain_of_zero_gives_zeros_and_draws_nothing():
    state = torch.get_rng_state()
    module = EquivariantKernel(1 * G.regular, 1 * G.regular, 3, gain=0.0)
    assert float(module().detach().abs().sum()) == 0
    assert torch.equal(torch.get_rng_state(), state)


def test_what_it_is_stands_in_its_text():
    assert str(EquivariantKernel(4 * G.trivial, 2 * G.trivial, 3, groups=2)) == (
        "EquivariantKernel(\n  C4[4*trivial] -> C4[2*trivial], kernel_size=3, groups=2\n"
        "  (weights): ParameterDict(  (0_0): Parameter containing: [torch.FloatTensor of size 3x2x2])\n)"
    )


def test_types_without_a_common_irrep_are_refused_where_only_zero_is_left():
    with refused(FieldTypeError, "out_type", expected="size 1 from C4[1*trivial]", got="C4[2*irrep(1)]"):
        EquivariantKernel(1 * G.trivial, 2 * G.irrep(1), 1)
    with refused(FieldTypeError, "rho_in", expected="C4", got="C2.trivial"):
        EquivariantKernel(1 * C(2).trivial, 1 * G.trivial, 3)


def test_a_kernel_without_pixels_is_refused():
    with refused(SettingError, "kernel_size", expected="at least 1", got=0):
        EquivariantKernel(1 * SO2.trivial, 1 * SO2.trivial, 0)
