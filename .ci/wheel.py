"""What an install takes of this folder: the package and the recipes, and neither tests nor scripts."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackageAndRecipes(BuildHookInterface):
    """A wheel carries configs/ as equilab/configs; an editable install has a folder on the path with a link alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # reads the recipes where they are
            link_package(Path(self.root))
        else:
            build_data["force_include"]["configs"] = "equilab/configs"


def link_package(root: Path) -> None:
    """.editable/equilab, the package: on the path in place of this folder, which holds tests/ and training/, too."""
    link = root / ".editable" / "equilab"
    link.parent.mkdir(exist_ok=True)
    if link.exists():
        return
    if sys.platform == "win32":  # where a link needs a privilege and a junction needs none
        import _winapi

        _winapi.CreateJunction(str(root / "equilab"), str(link))
    else:
        link.symlink_to(Path("..", "equilab"), target_is_directory=True)
