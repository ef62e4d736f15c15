"""What the tests against escnn share: when they are skipped, and the groups that they run on."""

from importlib.util import find_spec

import pytest

from equilab.groups import O2, SO2, C, D, FieldType, Group, Representation, induce, tensor_product

needs_escnn = pytest.mark.skipif(find_spec("escnn") is None, reason="escnn is not installed: ESCNN=yes make install")

# escnn keeps coefficients on disk by joblib, which warns when the disk is slow
slow_disk = pytest.mark.filterwarnings("ignore:Persisting input arguments took:UserWarning")

ON_THE_GRID = [C(1), C(2), C(4), D(1), D(2), D(4), D(1, "1/2"), D(1, "1/4"), D(2, "1/4")]
FINITE = [*ON_THE_GRID, C(3), C(8), D(3), D(2, "1/8")]
GROUPS = [*FINITE, SO2, O2]


def native(group: Group) -> FieldType:
    """A type with all fields that escnn has its own words for: irreps, regular, and every quotient."""
    fields: list[Representation] = list(group.irreps(2))
    if group.is_finite:
        fields += [group.quotient(subgroup) for subgroup in group.subgroups() if subgroup != group]
    return FieldType.of(group, tuple(fields))


def foreign(group: Group) -> FieldType:
    """A type with fields that escnn has no words for: a tensor product, and one induced from the turns."""
    last = group.irreps(2)[-1]
    turns = Group(group.rotations)
    return 2 * tensor_product(last, last) + 1 * induce(turns.irreps(1)[-1], group)
