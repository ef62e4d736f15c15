"""The three published convolutional encoders and decoders for 64 x 64 images, as torch modules."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from equilab.latents import Latent


def _encoder(channels: Sequence[int], kernels: Sequence[int], hidden: Sequence[int], outputs: int) -> nn.Sequential:
    """Convolutions of stride 2 (64 -> 4 in four of them), then fully connected layers, ReLU between all."""
    layers: list[nn.Module] = []
    for narrow, wide, kernel in zip(channels[:-1], channels[1:], kernels, strict=True):
        layers += [nn.Conv2d(narrow, wide, kernel, stride=2, padding=kernel // 2 - 1), nn.ReLU()]
    layers.append(nn.Flatten())
    widths = [channels[-1] * 4 * 4, *hidden]
    for narrow, wide in pairwise(widths):
        layers += [nn.Linear(narrow, wide), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], outputs))


def _decoder(inputs: int, hidden: Sequence[int], channels: Sequence[int]) -> nn.Sequential:
    """Fully connected layers, then transposed convolutions k4 s2 p1 (4 -> 64 in four of them), ReLU between all."""
    layers: list[nn.Module] = []
    widths = [inputs, *hidden, channels[0] * 4 * 4]
    for narrow, wide in pairwise(widths):
        layers += [nn.Linear(narrow, wide), nn.ReLU()]
    layers.append(nn.Unflatten(1, (channels[0], 4, 4)))
    for narrow, wide in pairwise(channels):
        layers += [nn.ConvTranspose2d(narrow, wide, 4, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def locatello(num_channels: int, latent: Latent) -> tuple[nn.Sequential, nn.Sequential]:
    """Encoder and decoder of Locatello et al. 2019: 309,204 and 381,313 parameters at 1 channel, z = 10.

    TensorFlow's "same" padding of the original is padding 1 for its 4 x 4 and none for its 2 x 2 kernels at stride 2.

    num_channels: of an image. latent: its blocks.

    >>> encoder, decoder = locatello(1, Latent.gaussian(10))
    >>> sum(p.numel() for p in encoder.parameters()), sum(p.numel() for p in decoder.parameters())
    (309204, 381313)
    """
    encoder = _encoder((num_channels, 32, 32, 64, 64), (4, 4, 2, 2), (256,), latent.num_parameters)
    return encoder, _decoder(latent.dim, (256,), (64, 64, 32, 32, num_channels))


def burgess(num_channels: int, latent: Latent) -> tuple[nn.Sequential, nn.Sequential]:
    """Encoder and decoder of Burgess et al. 2018: 252,052 and 249,953 parameters at 1 channel, z = 10.

    num_channels: of an image. latent: its blocks.

    >>> encoder, decoder = burgess(1, Latent.gaussian(10))
    >>> sum(p.numel() for p in encoder.parameters()), sum(p.numel() for p in decoder.parameters())
    (252052, 249953)
    """
    encoder = _encoder((num_channels, 32, 32, 32, 32), (4, 4, 4, 4), (256, 256), latent.num_parameters)
    return encoder, _decoder(latent.dim, (256, 256), (32, 32, 32, 32, num_channels))


def kim_mnih(num_channels: int, latent: Latent) -> tuple[nn.Sequential, nn.Sequential]:
    """Encoder and decoder of Kim & Mnih 2018: FC 128 for binary images, 256 for colour.

    249,172 and 248,833 parameters at 1 channel, z = 10.

    num_channels: of an image. latent: its blocks.

    >>> encoder, decoder = kim_mnih(1, Latent.gaussian(10))
    >>> sum(p.numel() for p in encoder.parameters()), sum(p.numel() for p in decoder.parameters())
    (249172, 248833)
    """
    hidden = 128 if num_channels == 1 else 256
    encoder = _encoder((num_channels, 32, 32, 64, 64), (4, 4, 4, 4), (hidden,), latent.num_parameters)
    return encoder, _decoder(latent.dim, (hidden,), (64, 64, 32, 32, num_channels))
