"""Batch normalisation of fields."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm  # nn.SyncBatchNorm is one, too

from equilab.errors import SettingError
from equilab.functional import field_mean_square, join_fields, scale_by_mean_square, split_fields
from equilab.groups import Representation
from equilab.nn.layer import Layer, as_number, as_type, check_eps, field_dims
from equilab.nn.plain import ChannelAffine


class FieldBatchNorm(Layer):
    """Batch normalisation with one mean, variance, weight and bias per *field*, shared by its channels.

    Fields of permuted channels: torch's batch norm over batch, channels of the field and plane (Cohen & Welling 2016,
    section 6.2). Other fields: divided by the root of the mean square, times a weight; their mean is not invariant, and
    is left (Weiler & Cesa 2019, section 2.6). x: (batch, channels, H, W) or (batch, channels), the same shape comes
    out. Statistics are those of one process, as torch's; SyncBatchNorm.convert_sync_batchnorm shares those of the
    permuted fields. Raises SettingError for an eps or a momentum that makes no sense; ShapeError when it is called.

    >>> from equilab.groups import p4
    >>> norm = FieldBatchNorm(10 * p4.regular)
    >>> norm(torch.randn(8, 40, 5, 5)).shape, sum(p.numel() for p in norm.parameters())
    (torch.Size([8, 40, 5, 5]), 20)
    """

    def __init__(self, in_type: Representation, *, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.in_type = self.out_type = as_type(in_type, "in_type")
        eps, share = check_eps(eps), as_number(momentum)
        if share is None or not 0 <= share <= 1:
            raise SettingError("momentum", expected="a number from 0 to 1", got=repr(momentum))
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(count, eps, share) if rho.is_permutation else MeanSquareNorm(count, eps, share)
            for count, rho in self.in_type.terms
        )
        self._dims = field_dims(self.in_type)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        parts = split_fields(x, self._dims)  # (batch, fields, dim, ...)
        normed = [norm(_plane(part)).reshape(part.shape) for norm, part in zip(self.norms, parts, strict=True)]
        return join_fields(normed)

    @torch.no_grad()
    def materialize(self) -> nn.Module:
        """One scale and one shift per channel, from the running statistics."""
        scales, shifts = [], []
        for norm, (_, dim) in zip(self.norms, self._dims, strict=True):
            assert isinstance(norm, BatchNorm | MeanSquareNorm)
            assert norm.running_var is not None
            scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
            shift = torch.zeros_like(scale)
            if isinstance(norm, BatchNorm) and norm.running_mean is not None:
                shift = norm.bias - norm.running_mean * scale
            scales.append(scale.repeat_interleave(dim))
            shifts.append(shift.repeat_interleave(dim))
        return ChannelAffine(torch.cat(scales), torch.cat(shifts))


def _plane(part: Tensor) -> Tensor:
    """A run of fields (batch, fields, dim, H, W) or (batch, fields, dim) as images, which torch normalises fastest."""
    return part.flatten(2, 3) if part.ndim == 5 else part.unsqueeze(3)


class MeanSquareNorm(nn.Module):
    """Fields (batch, fields, ...) over the root of their mean square, times a weight: batch norm without a mean."""

    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, num_fields: int, eps: float, momentum: float):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.empty(num_fields))
        self.register_buffer("running_var", torch.empty(num_fields))
        self.register_buffer("num_batches_tracked", torch.tensor(0))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Ones, and no batch seen."""
        nn.init.ones_(self.weight)
        self.running_var.fill_(1)
        self.num_batches_tracked.zero_()

    def forward(self, fields: Tensor) -> Tensor:
        mean_square = self.running_var
        if self.training and fields.numel():
            mean_square = field_mean_square(fields.flatten(2))
            self.running_var.lerp_(mean_square.detach().to(self.running_var.dtype), self.momentum)
            self.num_batches_tracked.add_(1)
        return scale_by_mean_square(fields.flatten(2), mean_square, self.weight, eps=self.eps).reshape(fields.shape)
