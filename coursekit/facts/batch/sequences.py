"""Sequences as a person gives them: sentences or lists of ids, checked, and written one to a line to be edited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit import frameworks
from coursekit.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Sequence

Sentences = tuple[str, ...]
Pairs = tuple[tuple[str, str], ...]
IdLists = tuple[tuple[int, ...], ...]

_BATCH = "a batch is a list of sequences: sentences, or lists of ids, one for each row of the tensor."
_IDS = "an id is the number of a row in the model's embedding table, counted from 0."


MOST_IDS = 2_000_000
"""Ids of a batch: a tensor of 16 MB, and some hundreds of MB of facts about each of them."""


def is_text(sequences: Sentences | Pairs | IdLists) -> bool:
    """Tell whether a batch, checked, is of sentences or pairs of them, which a tokenizer has to turn to ids."""
    return isinstance(sequences[0], str) or isinstance(sequences[0][0], str)


def too_many(rows: int, length: int) -> CourseError:
    """Return the error for a batch of more ids than the view takes."""
    return CourseError(
        f"The batch would have {rows:,} × {length:,} = {rows * length:,} ids.",
        why=f"the view says something of each id, and takes at most {MOST_IDS:,}.",
        remedy="Give fewer sequences, or cut them: truncation=True with a smaller length.",
    )


def checked(sequences: Any) -> Sentences | Pairs | IdLists:
    """Return the batch as a tuple of sentences, of pairs of sentences, or of tuples of ids.

    Parameters
    ----------
    sequences
        A list of strings; a list of pairs of strings, as a question and its text; a list of lists of ids, ragged or
        not; a NumPy array or a framework's tensor of ids of shape
        ``(batch, sequence)``.

    Raises
    ------
    CourseError
        When it is none of these, or when the batch or one of its sequences is empty.
    """
    rows = _rows(sequences)
    if not rows:
        raise CourseError("The batch is empty.", why=_BATCH, remedy='Give at least one sequence, such as ["Hello!"].')
    if all(isinstance(row, str) for row in rows):
        return tuple(_sentence(row, index) for index, row in enumerate(rows))
    if all(map(_is_pair, rows)):
        return tuple(_pair(row, index) for index, row in enumerate(rows))
    if any(isinstance(row, str) for row in rows):
        index = next(index for index, row in enumerate(rows) if not isinstance(row, str))
        raise CourseError(
            f"Sequence {index} is not a sentence, but {_kind(rows[index])}, and others are.",
            why="a batch holds sentences, which the tokenizer turns to ids, or ids; not both.",
            remedy="Give all sequences as sentences, or all as lists of ids.",
        )
    lists = tuple(_id_list(row, index) for index, row in enumerate(rows))
    if (total := sum(map(len, lists))) > MOST_IDS:
        raise too_many(1, total) if len(lists) == 1 else too_many(len(lists), -(-total // len(lists)))
    return lists


def _is_pair(row: Any) -> bool:
    return isinstance(row, (tuple, list)) and len(row) > 1 and all(isinstance(part, str) for part in row)


def _pair(row: Sequence[str], index: int) -> tuple[str, str]:
    if len(row) != len(("first", "second")):
        raise CourseError(
            f"Sequence {index} has {len(row)} {'sentence' if len(row) == 1 else 'sentences'}.",
            why="a tokenizer joins two sentences to one sequence, such as a question and a text; it takes no more.",
            remedy='Give each sequence as one string, or all as pairs: [("Who sleeps?", "The cat sleeps.")].',
        )
    return _sentence(row[0], index), _sentence(row[1], index)


def _rows(sequences: Any) -> list[Any]:
    if isinstance(sequences, str):
        raise CourseError(
            "The batch is one string, not a list of sequences.", why=_BATCH, remedy="Put it into a list: [sentence]."
        )
    framework = frameworks.of(sequences)
    if framework is not None and framework.is_tensor(sequences):
        sequences = _values(sequences, framework)
    if isinstance(sequences, np.ndarray):
        if sequences.ndim == 0:
            raise CourseError("The batch is one number.", why=_BATCH, remedy="Put the ids into lists: [[101, 102]].")
        if sequences.dtype.kind in "iuf" and sequences.size > MOST_IDS:
            raise too_many(len(sequences), sequences.size // max(1, len(sequences)))
        sequences = sequences.tolist()
    if isinstance(sequences, Mapping):
        remedy = 'Pass the ids alone: inputs["input_ids"].' if "input_ids" in sequences else "Pass a list of sequences."
        raise CourseError("The batch is a dictionary.", why=_BATCH, remedy=remedy)
    if not isinstance(sequences, Iterable) or isinstance(sequences, (AbstractSet, bytes)):
        raise CourseError(f"The batch is {_kind(sequences)}.", why=_BATCH, remedy='Pass a list, such as ["Hello!"].')
    try:
        return list(islice(sequences, MOST_IDS + 1))
    except CourseError:
        raise
    except Exception as error:  # an iterator of somebody else's
        raise CourseError(
            f"The batch cannot be read: {type(error).__name__}: {str(error)[:200]}", why=_BATCH, remedy="Pass a list."
        ) from error


def _values(tensor: Any, framework: frameworks.Framework) -> Any:
    try:
        return np.asarray(framework.to_numpy(tensor))
    except Exception as error:  # without values, sparse, nested, quantized: each says it in a way of its own
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CourseError(
            f"The batch cannot be read: {said[:200]}",
            why="the view shows the ids of an ordinary tensor.",
            remedy="Pass a tensor that has values, or lists of ids.",
        ) from error


def _sentence(row: str, index: int) -> str:
    if not row.strip():
        raise CourseError(
            f"Sequence {index} is empty: {row!r}.",
            why="a model needs at least one token of every sequence.",
            remedy="Remove it, or write something in it.",
        )
    if re.search("[\ud800-\udfff]", row):
        raise CourseError(
            f"Sequence {index} holds half of a character: {row[:40]!r}.",
            why="it was cut inside of a pair of codes (a surrogate), which no tokenizer takes.",
            remedy="Read the text again as UTF-8, or remove it: text.encode('utf-8', 'ignore').decode().",
        )
    return str(row)


def _id_list(row: Any, index: int) -> tuple[int, ...]:
    framework = frameworks.of(row)
    if framework is not None and framework.is_tensor(row):
        row = _values(row, framework)
    if isinstance(row, np.ndarray):
        row = row.tolist()
    if isinstance(row, (int, np.integer)) and not isinstance(row, bool):
        raise CourseError(
            f"Sequence {index} is one number, {row}.",
            why=f"the list you gave is one sequence; {_BATCH}",
            remedy="Put it into a list of its own, as in [[101, 7592, 999, 102]]: that adds the batch axis.",
        )
    if not isinstance(row, (list, tuple, range)):
        raise CourseError(f"Sequence {index} is {_kind(row)}.", why=_BATCH, remedy="Give a list of ids in its place.")
    if not row:
        raise CourseError(
            f"Sequence {index} is empty.",
            why="a model needs at least one token of every sequence.",
            remedy="Remove it, or give its ids.",
        )
    return tuple(_id(value, index, position) for position, value in enumerate(row))


def _id(value: Any, index: int, position: int) -> int:
    where = f"Sequence {index} has {value!r} at position {position}"
    if isinstance(value, (list, tuple, np.ndarray)):
        raise CourseError(
            f"Sequence {index} has another list at position {position}: the batch is nested too deep.",
            why="input ids have two axes: batch and sequence.",
            remedy="Give a list of lists of ids.",
        )
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise CourseError(f"{where}, which is {_kind(value)}.", why=_IDS, remedy="Give whole numbers from 0 on.")
    if value < 0:
        raise CourseError(f"{where}, which is negative.", why=_IDS, remedy="Give whole numbers from 0 on.")
    return int(value)


def _kind(value: Any) -> str:
    names = {str: "a string", bool: "a boolean", np.bool_: "a boolean", float: "a float", type(None): "None"}
    for kind, name in names.items():
        if isinstance(value, kind):
            return name
    return "a float" if isinstance(value, np.floating) else f"an object of type {type(value).__name__}"


NEW_LINE = "↵"
"""What stands for the end of a line inside a sentence, where every sentence has one line."""


def pair_sign(sequences: Sentences | Pairs | IdLists) -> str:
    """Return what stands between the two sentences of a pair where each pair has one line: a sign that none holds."""
    sign = "||"
    while any(sign in part for row in sequences if not isinstance(row, str) for part in row if isinstance(part, str)):
        sign += "|"
    return sign


def to_lines(sequences: Sentences | Pairs | IdLists) -> str:
    """Return a batch as text to be edited: one sequence for each line."""
    if is_text(sequences) and not isinstance(sequences[0], str):
        sign = pair_sign(sequences)
        return "\n".join(re.sub("\r\n|\r|\n", NEW_LINE, f" {sign} ".join(map(str, row))) for row in sequences)
    return "\n".join(
        re.sub("\r\n|\r|\n", NEW_LINE, row) if isinstance(row, str) else ", ".join(map(str, row)) for row in sequences
    )


def sentences_from(lines: str) -> Sentences:
    """Return the sentences of an edited text, one for each line that is not blank.

    Raises
    ------
    CourseError
        When no line is left.
    """
    rows = (line.replace(NEW_LINE, "\n") for line in lines.split("\n"))
    return checked([row for row in rows if row.strip()])  # type: ignore[return-value]  # strings in, strings out


def pairs_from(lines: str, sign: str) -> Pairs:
    """Return the pairs of an edited text, one for each line that is not blank.

    Raises
    ------
    CourseError
        When a line does not hold two sentences, or no line is left.
    """
    rows = []
    for number, line in enumerate(lines.split("\n"), 1):
        parts = [part.strip().replace(NEW_LINE, "\n") for part in line.split(sign)]
        if not line.strip():
            continue
        if len(parts) != len(("first", "second")) or not all(parts):
            raise CourseError(
                f"Line {number} does not hold two sentences.",
                why="each line of this batch is a pair, which the tokenizer joins.",
                remedy=f"Write {sign} between the first sentence and the second.",
            )
        rows.append((parts[0], parts[1]))
    return checked(rows)  # type: ignore[return-value]  # pairs in, pairs out


def ids_from(lines: str) -> IdLists:
    """Return the ids of an edited text, one sequence for each line that is not blank.

    Numbers may be separated by commas or spaces, and a line may stand in brackets, as Python writes it.

    Raises
    ------
    CourseError
        When a line holds something else, or no line is left.
    """
    rows = [_line(line, number) for number, line in enumerate(lines.split("\n"), 1) if line.strip(" \t\r[],")]
    return checked(rows)  # type: ignore[return-value]  # numbers in, numbers out


def _line(line: str, number: int) -> Sequence[int]:
    words = re.split(r"[\s,]+", line.strip(" \t\r[],"))
    for word in words:
        if not re.fullmatch(r"[0-9]{1,40}", word):
            raise CourseError(
                f"Line {number} has {word!r}, which is not an id.",
                why=_IDS,
                remedy="Write whole numbers with commas between them, such as 101, 7592, 999, 102.",
            )
    return [int(word) for word in words]
