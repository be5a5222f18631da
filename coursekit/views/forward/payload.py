"""What the page holds of a pass: all tokens of a short text, chosen ones of a long one, most numbers in one byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError
from coursekit.facts.forward.formulas import BLOCKED
from coursekit.facts.forward.steps import AttentionStep, EmbeddingsStep, FeedForwardStep, HeadStep, SumStep
from coursekit.facts.output.quantization import quantize
from coursekit.views.forward.words import heading, why

if TYPE_CHECKING:
    from coursekit.facts.forward.facts import ForwardFacts
    from coursekit.facts.forward.steps import Step

FIRST = 6
"""Numbers of each vector that are written out, and therefore exact."""
_ROOM = 1_700_000
"""Numbers of vectors on a page."""
_EXACT_SCORES = 60_000
"""Products of queries and keys up to which they are exact."""
BEST = 10


class Kept:
    """Which tokens of each stack the page follows."""

    def __init__(self, facts: ForwardFacts, wanted: Any, runs: int) -> None:
        self.note = ""
        total = sum(_numbers(step) for step in facts.steps)
        self.tokens = {stack: list(range(len(tokens))) for stack, tokens in facts.tokens.items()}
        longest = max(len(tokens) for tokens in facts.tokens.values())
        room = max(1, int(_ROOM / runs * longest / max(total, 1)))
        for stack, tokens in facts.tokens.items():
            if wanted is not None:
                self.tokens[stack] = _checked(wanted, len(tokens))
            elif room < len(tokens):
                real = [at for at, token in enumerate(tokens) if token.kind != "padding"]
                self.tokens[stack] = real[:room]
        shown, count = (max(map(len, each.values())) for each in (self.tokens, facts.tokens))
        if shown < count:
            self.note = (
                f"The page follows {shown} of {count} tokens; choose others with "
                f"tokens=[{min(shown, count - 1)}]. Keys and values are drawn for these, products for all."
            )


def _checked(wanted: Any, length: int) -> list[int]:
    values = [wanted] if isinstance(wanted, (int, np.integer)) and not isinstance(wanted, bool) else wanted
    fits = isinstance(values, (list, tuple, range)) and bool(values)
    if not fits or any(isinstance(each, bool) or not isinstance(each, (int, np.integer)) for each in values):
        fits = False
    if not fits or not all(-length <= each < length for each in values):
        raise CourseError(
            f"tokens={wanted!r} names what the sequence does not have.",
            why=f"it has the tokens 0 to {length - 1}.",
            remedy="Give a list of some of them, such as tokens=[0].",
        )
    return sorted({int(each) % length for each in values})


def _numbers(step: Step) -> int:
    arrays = [step.after]
    for name in ("query", "key", "value", "context", "wide", "up", "total"):
        value = getattr(step, name, None)
        arrays += [] if value is None else [value]
    return sum(array.size for array in arrays)


def limits(facts: tuple[ForwardFacts, ...]) -> dict[str, Any]:
    """Return the ends of the colour scales: one for all vectors between the steps, others for the inside of each."""

    def end(arrays: list[Any]) -> float:
        sizes = (
            np.concatenate([np.abs(array[np.isfinite(array)]).ravel() for array in arrays]) if arrays else np.zeros(1)
        )
        return float(np.percentile(sizes, 99.5)) if sizes.size else 1.0

    steps = [step for each in facts for step in each.steps]
    parts = [part.vectors for step in steps if isinstance(step, EmbeddingsStep) for part in step.parts]
    found = {
        "vector": end([step.after for step in steps if step.kind not in {"head", "attention", "feed-forward"}]),
        "embedding": end(parts),
    }
    inside: dict[str, dict[str, float]] = {}
    for step in steps:
        mine = inside.setdefault(step.name, {"branch": 0.0, "heads": 0.0, "values": 0.0, "wide": 0.0})
        held: dict[str, list[Any]] = {
            "branch": [step.after],
            "heads": [getattr(step, "query", None), getattr(step, "key", None)],
            "values": [getattr(step, "value", None)],
            "wide": [getattr(step, "wide", None)],
        }
        for name, arrays in held.items():
            there = [array for array in arrays if array is not None]
            if there and step.kind not in {"head", "embeddings"}:
                mine[name] = max(mine[name], end(there))
    return {**found, "steps": inside}


def _products(step: AttentionStep) -> Any:
    return (step.query @ step.key.swapaxes(-1, -2)) * np.float32(step.scale)  # type: ignore[union-attr]


def run_payload(name: str, facts: ForwardFacts, kept: Kept) -> dict[str, Any]:
    """Return one pass."""
    count = sum(
        step.weights.size for step in facts.steps if isinstance(step, AttentionStep) and step.weights is not None
    )
    packer = _Packer(facts, kept, exact=count <= _EXACT_SCORES)
    return {
        "name": name,
        "model": facts.model_class,
        "framework": facts.framework,
        "tokens": {stack: [[t.text, t.kind, t.id] for t in tokens] for stack, tokens in facts.tokens.items()},
        "kept": kept.tokens,
        "notes": [*facts.notes, *([kept.note] if kept.note else [])],
        "difference": facts.difference,
        "steps": [packer.step(step) for step in facts.steps],
        "pool": packer.pool,
        "lens": packer.lens(),
    }


class _Packer:
    def __init__(self, facts: ForwardFacts, kept: Kept, *, exact: bool) -> None:
        self.facts = facts
        self.kept = kept
        self.exact = exact
        self.pool: list[dict[str, Any]] = []
        self.places: dict[Any, int] = {}
        self.held: list[Any] = []  # while an array lives, no other one takes its address

    def vectors(self, array: Any, rows: list[int]) -> int | None:
        """Return the place of vectors ``(tokens, width)`` in the pool: what one step gives, the next one takes."""
        if array is None:
            return None
        key = (array.__array_interface__["data"][0], array.shape, array.strides, tuple(rows))
        if key not in self.places:
            self.places[key] = len(self.pool)
            self.pool.append(self._packed(array, rows))
            self.held.append(array)
        return self.places[key]

    def total(self, array: Any, parts: list[int | None], rows: list[int]) -> dict[str, Any]:
        """Return a sum, which the page adds up itself: only its first numbers are sent."""
        chosen = array[rows]
        return {
            "sum": parts,
            "first": chosen[:, :FIRST].astype(np.float32),
            "length": np.linalg.norm(chosen, axis=-1).astype(np.float32),
        }

    def _packed(self, array: Any, rows: list[int]) -> dict[str, Any]:
        """Return vectors in one byte a number; their first numbers exactly."""
        chosen = array[rows]
        largest = float(np.abs(chosen[np.isfinite(chosen)]).max(initial=0))
        packed = quantize(chosen, "signed", largest)
        return {
            "codes": packed.codes,
            "curve": packed.curve,
            "scale": packed.scale,
            "first": np.ascontiguousarray(chosen[:, :FIRST], np.float32),
            "length": np.linalg.norm(chosen, axis=-1).astype(np.float32),
        }

    def step(self, step: Step) -> dict[str, Any]:
        """Return one step."""
        every = self.kept.tokens[step.stack]
        rows = every if step.rows is None else list(range(len(step.after)))
        named = self.facts.sizes
        data: dict[str, Any] = {
            "name": step.name,
            "kind": step.kind,
            "title": step.title,
            "heading": heading(step),
            "layer": step.layer,
            "stack": step.stack,
            "closed": step.closed,
            "notes": list(step.notes),
            "lines": [[line.title, line.code] for line in step.lines],
            "why": why(step),
            "change": [round(float(each), 4) if np.isfinite(each) else 0 for each in step.change],
            "rows": None if step.rows is None else list(step.rows),
            "shape": [
                ["tokens" if step.rows is None else "sequences", len(step.after), ""],
                [
                    "hidden" if step.kind != "head" else "scores",
                    step.after.shape[-1],
                    named.get(step.after.shape[-1], ""),
                ],
            ],
        }
        scores = isinstance(step, HeadStep) and step.kind == "head"
        data["after"] = None if scores else self.vectors(step.after, rows)
        before = step.before if len(step.before) > max(rows, default=0) else step.after
        shown = step.kind in {
            "attention",
            "cross-attention",
            "feed-forward",
            "norm",
            "pooler",
            "head",
            "layer",
            "other",
        }
        data["before"] = self.vectors(before, rows) if shown else None
        if isinstance(step, EmbeddingsStep) and step.parts:
            parts = [
                {
                    "name": part.name,
                    "rows": None if part.indices is None else list(part.indices),
                    "vectors": self.vectors(part.vectors, rows),
                }
                for part in step.parts
            ]
            data["embeddings"] = {"parts": parts, **self._norm(step, rows, [part["vectors"] for part in parts])}
        elif isinstance(step, AttentionStep) and step.query is not None:
            data["attention"] = self._attention(step)
        elif isinstance(step, SumStep) and not step.closed:
            around, through = self.vectors(step.around, rows), [self.vectors(each, rows) for each in step.through]
            terms = [around, *through] if step.through else [data["before"]]
            data["sum"] = {"around": around, "through": through, **self._norm(step, rows, terms)}
        elif isinstance(step, FeedForwardStep) and step.wide is not None:
            data["feedForward"] = {
                "wide": self.vectors(step.wide, rows),
                "up": self.vectors(step.up, rows),
                "inner": None if step.up is None else self.vectors(step.inner, rows),
                "activation": step.activation,
                "width": [step.wide.shape[-1], named.get(step.wide.shape[-1], "")],
            }
        elif isinstance(step, HeadStep):
            data["head"] = self._head(step, rows)
        return data

    def _norm(self, step: Any, rows: list[int], parts: list[int | None]) -> dict[str, Any]:
        if step.total is None:
            return {"norm": None, "total": None}
        total, norm = step.total[rows], None
        if step.norm is not None:
            layer = step.norm.kind == "LayerNorm"
            spread = total.std(-1) if layer else np.sqrt((total**2).mean(-1))
            mean = total.mean(-1)
            norm = {"kind": step.norm.kind, "mean": mean.astype(np.float32), "spread": spread.astype(np.float32)}
        return {"norm": norm, "total": self.total(step.total, parts, rows)}

    def _attention(self, step: AttentionStep) -> dict[str, Any]:
        rows = self.kept.tokens[step.stack]
        sources = self.kept.tokens[step.source]
        heads, _, size = step.query.shape  # type: ignore[union-attr]

        def flat(array: Any) -> Any:
            return array.swapaxes(0, 1).reshape(array.shape[1], -1)  # (tokens, heads · head size)

        products = _products(step)[:, rows]
        largest = float(np.abs(products).max(initial=0))
        data: dict[str, Any] = {
            "heads": heads,
            "size": size,
            "valueSize": step.value.shape[-1],  # type: ignore[union-attr]
            "scale": step.scale,
            "keyHeads": step.key_heads,
            "source": step.source,
            "query": self.vectors(flat(step.query), rows),
            "key": self.vectors(flat(step.key), sources),
            "value": self.vectors(flat(step.value), sources),
            "context": self.vectors(step.merged, rows),
            "products": _numbers_of(products, "signed", largest, exact=self.exact),
            "weights": _numbers_of(step.weights[:, rows], "share", 1.0, exact=self.exact),  # type: ignore[index]
            "blocked": None,
            "bias": None,
        }
        if step.mask is not None:
            mask = np.broadcast_to(step.mask, (len(step.mask), *step.weights.shape[1:]))[:, rows]  # type: ignore[union-attr]
            blocked = mask <= BLOCKED
            data["blocked"] = blocked[0].astype(np.uint8) if blocked.any() else None
            bias = np.where(blocked, 0, mask)
            if np.abs(bias).max() > 0:
                bias = np.broadcast_to(bias, (heads, *bias.shape[1:]))
                data["bias"] = _numbers_of(bias, "signed", float(np.abs(bias).max()), exact=self.exact)
        return data

    def _head(self, step: HeadStep, rows: list[int]) -> dict[str, Any]:
        data: dict[str, Any] = {"activation": step.activation, "vocabulary": step.vocabulary, "best": None}
        data["stages"] = [[title, self.vectors(values, rows)] for title, values in step.stages]
        if step.kind != "head":
            return data
        scores = step.after[rows]
        best = np.argsort(-scores, axis=-1)[:, : min(BEST, scores.shape[-1])]
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares = shares / shares.sum(-1, keepdims=True)
        data["best"] = {
            "words": [[self.word(step, int(at)) for at in row] for row in best],
            "scores": np.take_along_axis(scores, best, -1).astype(np.float32),
            "shares": np.take_along_axis(shares, best, -1).astype(np.float32),
        }
        return data

    def word(self, step: HeadStep, at: int) -> str:
        """Name a column of a head."""
        if step.labels:
            return step.labels[at]
        if step.vocabulary and self.facts.words is not None:
            return self.facts.words.get(at, f"#{at}")
        return f"#{at}"

    def lens(self) -> dict[str, Any] | None:
        """Return the logit lens."""
        lens = self.facts.lens
        if lens is None:
            return None
        words = self.facts.words or {}
        return {
            "layers": list(lens.layers),
            "tokens": list(lens.tokens),
            "words": [[[words.get(int(at), f"#{at}") for at in row[:5]] for row in layer] for layer in lens.ids],
            "shares": lens.shares[:, :, :5].astype(np.float32),
            "final": lens.final.astype(np.float32),
        }


def _numbers_of(values: Any, curve: str, scale: float, *, exact: bool) -> dict[str, Any]:
    packed = quantize(values, curve, scale, exact=exact)
    return {"codes": packed.codes, "curve": packed.curve, "scale": packed.scale}
