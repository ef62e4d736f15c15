"""Equal parts of field types, as groups of a convolution: what is said where there are none."""

import pytest

from equilab.errors import SettingError
from equilab.groups import C, FieldType
from equilab.nn import EquivariantKernel
from tests.refused import refused

G = C(4)


@pytest.mark.parametrize(
    ("in_type", "out_type", "groups", "expected", "hint"),
    [
        (3 * G.trivial, 2 * G.trivial, 2, "in_type C4[3*trivial]", ""),
        (2 * G.trivial, 3 * G.trivial, 2, "out_type C4[3*trivial]", ""),
        (G.trivial + G.regular, 2 * G.trivial, 2, "in_type C4[1*trivial + 1*regular]", ""),
        (2 * G.trivial + 2 * G.regular, 2 * G.trivial, 2, "in_type", "write it as 2 * (1*trivial + 1*regular)"),
        (2 * G.trivial, 2 * G.trivial, 0, "in_type", ""),
        (2 * G.trivial, 2 * G.trivial, -1, "in_type", ""),
        (2 * G.trivial, 2 * G.trivial, 4, "in_type", ""),
    ],
)
def test_parts_that_are_not_equal_are_refused(in_type: FieldType, out_type: FieldType, groups, expected, hint):
    with refused(SettingError, "groups", expected=f"equal parts of {expected}", got=groups, hint=hint):
        EquivariantKernel(in_type, out_type, 3, groups=groups)


def test_parts_in_another_order_would_not_help_where_there_are_too_few_fields():
    with pytest.raises(SettingError) as caught:
        EquivariantKernel(G.trivial + G.regular, 2 * G.trivial, 3, groups=2)
    assert caught.value.hint == ""
