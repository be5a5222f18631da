"""What the steps of a pass are for, in one sentence each; the same in every face."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coursekit.facts.forward.steps import Step

_WHY = {
    "embeddings": (
        "A model computes with vectors, so each token becomes one: what it is, where it stands, and which part of the "
        "text it belongs to, added up."
    ),
    "attention": (
        "Here tokens exchange information. This token asks with its query, every token answers with its key, and of "
        "their values it takes the more, the better the answer fits."
    ),
    "cross-attention": (
        "The decoder asks the encoder: this token's query meets the keys of the encoder's tokens, and takes of their "
        "values."
    ),
    "add and norm": (
        "What went in is added to what came out, so that nothing is lost on the way; the norm brings the sum back to "
        "a common scale."
    ),
    "add": "What came out is added to what went around, so that each step only has to write down what it changes.",
    "norm": "Brought to a common scale, vectors of any length can meet the same weights.",
    "feed-forward": (
        "Each token by itself: the vector is widened, so that many small questions can be asked of it; most are "
        "answered with almost nothing; the rest is written back."
    ),
    "result": "The vector of each token now holds its context. This is what the model gives.",
    "pooler": "One vector for the whole sequence: that of the first token, through one more matrix and tanh.",
    "head": "The vector becomes one score for each possible answer; softmax makes chances of the scores.",
    "layer": "One layer, whose steps are not told apart.",
    "other": "A branch of the layer that is not read here.",
}


def why(step: Step) -> str:
    """Return why a step is done."""
    return _WHY.get(step.kind, "")


def heading(step: Step) -> str:
    """Return the title of a step with its place."""
    place = [step.stack.capitalize()] if step.stack else []
    if step.layer is not None and step.kind != "layer":
        return " · ".join([*place, f"Layer {step.layer}", step.title])
    return " · ".join([*place, f"Layer {step.layer}" if step.layer is not None else step.title])
