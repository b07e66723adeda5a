"""Parts of a decoder of the Llama family, in torch, for the programs that train one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

if TYPE_CHECKING:
    from torch import Tensor

EPSILON: Final = 1e-5


def norm(stream: Tensor) -> Tensor:
    """Return a stream divided by its root mean square at each position."""
    return stream * torch.rsqrt(stream.pow(2).mean(-1, keepdim=True) + EPSILON)


def split(joined: Tensor, heads: int) -> Tensor:
    """Return (rows, heads, positions, width of a head) of (rows, positions, width)."""
    return joined.view(*joined.shape[:2], heads, -1).transpose(1, 2)


def turn(heads: Tensor, base: float) -> Tensor:
    """Return queries or keys turned by their positions (rotary embedding, pairs side by side)."""
    width = heads.shape[-1]
    speeds = base ** (-torch.arange(0, width, 2) / width)
    angles = torch.arange(heads.shape[-2])[:, None] * speeds
    even, odd = heads[..., ::2], heads[..., 1::2]
    cosine, sine = angles.cos(), angles.sin()
    return torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), -1).flatten(-2)
