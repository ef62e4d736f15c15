"""Images moved by parts of a pixel round the edges, derivatives in Fourier space, images that end in their frame."""

import math

import torch
from torch import Tensor

from equilab.check.actions.plane import border_mean

_FADE = 0.7, 0.95  # of the half width: a faded image is itself inside, and flat outside
_NEAR = 0.65, 0.9  # where the mean is taken
_TURNED = 0.8, 0.95  # the same for outputs that are turned, and compared inside
_SHIFTED = 0.6, 0.95  # for outputs that are shifted


def shift(x: Tensor, down: float, right: float) -> Tensor:
    """Images (..., H, W) shifted round the edges: whole pixels by copying, fractions by a phase in Fourier space.

    Exact for images without the frequency 1/2 per pixel, of which a fractional shift keeps the cosine only.

    >>> wave = torch.tensor([[0.0, 1.0, 0.0, -1.0]])
    >>> shift(wave, 0, 1), shift(wave, 0, 0.5).mul(2**0.5).round()
    (tensor([[-1.,  0.,  1.,  0.]]), tensor([[-1.,  1.,  1., -1.]]))
    """
    for axis, amount in ((-2, down), (-1, right)):
        whole = round(amount)
        x = x.roll(whole, axis) if whole else x
        rest = amount - whole
        if rest:
            x = _in_fourier(x, axis, lambda f, rest=rest: torch.polar(torch.ones_like(f), -2 * math.pi * rest * f))
    return x


def derivative(x: Tensor, axis: int) -> Tensor:
    """d x / d pixel along an axis of an image that goes on round the edges; the frequency 1/2 is left out."""
    return _in_fourier(x, axis, lambda f: torch.complex(torch.zeros_like(f), 2 * math.pi * f * (f < 0.5)))


def turn_and_grow(x: Tensor) -> tuple[Tensor, Tensor]:
    """d/dt of images (..., n, n) turned counter-clockwise by t radians, and of images grown by exp(t), at t = 0.

    About the centre, on a canvas of twice the size: what `equilab.groups.move` tends to for small turns.
    """
    margin = [math.ceil(size / 2) for size in x.shape[-2:]]
    ground = border_mean(x)
    padded = torch.nn.functional.pad(x - ground, (margin[1], margin[1], margin[0], margin[0]))
    rows, columns = (torch.arange(size, dtype=x.dtype, device=x.device) - (size - 1) / 2 for size in padded.shape[-2:])
    down, right = derivative(padded, -2), derivative(padded, -1)
    inner = (..., slice(margin[0], margin[0] + x.shape[-2]), slice(margin[1], margin[1] + x.shape[-1]))
    turned = columns * down - rows[:, None] * right
    grown = -(columns * right + rows[:, None] * down)
    return turned[inner], grown[inner]


def faded(x: Tensor) -> Tensor:
    """Images (..., H, W) that go over into the number nearest to 0 that they may be, so that they stay in their frame.

    >>> x = torch.arange(1.0, 10.0).reshape(3, 3)
    >>> faded(x).round(), faded(x - 5).round()
    (tensor([[1., 2., 1.],
            [4., 5., 6.],
            [1., 8., 1.]]), tensor([[-0., -3., -0.],
            [-1.,  0.,  1.],
            [ 0.,  3.,  0.]]))
    """
    ground = x.new_tensor(min(max(0.0, float(x.min())), float(x.max()))) if x.numel() else x.new_zeros(())
    return ground + (x - ground) * _window(x, *_FADE)


def inside(y: Tensor) -> Tensor:
    """Outputs (..., H, W) as they are where they are compared, fading into their mean near there outside.

    What happens at the frame, such as padding with zeros, would ring all over an image that is moved in Fourier space.
    """
    return _cut(y, *_TURNED)


def middle(y: Tensor, reach: float) -> Tensor:
    """The same for outputs that will be shifted by up to `reach` pixels, and compared in `middle_window`."""
    return _cut(y, min(_SHIFTED[0] + 2 * reach / min(y.shape[-2:]), 0.9), _SHIFTED[1])


def middle_window(y: Tensor) -> Tensor:
    """Where shifted outputs are compared, a mask (H, W): within 0.6 of the inscribed circle."""
    return _radius(y) <= _SHIFTED[0]


def _cut(y: Tensor, low: float, high: float) -> Tensor:
    near = (_radius(y) > _NEAR[0]) & (_radius(y) < _NEAR[1])
    ground = y[..., near].mean(-1)[..., None, None] if bool(near.any()) else border_mean(y)
    return ground + (y - ground) * _window(y, low, high)


def _radius(x: Tensor) -> Tensor:
    """The distance of pixels (H, W) from the centre, in units of half the width, float64."""
    rows, columns = (
        (torch.arange(size, dtype=torch.float64, device=x.device) - (size - 1) / 2) / (size / 2)
        for size in x.shape[-2:]
    )
    return (rows[:, None] ** 2 + columns**2).sqrt()


def _window(x: Tensor, low: float, high: float) -> Tensor:
    """1 up to `low` times the half width from the centre, 0 from `high` on."""
    place = ((_radius(x) - low) / (high - low)).clamp(0, 1)
    return (0.5 + 0.5 * (math.pi * place).cos()).to(x.dtype)


def _in_fourier(x: Tensor, axis: int, factor: object) -> Tensor:
    """x with every frequency f along an axis, in cycles per pixel, times factor(f)."""
    given, size = x.dtype, x.shape[axis]
    x = x.float() if x.dtype.itemsize < 4 else x
    frequencies = torch.fft.rfftfreq(size, dtype=x.dtype, device=x.device)
    factors = factor(frequencies)  # pyright: ignore[reportCallIssue]
    factors = factors[:, None] if axis == -2 else factors
    return torch.fft.irfft(torch.fft.rfft(x, dim=axis) * factors, n=size, dim=axis).to(given)
