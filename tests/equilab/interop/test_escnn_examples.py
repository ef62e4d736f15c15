"""The examples in docstrings about escnn, which are skipped among the other doctests, as escnn may be absent."""

import doctest
import importlib

import pytest
from escnn_cases import needs_escnn, slow_disk


@needs_escnn
@slow_disk
@pytest.mark.parametrize("name", ["escnn_layer", "escnn_type"])
def test_the_examples_of_docstrings_run(name):
    module = importlib.import_module(f"equilab.interop.{name}")
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    tests = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    assert tests
    for test in tests:
        for example in test.examples:
            example.options.pop(doctest.SKIP, None)
        assert runner.run(test).failed == 0
