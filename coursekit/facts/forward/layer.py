"""The steps of one layer, read from how its output came from its input: branches, additions and norms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.forward.attention import find_core, read_core
from coursekit.facts.forward.equations import lengths, line_of_norm, matrix_line, read_norm, same_matrix
from coursekit.facts.forward.feed_forward import feed_forward
from coursekit.facts.forward.formulas import BLOCKED
from coursekit.facts.forward.graph import ClosedError, Graph, difference
from coursekit.facts.forward.steps import AttentionStep, FeedForwardStep, Line, Norm, Step, SumStep

if TYPE_CHECKING:
    from coursekit.frameworks.recording import Array, Operation


@dataclass(frozen=True)
class Place:
    """Where a layer stands: its number, the stack that it is of, what that stack is called in a step's name."""

    layer: int
    stack: str
    prefix: str


class LayerReader:
    """Reads the steps between what enters a layer and what leaves it."""

    def __init__(self, graph: Graph, place: Place, enters: int) -> None:
        self.graph = graph
        self.place = place
        self.enters = graph.plain(enters)

    def read(self, leaves: int) -> list[Step]:
        """Return the steps.

        Raises
        ------
        ClosedError
            When the layer is no sequence of branches, additions and norms.
        """
        return self._numbered(self._steps(leaves, 0))

    def _numbered(self, steps: list[Step]) -> list[Step]:
        """Name the steps; the second one of a title is called so."""
        seen: dict[str, int] = {}
        named = []
        for step in steps:
            seen[step.title] = seen.get(step.title, 0) + 1
            number = f" {seen[step.title]}" if seen[step.title] > 1 else ""
            named.append(
                replace(step, name=f"{self.place.prefix}layer {self.place.layer} {step.title.lower()}{number}")
            )
        return named

    def _steps(self, number: int, depth: int) -> list[Step]:
        graph = self.graph
        number = graph.plain(number)
        if number == self.enters:
            return []
        operation = graph.maker.get(number)
        if operation is None or number < self.enters or depth > 16:  # noqa: PLR2004
            raise ClosedError("what it gives was not computed from what it takes step by step")
        if operation.kind == "norm":
            given = self._data(operation)
            added = graph.made_by(given, "add")
            if added is not None and self._stream(added) is not None:
                return self._sum(added, operation, depth)
            return [*self._steps(given, depth + 1), self._norm(operation, given)]
        if operation.kind == "add":
            return self._sum(operation, None, depth)
        raise ClosedError(f"its last operation is {operation.name}, not an addition or a norm")

    def _data(self, operation: Operation) -> int:
        return next(each for each in operation.inputs if each is not None and not self.graph.weight_name(each))

    def _stream(self, addition: Operation) -> tuple[int, list[int]] | None:
        """Return what goes around, and what is added to it: everything else was computed from it."""
        terms = [self.graph.plain(each) for each in addition.inputs if each is not None]
        if len(terms) != 2:  # noqa: PLR2004
            return None
        for _ in range(3):
            for index, term in enumerate(terms):
                others = [*terms[:index], *terms[index + 1 :]]
                if term >= self.enters and all(self.graph.comes_from(other, term) for other in others):
                    return term, others
            inner = [index for index, term in enumerate(terms) if self.graph.made_by(term, "add")]
            if not inner:
                return None
            made = self.graph.maker[terms[inner[0]]]
            terms[inner[0] : inner[0] + 1] = [self.graph.plain(each) for each in made.inputs if each is not None]
        return None

    def _parallel(self, number: int, stream: int) -> list[int]:
        """Return the branches of which a value is the sum, where attention and feed-forward run side by side."""
        operation = self.graph.made_by(number, "add")
        terms = [] if operation is None else [self.graph.plain(each) for each in operation.inputs if each is not None]
        if len(terms) != 2 or not all(self.graph.comes_from(term, stream) for term in terms):  # noqa: PLR2004
            return [number]
        if any(self.graph.comes_from(one, other) for one, other in (terms, terms[::-1])):
            return [number]
        return [part for term in terms for part in self._parallel(term, stream)]

    def _sum(self, addition: Operation, norm: Operation | None, depth: int) -> list[Step]:
        found = self._stream(addition)
        if found is None:
            raise ClosedError("it adds two vectors of which neither was computed from the other")
        stream, others = found
        steps = self._steps(stream, depth + 1)
        others = [part for other in others for part in self._parallel(other, stream)]
        for other in sorted(others):
            steps += self._branch(other, stream)
        graph = self.graph
        around = graph.rows(stream)
        through = tuple(graph.rows(other) for other in others)
        total = graph.rows(addition.output)
        wrong = difference(around + sum(through), total)
        if wrong > graph.tolerance:
            raise ClosedError("a sum of it is not the sum of what went around and what came through")
        code = "x = s.around[TOKEN] + " + " + ".join(f"s.through[{at}][TOKEN]" for at in range(len(through)))
        title = "Add" if norm is None else "Add and norm"
        after: Array = total
        about: Norm | None = None
        lines: tuple[Line, ...] = (Line("The sum", f"{code}; x", "s.total[TOKEN]"),)
        if norm is not None:
            after, about, off = read_norm(graph, norm, addition.output)
            wrong = max(wrong, off)
            lines = (*lines, Line("The norm", f"{code}; {line_of_norm(about)}", "s.after[TOKEN]"))
        return [
            *steps,
            self._named(
                SumStep,
                "add" if norm is None else "add and norm",
                title,
                paths=(norm.path,) if norm is not None else (addition.path,),
                before=through[0],
                after=after,
                change=lengths(after - around, around),
                difference=wrong,
                lines=lines,
                around=around,
                through=through,
                total=total,
                norm=about,
            ),
        ]

    def _norm(self, operation: Operation, given: int) -> Step:
        before = self.graph.rows(given)
        try:
            after, about, wrong = read_norm(self.graph, operation, given)
            lines: tuple[Line, ...] = (
                Line("The norm", f"x = s.before[TOKEN]; {line_of_norm(about)}", "s.after[TOKEN]"),
            )
            closed = ""
        except ClosedError as error:
            after, about, wrong, lines, closed = self.graph.rows(operation.output), None, 0.0, (), str(error)
        return self._named(
            SumStep,
            "norm",
            "Norm",
            paths=(operation.path,),
            before=before,
            after=after,
            change=lengths(after - before, before),
            difference=wrong,
            lines=lines,
            closed=closed,
            total=before,
            norm=about,
        )

    def _branch(self, number: int, stream: int) -> list[Step]:
        """Return the steps of what is added: norms before and after it, and attention or feed-forward between."""
        graph = self.graph
        number = graph.plain(number)
        last: list[Step] = []
        operation = graph.maker[number]
        while operation.kind == "norm":
            given = graph.plain(self._data(operation))
            last.insert(0, self._norm(operation, given))
            number, operation = given, graph.maker[given]
        scaled = self._scaled(operation)
        number = number if scaled is None else scaled
        first: list[Step] = []
        entry = graph.plain(stream)
        while True:
            users = [each for each in graph.between(entry, number) if self._takes(each, entry)]
            real = {id(each): each for each in users}.values()
            norms = [each for each in real if each.kind == "norm"]
            if len(norms) != 1 or len(list(real)) != 1:
                break
            first.append(self._norm(norms[0], entry))
            entry = norms[0].output
        inside = graph.between(entry, number)
        length = graph.rows(stream)
        notes = () if scaled is None else ("Its result is multiplied by a constant before it is added.",)
        core = None
        closed = ""
        try:
            core = find_core(graph, inside)
        except ClosedError as error:
            closed = str(error)
        result = graph.rows(number)
        change = lengths(result, length) if result.shape == length.shape else np.zeros(len(length), np.float32)
        if core is not None or (closed and any(each.kind in {"attention", "softmax"} for each in inside)):
            step = self._attention(core, entry, number, change, notes, closed)
        else:
            step = self._feed_forward(inside, entry, number, change, notes)
        return [*first, step, *last]

    def _takes(self, operation: Operation, entry: int) -> bool:
        plain = not self.graph.is_plain(operation)
        return plain and any(each is not None and self.graph.plain(each) == entry for each in operation.inputs)

    def _scaled(self, operation: Operation) -> int | None:
        """Return what is multiplied by a constant or by a vector of weights, if this is such a product."""
        if operation.kind != "multiply":
            return None
        data = [each for each in operation.inputs if each is not None and not self.graph.weight_name(each)]
        return self.graph.plain(data[0]) if len(data) == 1 else None

    def _attention(  # noqa: PLR0917  (one for each part of the equation)
        self, core: Operation | None, entry: int, number: int, change: Array, notes: tuple[str, ...], closed: str
    ) -> Step:
        graph = self.graph
        before, after = graph.rows(entry), graph.rows(number)
        kind, title = "attention", "Attention"
        facts: dict[str, Any] = {}
        wrong = 0.0
        lines: tuple[Line, ...] = ()
        paths: tuple[str, ...] = (core.path,) if core is not None else ()
        try:
            if core is None:
                raise ClosedError(closed)  # noqa: TRY301  (closing a step is one way for all reasons)
            read = read_core(graph, core)
            if not graph.comes_from(read.numbers[1], self.enters):
                kind, title = "cross-attention", "Cross-attention"
            out = graph.made_by(number, "linear")
            if out is None:
                raise ClosedError("what the heads give does not go through one matrix")  # noqa: TRY301  (closing a step is one way for all reasons)
            taken, weight, bias, transposed = graph.linear(out)
            merged = read.context.swapaxes(0, 1).reshape(read.context.shape[1], -1)  # (queries, heads · head size)
            wrong = difference(merged, graph.rows(taken))
            if wrong > graph.tolerance:
                raise ClosedError("the output matrix takes something else than the heads side by side")  # noqa: TRY301  (closing a step is one way for all reasons)
            paths = (*paths, out.path)
            projected, about = self._projections(read)
            notes = (*notes, *about)
            wrong = max(wrong, projected)
            if read.mask is not None and ((read.mask > BLOCKED) & (read.mask != 0)).any():
                notes = (*notes, "To each score a number is added that depends on how far apart the two tokens are.")
            lines = _attention_lines(read)
            try:
                wrong = max(wrong, same_matrix(graph, merged, weight, bias, transposed, after))
                text = matrix_line("s.merged[TOKEN]", weight, bias, transposed)
                lines = (*lines, Line("The output matrix", text, "s.after[TOKEN]"))
            except ClosedError as error:
                notes = (*notes, f"The output matrix is not computed again: {error}.")
            facts = {
                "query": read.query,
                "key": read.key,
                "value": read.value,
                "scale": read.scale,
                "mask": read.mask,
                "scores": read.scores,
                "weights": read.weights,
                "context": read.context,
                "merged": merged,
                "key_heads": read.key_heads,
                "source": "encoder" if kind == "cross-attention" else self.place.stack,
            }
        except ClosedError as error:
            closed, facts, lines = str(error), {}, ()
        rest = {"lines": lines, "closed": closed, "notes": notes, **facts}
        return self._named(
            AttentionStep, kind, title, paths=paths, before=before, after=after, change=change, difference=wrong, **rest
        )

    def _projections(self, core: Any) -> tuple[float, tuple[str, ...]]:
        """Compare queries, keys and values with what their matrices make of the vectors; say what turns them."""
        graph = self.graph
        wrong = 0.0
        notes = []
        turned = False
        for name, number in zip(("queries", "keys", "values"), core.numbers, strict=True):
            linear = self._linear_behind(number)
            if linear is None:
                notes.append(f"The {name} are not what a single matrix gives.")
                continue
            between = graph.between(linear.output, number)
            turned = turned or any(each.name in {"cat", "neg", "ConcatV2", "stack", "view_as_real"} for each in between)
            try:
                taken, weight, bias, transposed = graph.linear(linear)
                recorded = graph.rows(linear.output)
                wrong = max(wrong, same_matrix(graph, graph.rows(taken), weight, bias, transposed, recorded))
            except ClosedError as error:
                notes.append(f"The {name} are not computed again: {error}.")
        if turned:
            notes.append("Rotary positions turn queries and keys by an angle that grows with the position.")
        return wrong, tuple(notes)

    def _linear_behind(self, number: int) -> Operation | None:
        """Return the last linear layer that a value comes from."""
        behind = sorted(self.graph.before(number, self.enters), reverse=True)
        return next((each for at in behind if (each := self.graph.maker.get(at)) and each.kind == "linear"), None)

    def _feed_forward(
        self, inside: list[Operation], entry: int, number: int, change: Array, notes: tuple[str, ...]
    ) -> Step:
        graph = self.graph
        before, after = graph.rows(entry), graph.rows(number)
        facts: dict[str, Any] = {}
        wrong, closed = 0.0, ""
        lines: tuple[Line, ...] = ()
        paths: tuple[str, ...] = ()
        try:
            facts, lines, wrong, paths, said = feed_forward(graph, entry, number, after)
            notes = (*notes, *said)
        except ClosedError as error:
            closed = str(error)
        kind, title = ("feed-forward", "Feed-forward")
        if closed and sum(each.kind == "linear" for each in inside) < 2:  # noqa: PLR2004
            kind, title = "other", "Another branch"
        given = {"closed": closed, "lines": lines, "notes": notes, **facts}
        return self._named(
            FeedForwardStep,
            kind,
            title,
            paths=paths,
            before=before,
            after=after,
            change=change,
            difference=wrong,
            **given,
        )

    def _named(self, make: Any, kind: str, title: str, **facts: Any) -> Step:
        step: Step = make(name=title, kind=kind, title=title, layer=self.place.layer, stack=self.place.stack, **facts)
        return step


def _attention_lines(core: Any) -> tuple[Line, ...]:
    mask = "" if core.mask is None else f" + s.mask[{'HEAD' if len(core.mask) > 1 else '0'}, TOKEN]"
    size = core.query.shape[-1]
    scale = f"/ {size}**0.5" if abs(core.scale - size**-0.5) < 1e-6 * core.scale else f"* {core.scale:.6g}"
    scale = "" if core.scale == 1 else f" {scale}"
    scores = f"x = s.query[HEAD, TOKEN] @ s.key[HEAD].T{scale}{mask}"
    shares = f"{scores}; w = np.exp(x - x.max()); w = w / w.sum()"
    return (
        Line("The scores", f"{scores}; x", "s.scores[HEAD, TOKEN]"),
        Line("Softmax", f"{shares}; w", "s.weights[HEAD, TOKEN]"),
        Line("The weighted values", f"{shares}; w @ s.value[HEAD]", "s.context[HEAD, TOKEN]"),
    )
