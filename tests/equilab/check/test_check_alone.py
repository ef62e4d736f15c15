"""The check needs torch alone (of equilab errors, files and groups, which need no more), and never the layers."""

import subprocess
import sys

BLOCKED = """
import importlib.util, sys

import torch

ALLOWED = {
    "equilab", "equilab.errors", "equilab.files", "equilab.groups", "equilab.check",
}
KNOWN = set(sys.modules)

class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        second = ".".join(name.split(".")[:2])
        if top == "equilab" and second not in ALLOWED:
            raise ImportError(f"{name} is refused")
        if top in {"numpy", "scipy", "sklearn", "e3nn", "escnn", "matplotlib", "wandb", "jaxtyping", "einops",
                   "hypothesis", "pytest", "PIL", "tyro", "rich", "training"} and top not in {
                   known.split(".")[0] for known in KNOWN}:
            raise ImportError(f"{name} is refused")
        return None

sys.meta_path.insert(0, Refuse())
"""

CHECKS = """
import types

package = types.ModuleType("equilab")  # the package itself imports everything: only its folder is used here
package.__path__ = [FOLDER]
sys.modules["equilab"] = package
import equilab.check as check
from equilab.groups import C

x = torch.randn(2, 1, 9, 9, generator=torch.Generator().manual_seed(0))
C4 = C(4)
print(check.equivariance(torch.nn.ReLU(), x, in_type=C4.trivial, out_type=C4.trivial).verdict)
torch.manual_seed(0)
report = check.equivariance(torch.nn.Conv2d(1, 1, 3), x, in_type=C4.trivial, out_type=C4.trivial)
print(report.verdict)
str(report)
third = sorted(name for name in sys.modules if name.startswith("equilab."))
print(",".join(sorted({".".join(name.split(".")[:2]) for name in third})))
"""


def run(code: str) -> list[str]:
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    return found.stdout.split()


def test_with_torch_alone_it_is_imported_and_checks():
    import equilab

    folder = equilab.__path__[0]
    verdicts = run(BLOCKED + f"FOLDER = {folder!r}\n" + CHECKS)
    assert verdicts[:2] == ["PASS", "FAIL"]
    assert verdicts[2] == "equilab.check,equilab.errors,equilab.files,equilab.groups"


def test_the_layers_are_never_imported_by_it():
    code = """
import sys, torch, equilab.check as check
from equilab.groups import C
before = "equilab.nn" in sys.modules
C4 = C(4)
x = torch.randn(2, 1, 9, 9)
check.equivariance(torch.nn.Conv2d(1, 1, 3), x, in_type=C4.trivial, out_type=C4.trivial)
print(before, "equilab.nn" in sys.modules)
"""
    assert run(code) == ["False", "False"]
