"""What an output does not hold and could, with the line that brings it; nothing that the model does not have."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit.facts.output.given import output_class
from coursekit.facts.output.values import arrays_of

if TYPE_CHECKING:
    from coursekit.facts.output.given import Given
    from coursekit.facts.output.values import Named


@dataclass(frozen=True)
class Missing:
    """A field that could be there.

    Attributes
    ----------
    name
        Its name.
    reason
        Why it is not there.
    line
        The line that brings it; empty where nothing does.
    """

    name: str
    reason: str
    line: str


_ASKED = "The model returns them only when you ask."


def missing_fields(named: Named, output: Any, given: Given) -> tuple[Missing, ...]:
    """Return what the model would also give, with the line that asks for it.

    A model without attention (Mamba, FNet) does not take ``output_attentions`` and would raise ``TypeError``: what its
    class or the class of its output does not know is never advised.
    """
    if not isinstance(output, (Mapping, tuple, list)):
        return ()
    names = {name.rpartition(".")[2] for name in named.values}
    if "sequences" in names:
        call = "output = model.generate(**inputs, return_dict_in_generate=True, {}=True)"
    else:
        call = "output = model(**inputs, {}=True)"
    found = []
    for field, short in (("hidden_states", "hidden_states"), ("attentions", "attentions")):
        argument = f"output_{short}"
        present = [
            value
            for name, value in named.values.items()
            if name.endswith(field) and not name.endswith("cross_attentions")
        ]
        if any(True for value in present for _ in arrays_of(value)):
            continue
        if present and field == "attentions" and _takes(argument, named, given) is not False:
            reason = "You asked for them, but this implementation of attention (sdpa, flash) never writes them down."
            line = 'model = AutoModel.from_pretrained(checkpoint, attn_implementation="eager")'
            found.append(Missing(field, reason, line))
            continue
        takes = _takes(argument, named, given)
        if takes is None and field == "attentions" and (without := _imported_without(argument, named)):
            reason = f"{_ASKED} {without} has none, and does not take this argument."
            found.append(Missing(field, reason, call.format(argument)))
        elif takes is False:
            what = "attention weights" if field == "attentions" else "hidden states of all layers"
            found.append(Missing(field, f"This model does not return {what}: it takes no {argument}.", ""))
        else:
            found.append(Missing(field, _ASKED, call.format(argument)))
    return tuple(found)


def _takes(argument: str, named: Named, given: Given) -> bool | None:
    """Tell whether the model takes an argument; None where neither it nor its config was given."""
    field = argument.removeprefix("output_")
    inner = any("." in name and not name.startswith("past_key_values.") for name in named.values)
    if named.could and not inner and not any(name.endswith(field) for name in named.could):
        return False
    model = given.model or _base_class(given.config, named.framework)
    return None if model is None else takes_argument(model, argument)


def takes_argument(model: Any, argument: str) -> bool:
    """Tell whether a class of models takes an argument by name, or passes on all that it is given."""
    function = getattr(model, "call" if not hasattr(model, "forward") else "forward", None)
    try:
        parameters = inspect.signature(function).parameters  # type: ignore[arg-type]  # None raises TypeError too
    except (TypeError, ValueError):
        return True
    if argument in parameters:
        return True
    # transformers 5 passes any argument on, and lists what a model can record.
    recorded = getattr(model, "_can_record_outputs", None)
    if isinstance(recorded, dict) and recorded:
        return argument.removeprefix("output_") in recorded
    # A model that names one of the two (FNet: the hidden states) and not the other does not have the other.
    if any(other in parameters for other in ("output_hidden_states", "output_attentions")):
        return False
    return any(one.kind is one.VAR_KEYWORD for one in parameters.values())


def _base_class(config: Any, framework: str) -> Any:
    """Return the base class of models of this config, where its module is imported already: an output came from it."""
    if config is None or "transformers" not in sys.modules:
        return None
    from coursekit import frameworks

    try:
        auto = frameworks.get(framework).auto_class()
        return auto._model_mapping[type(config)]  # noqa: SLF001  (the only way from a config to its class)
    except Exception:  # noqa: BLE001  (not what this model takes)
        return None


def _imported_without(argument: str, named: Named) -> str:
    """Return a model class, of those imported, that returns such outputs and does not take the argument; else nothing.

    An output without config or model may come from any of them.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("transformers.models.") and ".modeling_" in name:
            for attribute, value in vars(module).items():
                own = isinstance(value, type) and value.__module__ == name and attribute.endswith("Model")
                could = own and "PreTrained" not in attribute and _may_return(value, named.kind)
                if could and not takes_argument(value, argument):
                    return attribute
    return ""


def _may_return(model: Any, kind: str) -> bool:
    stated = getattr(output_class(model), "__name__", "")
    return bool(stated) and kind.startswith(stated)
