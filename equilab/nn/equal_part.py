"""Field types as several equal parts side by side: the groups of a convolution, the heads of an attention."""

from collections import Counter

from equilab.errors import SettingError
from equilab.groups import FieldType


def equal_part(field_type: FieldType, number: int, *, setting: str, name: str) -> FieldType:
    """The type of one of `number` equal parts, which follow one another.

    Raises SettingError, which names the setting and the field type, where there are no such parts.

    >>> from equilab.groups import p4
    >>> str(equal_part(2 * (p4.regular + p4.trivial), 2, setting="groups", name="in_type"))
    'C4[1*regular + 1*trivial]'
    """
    fields = field_type.fields
    length, rest = divmod(len(fields), number) if number > 0 else (0, 1)
    if not rest and fields == fields[:length] * number:
        return FieldType.of(field_type.group, fields[:length])
    counts, hint = Counter(fields), ""
    if number > 0 and not any(count % number for count in counts.values()):
        part = " + ".join(f"{count // number}*{rho.name}" for rho, count in counts.items())
        hint = f"the parts have to follow one another: write it as {number} * ({part})"
    raise SettingError(setting, expected=f"a number of equal parts of {name} {field_type}", got=number, hint=hint)
