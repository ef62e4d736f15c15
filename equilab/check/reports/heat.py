"""A map of numbers as a PNG of its own, in colours from white over blue to black."""

import base64
import struct
import zlib

import torch
from torch import Tensor

_STOPS = ((1.0, 1.0, 1.0), (0.62, 0.80, 0.92), (0.0, 0.447, 0.698), (0.0, 0.10, 0.22))  # evenly spaced, 0 to 1

_CODES = ["".join(f"{round(255 * part):02x}" for part in stop) for stop in _STOPS]
STOPS = "".join(f"<stop offset='{place / 3:.3f}' stop-color='#{code}'/>" for place, code in enumerate(_CODES))


def colours(x: Tensor) -> Tensor:
    """(..., 3) bytes for numbers from 0 to 1; NaN is vermilion."""
    stops = torch.tensor(_STOPS, dtype=torch.float64, device="cpu")
    place = x.double().nan_to_num(0.0).clamp(0, 1) * (len(stops) - 1)
    low = place.floor().long().clamp(max=len(stops) - 2)
    part = (place - low)[..., None]
    found = stops[low] * (1 - part) + stops[low + 1] * part
    found[x.isnan()] = torch.tensor([0.835, 0.369, 0.0], dtype=torch.float64, device="cpu")
    return (255 * found).round().to(torch.uint8)


def data_url(x: Tensor, size: int = 240) -> str:
    """Numbers (H, W) from 0 to 1 as the address of a PNG of at least `size` pixels, each number a square."""
    factor = max(1, -(-size // max(x.shape)))
    pixels = colours(x.cpu()).repeat_interleave(factor, 0).repeat_interleave(factor, 1)
    height, width = pixels.shape[:2]
    filters = torch.zeros(height, 1, dtype=torch.uint8, device="cpu")  # none
    rows = torch.cat([filters, pixels.reshape(height, -1)], 1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(rows.flatten().tolist()), 9)
    parts = b"".join(_chunk(*pair) for pair in ((b"IHDR", header), (b"IDAT", body), (b"IEND", b"")))
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + parts).decode()


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
