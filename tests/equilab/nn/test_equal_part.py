"""Equal parts of field types, as groups of a convolution: what is said where there are none."""

import pytest

from equilab.errors import SettingError
from equilab.groups import C, FieldType
from equilab.nn import EquivariantKernel

G = C(4)


@pytest.mark.parametrize(
    ("in_type", "out_type", "groups", "message"),
    [
        (3 * G.trivial, 2 * G.trivial, 2, r"groups: expected a number of equal parts of in_type C4\[3\*tri.*, got 2"),
        (2 * G.trivial, 3 * G.trivial, 2, r"equal parts of out_type C4\[3\*trivial\], got 2"),
        (G.trivial + G.regular, 2 * G.trivial, 2, r"equal parts of in_type C4\[1\*trivial \+ 1\*regular\], got 2"),
        (
            2 * G.trivial + 2 * G.regular,
            2 * G.trivial,
            2,
            r"got 2; the parts have to follow one another: write it as 2 \* \(1\*trivial \+ 1\*regular\)$",
        ),
        (2 * G.trivial, 2 * G.trivial, 0, "got 0"),
        (2 * G.trivial, 2 * G.trivial, -1, "got -1"),
        (2 * G.trivial, 2 * G.trivial, 4, "got 4"),
    ],
)
def test_parts_that_are_not_equal_are_refused(in_type: FieldType, out_type: FieldType, groups, message):
    with pytest.raises(SettingError, match=message):
        EquivariantKernel(in_type, out_type, 3, groups=groups)
