"""Make ``.venv`` what a target of the Makefile needs, and mend it where it is broken.

    python tools/environment.py pytorch lab

A part is an extra (``pytorch``, ``tensorflow``, ``lab``) or a dependency group (``test``, ``bench``) of pyproject.toml.
``.venv/ready`` says which parts are installed and for which pyproject.toml and constraints.txt. It is written when the
environment was made, emptied before something is installed and filled at the end, so whatever is stopped on the way is
taken up again the next time. Where all is ready, nothing is run and no network is needed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
READY = VENV / "ready"
EXTRAS = ("pytorch", "tensorflow", "lab")
GROUPS = ("test", "bench")
NAMES = {
    "pytorch": "PyTorch",
    "tensorflow": "TensorFlow",
    "lab": "JupyterLab",
    "test": "what the tests need",
    "bench": "what the benchmarks compare with",
}


def wanted_state(parts: set[str]) -> dict[str, object]:
    """Return what ``.venv/ready`` says when these parts are installed for what the files say now."""
    project = (ROOT / "pyproject.toml").read_text("utf-8").partition("\n[tool.")[0]  # tools' settings install nothing
    text = project + (ROOT / "constraints.txt").read_text("utf-8")
    return {
        "python": platform.python_version(),
        "place": str(VENV),
        "files": hashlib.sha256(text.encode()).hexdigest(),
        "parts": sorted(parts),
    }


def read_state() -> dict[str, object] | None:
    """Return what ``.venv/ready`` says, or None where the environment was never finished, moved, or made anew."""
    try:
        text = READY.read_text("utf-8")
        state = json.loads(text or '{"parts": []}')  # an earlier Makefile left the file empty
    except (OSError, ValueError):
        return None
    known = state.get("place", str(VENV)) == str(VENV) and state.get("python", "") in {"", platform.python_version()}
    return state if known else None


def write_state(state: dict[str, object]) -> None:
    """Write ``.venv/ready`` at once or not at all."""
    new = READY.with_suffix(".new")
    new.write_text(json.dumps(state), "utf-8")
    new.replace(READY)


def make() -> None:
    """Make an empty environment where none is, or where there is only a part of one."""
    # An environment that makes itself anew is made by the Python that it was made with.
    python = getattr(sys, "_base_executable", sys.executable) if Path(sys.prefix) == VENV else sys.executable
    subprocess.run([python, "-m", "venv", "--clear", str(VENV)], check=True)  # noqa: S603


def forget_unfinished() -> None:
    """Remove the metadata of packages whose installation was stopped: pip would take them as installed."""
    for metadata in VENV.glob("lib/python*/site-packages/*.dist-info"):
        if not (metadata / "RECORD").is_file():  # the last file that pip writes
            shutil.rmtree(metadata)


def install(parts: set[str], *, patient: bool) -> bool:
    """Let pip install parts and what they need; return whether it did."""
    settings = dict(os.environ) if patient else {"PIP_RETRIES": "1", "PIP_TIMEOUT": "5", **os.environ}
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "-c", "constraints.txt"]
    extras = ",".join(part for part in EXTRAS if part in parts)
    groups = [f"--group={part}" for part in GROUPS if part in parts]
    # pip itself first: only newer ones know groups.
    commands = [[*pip, "--quiet", "pip"], [*pip, *groups, "-e", f".[{extras}]"]]
    return all(not subprocess.run(command, cwd=ROOT, env=settings, check=False).returncode for command in commands)  # noqa: S603


def serves(parts: set[str]) -> bool:
    """Return whether these parts can be used as they are installed, whatever the constraints say now.

    What pyproject.toml names must be there in a version that it takes, and what that needs must be there.
    """
    try:
        from packaging.requirements import Requirement

        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib  # JupyterLab brings it where Python does not
    except ImportError:
        return False
    content = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras, groups = content["project"]["optional-dependencies"], content["dependency-groups"]
    named = [
        content["project"]["name"],
        *content["project"]["dependencies"],
        *(line for part in parts for line in {**extras, **groups}[part]),
    ]
    to_see, seen = [(Requirement(line), True) for line in named], set()
    while to_see:
        requirement, ours = to_see.pop()
        try:
            there = distribution(requirement.name)
        except PackageNotFoundError:
            return False
        if ours and not requirement.specifier.contains(there.version, prereleases=True):
            return False
        for extra in {"", *requirement.extras} - {extra for name, extra in seen if name == requirement.name}:
            seen.add((requirement.name, extra))
            needs = map(Requirement, there.requires or ())
            to_see += [(it, False) for it in needs if not it.marker or it.marker.evaluate({"extra": extra})]
    return True


def bring(parts: set[str]) -> int:
    """Install what is missing of these parts; return the exit status."""
    state = read_state() if Path(sys.prefix) == VENV else None
    installed = set(state["parts"]) if state else set()
    wanted = wanted_state(parts | installed)
    if state == wanted:
        return 0
    if state is None:
        print(f"Making {VENV.name}: a few minutes, once.", flush=True)
        make()
    write_state(wanted_state(set()))
    forget_unfinished()
    names = ", ".join(NAMES[part] for part in NAMES if part in parts | installed)
    print(f"Installing into {VENV.name}: {names}.", flush=True)
    if install(parts | installed, patient=state is None or not serves(parts)):
        write_state(wanted)
        return 0
    # Where pip finds no network it has changed nothing. What was ready still is, or else what was stopped on the way.
    if state and serves(installed):
        write_state(state)
    if state and serves(parts) and os.environ.get("CI") != "true":
        print(f"{VENV.name} could not be brought up to date; what is installed still serves, so it is used as it is.")
        return 0
    print(f"{VENV.name} is not ready; pip says above why. Once that is mended (a network?), run make again.")
    return 1


def main() -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description="Make .venv what a target of the Makefile needs.")
    parser.add_argument("parts", nargs="+", choices=[*EXTRAS, *GROUPS])
    try:
        return bring(set(parser.parse_args().parts))
    except KeyboardInterrupt:
        print("\nStopped. The next make goes on from here.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
