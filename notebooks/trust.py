"""Trust the course's own notebooks, so that JupyterLab shows their views before a cell is run, and no others.

    python notebooks/trust.py            # trust those whose name and digest stand in SHA256SUMS
    python notebooks/trust.py --write    # write SHA256SUMS anew, after the builder wrote notebooks

A notebook that somebody else put into these folders, or one of the course's that was changed, is left as it is:
JupyterLab shows its scripts when its cells are run. (`sha256sum --check SHA256SUMS` reads the same file.)
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
TRACKS = ("pytorch", "tensorflow")


def stated(folder: Path) -> dict[str, str]:
    """Return the digest of each notebook that ``SHA256SUMS`` names, by its path below ``folder``."""
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def measured(folder: Path) -> dict[str, str]:
    """Return the digest of each notebook that a source is there for, as it is now."""
    stems = sorted(path.stem for path in (folder / "src").glob("[0-9][0-9]_*.py"))
    names = [f"{track}/{stem}.ipynb" for track in TRACKS for stem in stems]
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in names if (folder / name).is_file()}


def own(folder: Path) -> list[bytes]:
    """Return the contents of the notebooks that are, to the byte, those that the builder wrote."""
    contents = [
        ((folder / name).read_bytes(), digest) for name, digest in stated(folder).items() if (folder / name).is_file()
    ]
    return [content for content, digest in contents if sha256(content).hexdigest() == digest]


def trust(folder: Path) -> None:
    """Sign the course's own notebooks with the key, and into the list, that this person's Jupyter uses."""
    import json

    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # an optional check that takes 3 s to import

    from nbformat import from_dict
    from nbformat.sign import TrustNotebookApp

    app = TrustNotebookApp()
    app.initialize([])
    with app.notary as notary:
        for content in own(folder):
            notary.sign(from_dict(json.loads(content)))


def write(folder: Path) -> None:
    """Write ``SHA256SUMS`` for the notebooks as they are now."""
    lines = (f"{digest}  {name}\n" for name, digest in measured(folder).items())
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")


def main() -> int:
    """Run the command line; return its exit status."""
    if "--write" in sys.argv[1:]:
        write(HERE)
        return 0
    trust(HERE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
