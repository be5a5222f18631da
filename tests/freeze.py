"""Print the versions of this environment as constraints, with a marker where Python 3.10 needs older ones."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

print("# The versions that the course is tested with; pins live here, `make constraints` rewrites them.")
print("# torch: the CPU build and the CUDA build share this version; the README says how to choose.")
freeze = [sys.executable, "-m", "pip", "freeze", "--all", "--exclude-editable"]
for line in subprocess.run(freeze, check=True, capture_output=True, text=True).stdout.splitlines():
    pin = Requirement(line)
    name, version = pin.name, str(pin.specifier).removeprefix("==").split("+")[0]
    needs = metadata(name).get("Requires-Python") or ""
    marker = "" if SpecifierSet(needs).contains("3.10.99") else '; python_version >= "3.11"'
    print(f"{name}=={version}{marker}")
