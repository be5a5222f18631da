"""What somebody named: one answer to one input, for every view and for ``ck.checkpoint``.

The order is that of ``from_pretrained``: what lies on this disk comes first, then the Hugging Face cache. A name that
is neither may be a model type such as ``bert``, or an id on the Hub; the Hub is asked by :func:`on_hub` alone. Nothing
is opened here but the list of a folder's files.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError, did_you_mean
from coursekit.frameworks.weight_names import SUFFIXES, is_weight_file
from coursekit.hub import lookup
from coursekit.hub.staging import cache_folder, repository_folder
from coursekit.text import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONFIG_NAME = "config.json"
FOLDER, CACHE, HUB, NOWHERE = "folder", "cache", "Hub", "nowhere"
"""Where the files of a checkpoint are."""

CONFIG, MODEL, CONFIG_CLASS, MODEL_CLASS = "config", "model", "config class", "model class"
MODEL_TYPE, ID, CHECKPOINT_FOLDER = "model type", "checkpoint id", "folder"
CONFIG_FILE, WEIGHT_FILE, INDEX = "config file", "weight file", "index of weight files"
"""What was named."""

_OBJECTS = {CONFIG, MODEL, CONFIG_CLASS, MODEL_CLASS}
_LONGEST = 100  # characters of a name that an error repeats
_NAMED = 3  # checkpoints of a cache that an error names
_SECONDS, _AT_LEAST = 3.0, 1.0  # for the Hub to answer and to list its files, and for the list alone
_MOST_FILES = 100_000  # names of a folder that are read


@dataclass(frozen=True)
class Source:
    """What was named, and the files that it stands for.

    Attributes
    ----------
    given
        What was named: ``config``, ``model``, ``config class``, ``model class``, ``model type``, ``checkpoint id``,
        ``folder``, ``config file``, ``weight file`` or ``index of weight files``.
    shown
        Its name for a reader: without the folders of this machine that lead to it.
    value
        The object that was given; None for a name.
    checkpoint
        What ``from_pretrained`` takes for its files: an id or a folder; empty for an object and a model type.
    kind
        Where the files are: ``folder``, ``cache``, ``Hub``, or ``nowhere`` when they are on no disk of this machine and
        the Hub was not asked or does not have them.
    folder
        Where the files lie on this machine; None when they do not.
    file
        The one file that was named; None otherwise.
    commit
        The commit of the repository on the Hub; empty for a folder of one's own.
    sizes
        The size in bytes of each file at the top of the folder, by name.
    subfolder
        On the Hub: the folder of the repository that holds the files; empty for its top.
    """

    given: str
    shown: str
    value: Any = field(default=None, compare=False, repr=False)
    checkpoint: str = ""
    kind: str = NOWHERE
    folder: Path | None = None
    file: Path | None = None
    commit: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    subfolder: str = ""

    @property
    def is_object(self) -> bool:
        """Whether it was an object, not a name."""
        return self.given in _OBJECTS

    def __str__(self) -> str:
        """Say what it is, as errors begin: ``'model.safetensors' is a weight file``."""
        return f"{self.shown!r} is {'an' if self.given[0] in 'aeiou' else 'a'} {self.given}"


def is_config(value: Any) -> bool:
    """Tell whether ``value`` is a config of transformers, without importing it."""
    return hasattr(type(value), "model_type") and hasattr(type(value), "attribute_map")


def locate(value: Any, *, subfolder: str = "", revision: str = "", model_types: bool = True) -> Source:
    """Return what ``value`` names; nothing is loaded, and nobody on the network is asked.

    Parameters
    ----------
    value
        A config, a model, the class of one, a model type such as ``bert``, a checkpoint's id or folder (``~/folder``
        too), a ``config.json``, a weight file or an index of several, or a folder of the Hugging Face cache.
    subfolder
        The folder below the checkpoint's own that holds the files, as in ``from_pretrained``.
    revision
        The branch, tag or commit of an id, as in ``from_pretrained``; empty for ``main``.
    model_types
        Whether a name may be a model type; to know them, transformers is imported. Otherwise it is taken for an id.

    Raises
    ------
    CourseError
        When it is none of these: what it is instead, or the nearest name.
    """
    if isinstance(value, (str, os.PathLike)) and not isinstance(value, type):
        return _named(_text(value), _checked(subfolder, "subfolder"), _checked(revision, "revision"), model_types)
    if isinstance(value, type):
        if hasattr(value, "model_type") and hasattr(value, "attribute_map"):
            return Source(CONFIG_CLASS, value.__name__, value)
        if getattr(value, "config_class", None) is not None:
            return Source(MODEL_CLASS, value.__name__, value)
    elif is_config(value):
        return Source(CONFIG, type(value).__name__, value)
    elif ((framework := frameworks.of(value)) is not None and not framework.is_tensor(value)) or is_config(
        getattr(value, "config", None)
    ):
        return Source(MODEL, type(value).__name__, value)
    raise _nothing(value)


def on_hub(source: Source, *, subfolder: str = "", revision: str = "") -> Source:
    """Return the files that the Hub has of an id; the source as it was where the Hub does not answer.

    Raises
    ------
    CourseError
        When the Hub answers that it has no such checkpoint or that it may not be read.
    """
    name = source.shown
    lookup.check_id(name)
    begun = time.monotonic()
    if not lookup.ask(name, subfolder=subfolder, revision=revision).gives:
        return source
    left = max(_SECONDS - (time.monotonic() - begun), _AT_LEAST)
    info = lookup.within(lambda: _info(name, revision), seconds=left)
    if info is None:
        return source
    inside = f"{subfolder.strip('/')}/" if subfolder else ""
    names = {file.rfilename: file.size or 0 for file in info.siblings or () if file.rfilename.startswith(inside)}
    sizes = {name.removeprefix(inside): size for name, size in names.items() if "/" not in name.removeprefix(inside)}
    return replace(source, given=ID, checkpoint=name, kind=HUB, commit=info.sha or "", sizes=sizes, subfolder=subfolder)


def _info(name: str, revision: str) -> Any:
    from huggingface_hub import HfApi

    return HfApi().model_info(name, revision=revision or None, files_metadata=True, timeout=_SECONDS)


def _text(value: str | os.PathLike[Any]) -> str:
    name = os.fspath(value)
    if not isinstance(name, str):
        raise _nothing(value)
    return name


def _checked(value: Any, name: str) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise CourseError(
        f"{name} cannot be {short(value)}.",
        why=f"it is a text, as in from_pretrained(…, {name}=…).",
        remedy=f"Leave {name} out, or give its name in quotes.",
    )


def _nothing(value: Any) -> CourseError:
    if isinstance(value, type):
        given = f"The class {value.__name__}"
    else:
        given = "None" if value is None else f"A thing of the class {type(value).__name__}"
    return CourseError(
        f"{given} is neither a config nor a model, and names no checkpoint.",
        why="what a view shows comes from a config, a model, or the files of a checkpoint.",
        remedy='Give a config such as BertConfig(), a model, or a name such as "bert-base-cased" or "./folder".',
    )


def _named(name: str, subfolder: str, revision: str, model_types: bool) -> Source:
    if "\0" in name or not name.strip():
        lookup.check_id(name)
    path = _expanded(name)
    if os.path.isdir(path):  # noqa: PTH112  (tells False of a name that no file can have; Path raises)
        return _folder(name, path, subfolder)
    if os.path.lexists(path):
        return _file(path)
    if name.startswith(("/", "./", "../", "~", "\\")) or name in {".", ".."} or _is_part(name):
        raise _no_such_path(name, path)
    cached = _cached(name, subfolder, revision)
    if cached is not None:
        return cached
    if model_types:
        from transformers import CONFIG_MAPPING

        if name in CONFIG_MAPPING:
            return Source(MODEL_TYPE, name)
    lookup.check_id(name)
    return Source(ID, name, checkpoint=name)


def _is_part(name: str) -> bool:
    return name.endswith((".json", *SUFFIXES))


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError as error:  # no such user, or no home
        raise CourseError(
            f"There is no folder {short(name)}: {str(error).rstrip('.')}.",
            why="~ stands for a home folder.",
            remedy="Give the folder's whole path.",
        ) from error


def _folder(name: str, path: Path, subfolder: str) -> Source:
    shown = path.name if path.is_absolute() and path.name else name
    if path.name.startswith("models--") and (path / "snapshots").is_dir():
        snapshot = current_snapshot(path)
        if snapshot is None:
            raise CourseError(
                f"{shown!r} is a folder of the Hugging Face cache without a revision.",
                why="a download that broke off, or a cache that was cleaned, leaves such a folder.",
                remedy="Load the checkpoint again where there is a network.",
            )
        path, shown = snapshot, _id_of(path)
    elif path.parent.name == "snapshots" and path.parent.parent.name.startswith("models--"):
        shown = _id_of(path.parent.parent)
    elif not (path / CONFIG_NAME).exists() and (held := _repositories(path)):
        raise CourseError(
            f"{shown!r} is a folder of the Hugging Face cache: it holds {', '.join(held[:_NAMED])}"
            f"{' and more' if len(held) > _NAMED else ''}.",
            why="a checkpoint is one of them; ck.CacheBrowser shows them all.",
            remedy=f"Name one of them, such as {held[0]!r}.",
        )
    home = path / subfolder if subfolder else path
    if subfolder and not home.is_dir():
        raise CourseError(
            f"{shown!r} has no folder {subfolder!r}.",
            why="subfolder= names the folder below it that holds the files.",
            remedy="Leave subfolder out, or correct its name.",
        )
    commit = path.name if path.parent.name == "snapshots" else ""
    checkpoint = str(path) if path.parent.name == "snapshots" else os.path.expanduser(name)  # noqa: PTH111  (keeps "./x")
    return Source(CHECKPOINT_FOLDER, shown, None, checkpoint, FOLDER, home, None, commit, _sizes(home))


def _repositories(path: Path) -> list[str]:
    try:
        return sorted(_id_of(entry) for entry in path.glob("models--*") if (entry / "snapshots").is_dir())
    except OSError:
        return []


def _id_of(repository: Path) -> str:
    return repository.name.removeprefix("models--").replace("--", "/")


def _file(path: Path) -> Source:
    name = path.name
    if path.is_symlink() and not path.exists():
        raise CourseError(
            f"{name!r} is a link to a file that is not there.",
            why="the cache keeps files apart and links to them; this one was removed or never arrived.",
            remedy="Load the checkpoint again where there is a network, or name another folder.",
        )
    if name.endswith(".index.json"):
        given = INDEX
    elif name.endswith(".json"):
        given = CONFIG_FILE
    elif is_weight_file(name):
        given = WEIGHT_FILE
    else:
        raise CourseError(
            f"{short(name)} is no part of a checkpoint.",
            why=f"config.json says what to build, and weight files end in {', '.join(SUFFIXES[:3])}.",
            remedy="Name the folder that holds the checkpoint, its config.json or its weight file.",
        )
    folder = path.parent
    commit = folder.name if folder.parent.name == "snapshots" else ""
    return Source(given, name, None, str(folder), FOLDER, folder, path, commit, _sizes(folder))


def _sizes(folder: Path) -> dict[str, int]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted((entry for entry, _ in zip(entries, range(_MOST_FILES))), key=lambda entry: entry.name)  # noqa: B905  (as many as there are)
    except OSError as error:
        raise CourseError(
            f"The folder {folder.name!r} cannot be read: {error.strerror or error}.",
            why="the files of a checkpoint are listed before one of them is opened.",
            remedy="Check who may read it, and that its disk is there.",
        ) from error
    return dict(_measured(listed))


def _measured(entries: list[os.DirEntry[str]]) -> Iterator[tuple[str, int]]:
    for entry in entries:
        try:
            if entry.is_file():
                yield entry.name, entry.stat().st_size
        except OSError:  # a link loop, or a file that is gone again
            continue


def _cached(name: str, subfolder: str, revision: str) -> Source | None:
    parts = name.split("/")
    if not all(parts) or {".", ".."} & set(parts):
        return None
    repository = cache_folder() / repository_folder(name)
    try:
        snapshot = current_snapshot(repository, revision)
    except (OSError, ValueError):  # a name that no folder can have, or a cache that may not be read
        return None
    if snapshot is None:
        return None
    home = snapshot / subfolder if subfolder else snapshot
    if not home.is_dir():
        return None
    return Source(ID, name, None, name, CACHE, home, None, snapshot.name, _sizes(home))


def current_snapshot(repository: Path, revision: str = "") -> Path | None:
    """Return the folder of a cached repository's revision: that of ``main``, else the newest; None where there is none.

    Parameters
    ----------
    repository
        A folder such as ``models--bert-base-cased`` in the Hugging Face cache.
    revision
        A branch, a tag or a commit; then only that one is taken.
    """
    snapshots = repository / "snapshots"
    if not snapshots.is_dir():
        return None
    commit = revision or "main"
    ref = repository / "refs" / commit
    if ref.is_file():
        commit = ref.read_text(encoding="utf-8", errors="replace").strip()
    if commit and (snapshots / commit).is_dir() and "/" not in commit:
        return snapshots / commit
    if revision:
        return None
    folders = [folder for folder in snapshots.iterdir() if folder.is_dir()]
    return max(folders, key=lambda folder: folder.stat().st_mtime, default=None)


def _no_such_path(name: str, path: Path) -> CourseError:
    what = "file" if _is_part(name) else "folder"
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except (OSError, ValueError):
        beside = []
    return CourseError(
        f"There is no {what} {short(name)}.{did_you_mean(path.name, beside) if len(name) <= _LONGEST else ''}",
        why="the name has the form of a path, so it is no id on the Hub.",
        remedy="Check the path, or save a model there first: model.save_pretrained(...)",
    )
