"""Mutants that treat the channels of one field unlike each other: nonlinearities, normalisation, dropout."""

import torch
from mutants_case import C4, Mutant, Trial, images, lift, lifted, mutant, regular
from torch import Tensor, nn

import equilab as eq

CHANNELS: list[Mutant] = []


@mutant(CHANNELS, "pointwise nonlinearity")
def relu_on_an_irrep_field(generator: torch.Generator, sound: bool) -> Trial:
    vectors = 2 * C4.irrep(1)
    act = eq.nn.NormNonlinearity(vectors) if sound else nn.ReLU()
    net = nn.Sequential(eq.nn.GroupConv2d(1 * C4.trivial, vectors, 3, padding=1), act)
    return Trial(net, (images(generator, 1),), {"in_type": 1 * C4.trivial, "out_type": vectors})


@mutant(CHANNELS, "pointwise nonlinearity")
def softmax_over_irrep_channels(generator: torch.Generator, sound: bool) -> Trial:
    fields = 2 * C4.regular if sound else 4 * C4.irrep(1)
    net = nn.Sequential(eq.nn.GroupConv2d(1 * C4.trivial, fields, 3, padding=1), nn.Softmax(1))
    return Trial(net, (images(generator, 1),), {"in_type": 1 * C4.trivial, "out_type": fields})


@mutant(CHANNELS, "pointwise nonlinearity")
def relu_in_functional_code(generator: torch.Generator, sound: bool) -> Trial:
    fields = 2 * C4.regular if sound else 2 * C4.irrep(1)
    first = eq.nn.GroupConv2d(1 * C4.trivial, fields, 3, padding=1)
    second = eq.nn.GroupConv2d(fields, fields, 3, padding=1)
    options = {"in_type": 1 * C4.trivial, "out_type": fields}
    return Trial(lambda x: second(torch.relu(first(x))), (images(generator, 1),), options)


def _trained(norm: nn.Module, generator: torch.Generator) -> nn.Module:
    """Statistics, weights and biases as after training on something that is not symmetric."""
    for tensor in (*norm.parameters(), *norm.buffers()):
        if tensor.is_floating_point():
            nn.init.uniform_(tensor, 0.5, 1.5, generator=generator)
    return norm


@mutant(CHANNELS, "normalisation")
def batch_norm_over_single_channels(generator: torch.Generator, sound: bool) -> Trial:
    norm = _trained(eq.nn.FieldBatchNorm(2 * C4.regular) if sound else nn.BatchNorm2d(8), generator)
    return Trial(nn.Sequential(lift(), norm, nn.ReLU()).eval(), (images(generator, 1),), lifted())


@mutant(CHANNELS, "normalisation")
def batch_norm_of_running_statistics_alone(generator: torch.Generator, sound: bool) -> Trial:
    norm = nn.BatchNorm2d(8, affine=False)
    if not sound:
        _trained(norm, generator)
    return Trial(nn.Sequential(lift(), norm).eval(), (images(generator, 1),), lifted())


@mutant(CHANNELS, "normalisation")
def group_norm_across_fields(generator: torch.Generator, sound: bool) -> Trial:
    norm = nn.GroupNorm(2 if sound else 4, 8, affine=False)
    return Trial(nn.Sequential(lift(), norm), (images(generator, 1),), lifted())


@mutant(CHANNELS, "normalisation")
def layer_norm_with_a_weight_for_each_pixel(generator: torch.Generator, sound: bool) -> Trial:
    norm = nn.LayerNorm([8, 9, 9], elementwise_affine=not sound)
    return Trial(nn.Sequential(lift(), _trained(norm, generator), nn.ReLU()), (images(generator, 1),), lifted())


@mutant(CHANNELS, "normalisation")
def instance_norm_with_affine(generator: torch.Generator, sound: bool) -> Trial:
    norm = nn.InstanceNorm2d(8, affine=not sound)
    return Trial(nn.Sequential(lift(), nn.ReLU(), _trained(norm, generator)), (images(generator, 1),), lifted())


@mutant(CHANNELS, "normalisation")
def batch_norm_in_training(generator: torch.Generator, sound: bool) -> Trial:
    norm = _trained(eq.nn.FieldBatchNorm(2 * C4.regular) if sound else nn.BatchNorm2d(8), generator)
    return Trial(nn.Sequential(lift(), norm), (images(generator, 1),), {**lifted(), "mode": "train"})


@mutant(CHANNELS, "dropout")
def dropout_of_single_pixels_in_training(generator: torch.Generator, sound: bool) -> Trial:
    drop = eq.nn.Dropout(2 * C4.regular, 0.3) if sound else nn.Dropout(0.3)
    net = nn.Sequential(lift(), nn.ReLU(), drop).train()
    return Trial(net, (images(generator, 1),), lifted())


@mutant(CHANNELS, "dropout")
def dropout_over_orientation(generator: torch.Generator, sound: bool) -> Trial:
    drop = eq.nn.Dropout(2 * C4.regular, 0.3) if sound else nn.Dropout2d(0.3)
    net = nn.Sequential(lift(), drop, eq.nn.GroupConv2d(2 * C4.regular, 2 * C4.regular, 3))
    return Trial(net, (images(generator, 1),), {**lifted(), "mode": "train"})


class Noisy(nn.Module):
    """Noise for each pixel, or one number for each image."""

    def __init__(self, *, pixels: bool):
        super().__init__()
        self.conv, self.pixels = lift(), pixels

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return y + (torch.randn_like(y) if self.pixels else torch.randn(y.shape[0], 1, 1, 1, dtype=y.dtype))


@mutant(CHANNELS, "random numbers")
def noise_for_each_pixel(generator: torch.Generator, sound: bool) -> Trial:
    return Trial(Noisy(pixels=not sound), (images(generator, 1),), lifted())


@mutant(CHANNELS, "channels apart")
def scale_for_each_channel(generator: torch.Generator, sound: bool) -> Trial:
    scale = torch.rand(2, 1 if sound else 4, generator=generator).expand(2, 4).reshape(8, 1, 1)
    return Trial(lambda x: x * scale.to(x), (images(generator, 8),), regular())
