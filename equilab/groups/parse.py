"""Field types written as text: "D4[3*trivial + 16*regular]", the form in which they print."""

import ast

from equilab.errors import EquilabError, FieldTypeError
from equilab.groups.group import O2, SO2, C, D, Group, induce, restrict, tensor_product
from equilab.groups.representation import FieldType, Representation

_LIKE = "write it like D4[3*trivial + 16*regular] or SO(2)[4*irrep(1)]"


def parse_field_type(text: str) -> FieldType:
    """The field type that prints as `text`; FieldTypeError with what is wrong with it.

    Fields: trivial, regular, quotient(C2), irrep(1), irrep(0, -1), tensor(D4.irrep(1), D4.regular),
    restrict(D4.regular), induce(C2.irrep(1)). A representation from matrices has no text form.

    >>> str(parse_field_type("D4[3*trivial + 16*regular]"))
    'D4[3*trivial + 16*regular]'
    """
    if not isinstance(text, str):
        raise FieldTypeError("field type", expected="a text such as D4[3*trivial + 16*regular]", got=repr(text))
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if not isinstance(tree, ast.Subscript):
            raise SyntaxError("no GROUP[FIELDS]")
        group = _group(tree.value)
        return _sum(tree.slice, group)
    except EquilabError as error:
        place, hint = f"field type {text!r}: {error.argument}", f"{error.hint}; {_LIKE}" if error.hint else _LIKE
        raise FieldTypeError(place, expected=error.expected, got=error.got, hint=hint) from error
    except (SyntaxError, ValueError) as error:
        raise FieldTypeError("field type", expected="GROUP[FIELDS]", got=repr(text), hint=_LIKE) from error


def _sum(node: ast.expr, group: Group) -> FieldType:
    """A sum of products COUNT * REPRESENTATION."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _sum(node.left, group) + _sum(node.right, group)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _integer(node.left) * _fields(node.right, group)
    return 1 * _fields(node, group)


def _fields(node: ast.expr, group: Group) -> Representation:
    """One representation of `group`."""
    match node:
        case ast.Name("trivial"):
            return group.trivial
        case ast.Name("regular"):
            return group.regular
        case ast.Call(ast.Name("quotient"), [of], []):
            return group.quotient(_group(of))
        case ast.Call(ast.Name("irrep"), [frequency], []):
            return group.irrep(_integer(frequency))
        case ast.Call(ast.Name("irrep"), [frequency, sign], []):
            return group.irrep(_integer(frequency), _integer(sign))
        case ast.Call(ast.Name("tensor"), [first, second], []):
            return tensor_product(_named(first), _named(second))
        case ast.Call(ast.Name("restrict"), [of], []):
            return restrict(_named(of), group)
        case ast.Call(ast.Name("induce"), [of], []):
            return induce(_named(of), group)
    raise FieldTypeError("representation", expected="one such as regular or irrep(1)", got=repr(ast.unparse(node)))


def _named(node: ast.expr) -> Representation:
    """GROUP.REPRESENTATION, or a field type as one representation."""
    if isinstance(node, ast.Subscript):
        return _sum(node.slice, _group(node.value))
    if isinstance(node, ast.Attribute):
        return _fields(ast.Name(node.attr), _group(node.value))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner = ast.Call(ast.Name(node.func.attr), node.args, node.keywords)
        return _fields(inner, _group(node.func.value))
    raise FieldTypeError("representation", expected="GROUP.REPRESENTATION", got=repr(ast.unparse(node)))


def _group(node: ast.expr) -> Group:
    """C4, D4, D1(1/4), SO(2), O(2), SO2, O2, p4, p4m."""
    text = ast.unparse(node).replace(" ", "")
    named = {"SO(2)": SO2, "SO2": SO2, "O(2)": O2, "O2": O2, "p4": C(4), "p4m": D(4)}
    if text in named:
        return named[text]
    name, _, axis = text.removesuffix(")").partition("(")
    if name[:1] == "C" and name[1:].isdecimal() and not axis:
        return C(int(name[1:]))
    if name[:1] == "D" and name[1:].isdecimal():
        return D(int(name[1:]), axis or 0)
    raise FieldTypeError("group", expected="one such as C4, D4 or SO(2)", got=repr(text))


def _integer(node: ast.expr) -> int:
    match node:
        case ast.Constant(int(value)):
            return value
        case ast.UnaryOp(ast.USub(), ast.Constant(int(value))):
            return -value
    raise FieldTypeError("number", expected="an integer", got=repr(ast.unparse(node)))
