"""The git commit from which a run was started."""

import subprocess
from pathlib import Path

GIT_SECONDS = 5  # how long git may take


def commit_of(folder: Path) -> str | None:
    """The hash of the commit that is checked out in a folder; None without git, a repository or a commit.

    Uncommitted changes are not looked at.
    """
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", "HEAD"],
            cwd=folder,
            text=True,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
