"""dSprites as published: its factors and (exhaustive) the checksum of all images, white pixels, the opened cache."""

import subprocess
import sys
from hashlib import sha256

import numpy as np
import pytest

from equilab.data import DSprites, render
from equilab.data.dsprites import SHA256, packed_blocks

DATA = DSprites()


def test_factors_are_those_of_the_paper():
    factors = DATA.factors
    assert factors.names == ("color", "shape", "scale", "orientation", "posX", "posY")
    assert factors.sizes == (1, 3, 6, 40, 32, 32)
    assert (len(DATA), DATA.image_shape, DATA.is_grid) == (737_280, (1, 64, 64), True)
    assert factors["scale"].values == pytest.approx((0.5, 0.6, 0.7, 0.8, 0.9, 1.0))
    assert np.diff(factors["orientation"].values) == pytest.approx(2 * np.pi / 39)
    assert factors["posX"].values == factors["posY"].values == pytest.approx(np.arange(32) / 31)


def test_the_last_orientation_is_the_first_so_that_c39_acts():
    turn = DATA.factors["orientation"]
    first, last = (render([1, 2, 3], 0.9, turn.values[index], 0.3, 0.7) for index in (0, 39))
    assert np.array_equal(first, last)
    assert turn.group.order == 39
    assert dict(zip((1, 2, 3), turn.group.symmetry, strict=True)) == {1: 4, 2: 2, 3: 1}
    assert [factor.name for factor in DATA.factors if factor.group] == ["orientation"]


def test_factors_and_length_need_no_images():
    program = "import sys, equilab.data as d; x = d.DSprites(); len(x), x.factors, hash(x), x.labels(range(3))"
    check = "; print([n for n in ('filelock', 'rich', 'platformdirs', 'sklearn', 'wandb') if n in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", program + check], text=True, capture_output=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_all_images_together_are_those_of_the_original():
    white, seen, whole = 0, set(), sha256()
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(1)
    for block in packed_blocks():
        whole.update(block)
        white += int(bits[np.frombuffer(block, np.uint8)].sum())
        seen |= {hash(block[start : start + 512]) for start in range(0, len(block), 512)}
    assert whole.hexdigest() == SHA256
    assert white == 128_328_864
    assert len(seen) == 715_706


@pytest.mark.slow
def test_the_opened_table_shows_what_is_rendered():
    indices = np.random.default_rng(0).integers(len(DATA), size=500)
    _, *values = (np.array(values)[at] for values, at in zip(DATA.factors.values, DATA.labels(indices).T, strict=True))
    assert np.array_equal(DATA.images(indices)[:, 0], 255 * render(*values))


@pytest.mark.slow
def test_opening_takes_little_memory_and_nothing_written_reaches_the_file():
    program = """
import resource, torch
from equilab.data import DSprites
DSprites().table  # builds the cache where there is none
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    program = """
import resource, torch
from equilab.data import DSprites
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
table = DSprites().table
table.gather(torch.arange(0, 737280, 20000))
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
table.rows[0] = 255
print(grown // 1024, int(DSprites().images([0]).sum()) // 255)
"""
    shown = subprocess.run([sys.executable, "-W", "error", "-c", program], text=True, capture_output=True, check=True)
    mebibytes, white = map(int, shown.stdout.split())
    assert mebibytes < 100  # the file has 360
    assert white == 100
