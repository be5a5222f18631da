"""Which checkpoint a lesson loads: the one that it names, or the offline BERT where that one cannot be had."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from coursekit.errors import CourseError
from coursekit.facts.files.locate import CONFIG_NAME, FOLDER, Source, locate
from coursekit.frameworks.weight_names import is_weight_file
from coursekit.hub import lookup
from coursekit.hub.offline import OFFLINE_ID, PREPARE, offline_folder, prepare

__all__ = ["OFFLINE_ID", "Choice", "checkpoint", "choose", "offline_folder", "prepare"]

VARIABLE = "COURSEKIT_CHECKPOINT"
_AT_LEAST = 2.0  # seconds for the Hub to answer


@dataclass(frozen=True)
class Choice:
    """What a lesson loads.

    Attributes
    ----------
    checkpoint
        What to give to ``from_pretrained``: an id or a folder.
    note
        The line that tells the learner that it is not what the lesson names, and why; else empty.
    cached
        Whether it is an id whose files are all in the Hugging Face cache.
    """

    checkpoint: str
    note: str
    cached: bool


def checkpoint(name: str, *, subfolder: str = "", revision: str = "") -> str:
    """Return what to give to ``from_pretrained`` for the checkpoint called ``name``, and say so where it is another.

    That is ``name`` itself where it is cached or the Hub answers, and the offline BERT otherwise. A checkpoint that is
    cached is loaded from the cache, without a request to the Hub. The variable ``COURSEKIT_CHECKPOINT`` (``offline``,
    an id or a folder) overrides the choice.

    Parameters
    ----------
    name
        An id on the Hub, such as ``bert-base-cased``, or a folder that ``save_pretrained`` wrote.
    subfolder, revision
        What ``from_pretrained`` will be told beside the name; whether the checkpoint can be had depends on it. The
        offline BERT has neither, so nothing is taken instead where one of them is given.

    Raises
    ------
    CourseError
        When ``name`` cannot be an id, when the Hub has no such checkpoint or does not let you read it, or when there is
        neither a network nor the offline BERT.
    """
    choice = choose(name, subfolder=subfolder, revision=revision)
    if choice.cached:
        lookup.rely_on_cache(choice.checkpoint)
    if choice.note:
        print(choice.note)  # noqa: T201  (the learner reads it under the cell)
    return choice.checkpoint


def choose(name: str, *, subfolder: str = "", revision: str = "") -> Choice:
    """Decide as :func:`checkpoint` does, and only that: nothing is printed or changed."""
    wanted = os.environ.get(VARIABLE, "").strip()
    if wanted and not (subfolder or revision):
        return _overridden(name, wanted)
    choice = _as_named(name, subfolder, revision)
    if isinstance(choice, Choice):
        return choice
    if subfolder or revision:
        raise CourseError(
            f"{choice}, and this part of {name} is not in the cache.",
            why="a subfolder or a revision is of one checkpoint, so no other is taken instead.",
            remedy="Try again where there is a network, or leave subfolder and revision out.",
        )
    return _offline(name, choice)


def _overridden(name: str, wanted: str) -> Choice:
    if wanted == "offline":
        return _offline(name, f"{VARIABLE} is set to offline")
    try:
        choice = _as_named(wanted)
    except CourseError as error:
        raise CourseError(
            f"{VARIABLE} names no checkpoint. {error.what}",
            why=error.why,
            remedy=f"Unset {VARIABLE}, or set it to 'offline', an id or a folder. {error.remedy}",
        ) from error
    if isinstance(choice, str):
        raise CourseError(
            f"{VARIABLE} names {wanted!r}, which is not in the cache, and the Hub does not give it: {choice}.",
            why="the variable decides what the lessons load, so nothing else is taken instead.",
            remedy=f"Fetch it where there is a network (`{PREPARE} --hub {wanted}`), or unset {VARIABLE}.",
        )
    # A folder is not spelt out: what a lesson prints is the same on every machine.
    shown = "the folder that it names" if Path(wanted).expanduser().is_dir() else wanted
    note = "" if wanted == name else f"{VARIABLE} is set: loading {shown} instead of {name}."
    return Choice(choice.checkpoint, note, choice.cached)


def _as_named(name: str, subfolder: str = "", revision: str = "") -> Choice | str:
    """Return the choice of ``name`` itself, or why it is neither in the cache nor to be had from the Hub."""
    begun = time.monotonic()
    source = locate(name, subfolder=subfolder, revision=revision or "main", model_types=False)
    if source.is_object:
        raise CourseError(
            f"{source}. ck.checkpoint needs a name.",
            why="it answers what to give to from_pretrained: the id or the folder of a checkpoint.",
            remedy='Give that name, such as ck.checkpoint("bert-base-cased").',
        )
    if source.kind == FOLDER:
        _check_folder(source)
        return Choice(source.checkpoint, "", cached=False)
    name = source.shown
    if lookup.is_cached(name, subfolder=subfolder, revision=revision):
        return Choice(name, "", cached=True)
    # The first import of the Hub's client may have taken long; the Hub gets its chance all the same.
    seconds = max(lookup.SECONDS - (time.monotonic() - begun), _AT_LEAST)
    answer = lookup.ask(name, subfolder=subfolder, revision=revision, seconds=seconds)
    return Choice(name, "", cached=False) if answer.gives else answer.reason


def _check_folder(source: Source) -> None:
    weights = any(map(is_weight_file, source.sizes))
    missing = CONFIG_NAME if CONFIG_NAME not in source.sizes else "" if weights else "file with weights"
    if missing:
        raise CourseError(
            f"The folder {source.shown!r} is no checkpoint: it has no {missing}.",
            why="from_pretrained takes a folder of that name before it looks on the Hub.",
            remedy="Name a folder that save_pretrained wrote, or rename this one if you mean an id on the Hub.",
        )


def _offline(name: str, reason: str) -> Choice:
    if offline_folder() is None:
        raise CourseError(
            f"{reason}, and the offline BERT is not in the cache.",
            why="there is no pretrained checkpoint that the lesson could load.",
            remedy=f"Run `{PREPARE}` once where there is a network (in a notebook: `!{PREPARE}`).",
        )
    note = "" if name == OFFLINE_ID else f"{reason}: loading the offline BERT, {OFFLINE_ID}, instead of {name}."
    return Choice(OFFLINE_ID, note, cached=True)
