"""Finding installed programs, also where Debian and others put them outside the search path."""

import os
import shutil
from collections.abc import Iterable

from ops.errors import OpsError


def find(program: str, *, of: str, places: Iterable[str]) -> str:
    """Return the path of ``program``, looking in ``places`` first.

    Raises:
        OpsError: when it is nowhere, naming the server that it is ``of``.
    """
    found = shutil.which(program, path=os.pathsep.join([*places, os.environ.get("PATH", ""), "/usr/sbin"]))
    if found is None:
        raise OpsError(f"{of} is not installed here: there is no {program}")
    return found
