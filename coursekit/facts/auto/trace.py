"""How ``AutoModel.from_pretrained`` gets from a name to a model, step by step, without loading a weight.

Each step asks transformers itself: its config classes, its auto mappings, its own words where it would fail. Code that
comes with a checkpoint is never run.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.auto.mapping import choose_class, mapping_of, require_task, rows_of
from coursekit.facts.auto.steps import DONE, FAILED, TITLES, Step, TraceFacts
from coursekit.facts.auto.weight_choice import choose_weights, compare_names
from coursekit.facts.config.load import read_config
from coursekit.facts.files.json import LARGEST
from coursekit.facts.files.locate import (
    CACHE,
    CONFIG_NAME,
    FOLDER,
    HUB,
    MODEL_TYPE,
    NOWHERE,
    Source,
    locate,
    on_hub,
)
from coursekit.facts.files.tensor_names import shape_text
from coursekit.frameworks.buildable import NoModelError, check_buildable
from coursekit.frameworks.quiet import quiet
from coursekit.frameworks.weight_names import is_weight_file

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from coursekit.frameworks import Framework

WARNING = (
    'transformers 4 says of them: "Some weights ... were not initialized from the model checkpoint ... and are newly '
    'initialized"; transformers 5 lists them as MISSING. It means: these parts know nothing until you train them.'
)


def trace_facts(
    checkpoint: str | os.PathLike[str],
    *,
    task: str = "",
    framework: Framework | None = None,
    subfolder: str = "",
    revision: str = "",
    variant: str = "",
) -> TraceFacts:
    """Follow ``AutoModel.from_pretrained(checkpoint)``; read headers only.

    Parameters
    ----------
    checkpoint
        A folder that ``save_pretrained`` wrote, or an id on the Hub.
    task
        Follow the auto class of a task instead, such as ``sequence-classification``.
    framework
        PyTorch or TensorFlow; the one in use where it is None.
    subfolder, revision, variant
        As in ``from_pretrained``: the folder below the checkpoint's own that holds the files, a branch, tag or commit
        of the Hub, and the variant of the weights, such as ``fp16``.

    Raises
    ------
    CourseError
        When there is no such folder, the id is malformed or unknown to the Hub, or the task is unknown. What goes wrong
        later is a step that failed.
    """
    framework = framework or frameworks.choose()
    require_task(framework, task)
    options = {"subfolder": subfolder, "revision": revision}
    source = _files_of(checkpoint, **options)
    walk = _Walk(source, task, framework, {name: value for name, value in options.items() if value}, variant)
    with quiet():
        walk.go()
    return walk.facts()


def _files_of(checkpoint: Any, *, subfolder: str, revision: str) -> Source:
    """Return the files that ``from_pretrained`` would find."""
    source = locate(checkpoint, subfolder=subfolder, revision=revision or "main")
    if source.is_object:
        raise CourseError(
            f"{source}. AutoModelTrace needs a checkpoint.",
            why="it follows from_pretrained, which begins with the name of a folder or of a checkpoint on the Hub.",
            remedy='Give that name, such as "bert-base-cased", or a folder that save_pretrained wrote.',
        )
    if source.kind == FOLDER or (source.kind == CACHE and any(map(is_weight_file, source.sizes))):
        return source
    there = on_hub(source, subfolder=subfolder, revision=revision)
    if there.kind == NOWHERE and source.given == MODEL_TYPE:
        raise CourseError(
            f"{source}. AutoModelTrace needs a checkpoint.",
            why="from_pretrained would look for a checkpoint of that name on the Hub, which does not answer.",
            remedy='Give the id of a checkpoint, such as "bert-base-cased", or a folder.',
        )
    return there


class _StopError(Exception):
    """A step failed; the ones after it are not reached."""


class _Walk:
    """The steps, done one after the other, until one fails."""

    def __init__(
        self, source: Source, task: str, framework: Framework, options: Mapping[str, str], variant: str
    ) -> None:
        self.source, self.task, self.framework = source, task, framework
        self.options, self.variant = options, variant
        self.auto = framework.auto_class(task)
        self.found = TraceFacts(
            checkpoint=source.shown,
            task=task,
            framework=framework.label,
            auto_class=framework.auto_class_name(task),
            source=source,
            steps=(),
            rows=rows_of(self.auto),
        )
        self.steps: list[Step] = []
        self.config: Any = None
        self.model_class: Any = None

    def go(self) -> None:
        ways = (self.find, self.read, self.take_config, self.look_up, self.weigh, self.match)
        for title, way in zip(TITLES, ways, strict=True):
            try:
                self.steps.append(replace(way(), title=title))
            except _StopError as stop:
                self.steps.append(replace(stop.args[0], title=title))
                return

    def facts(self) -> TraceFacts:
        open_steps = [Step(title) for title in TITLES[len(self.steps) :]]
        return replace(self.found, steps=(*self.steps, *open_steps))

    def stop(self, answer: str, *notes: str, reason: str = "") -> _StopError:
        return _StopError(Step("", FAILED, answer, notes, reason))

    def said(self, call: Callable[..., Any], **options: Any) -> tuple[Any, str]:
        """Return what transformers answers, or the words in which it fails; nothing is fetched, no code is trusted."""
        on_disk = self.source.kind == HUB and self.source.folder
        name = str(self.source.folder) if on_disk else self.source.checkpoint
        where = {} if on_disk else self.options
        try:
            return call(name, local_files_only=True, trust_remote_code=False, **where, **options), ""
        except Exception as error:  # noqa: BLE001  (a config from a file may fail in any way; that is what is shown)
            words = str(error).strip() or type(error).__name__
            if self.source.shown != name:
                words = words.replace(name, self.source.shown)
            return None, f"{type(error).__name__}: {words}"

    def find(self) -> Step:
        from transformers import AutoConfig

        source = self.source
        where = {FOLDER: "in the folder", CACHE: "in the cache", HUB: "on the Hub", NOWHERE: ""}[source.kind]
        if source.kind == NOWHERE:
            _, reason = self.said(AutoConfig.from_pretrained)
            note = (
                "It is no folder here, it is not in the cache, and the Hub does not answer (or HF_HUB_OFFLINE is set)."
            )
            raise self.stop("not found", note, reason=reason)
        if CONFIG_NAME not in source.sizes:
            _, reason = self.said(AutoConfig.from_pretrained) if source.kind != HUB else (None, "")
            raise self.stop(
                f"there is none {where}", "Without it nothing says which architecture to build.", reason=reason
            )
        commit = f", commit {source.commit[:7]}" if source.commit else ""
        return Step("", DONE, f"{where}{commit}", self._where_notes())

    def _where_notes(self) -> tuple[str, ...]:
        source = self.source
        order = "A folder of that name comes first, then the cache, then the Hub."
        if source.kind == FOLDER:
            return (order, "A folder has no commit: it is whatever lies there now.")
        if source.kind == HUB:
            return (order, "It is not in the cache yet: from_pretrained would download it, and then the weights.")
        newer = "Where there is a network, from_pretrained first asks the Hub whether there is a newer one."
        return (order, f"The commit says which version of the repository it is. {newer}")

    def read(self) -> Step:
        from transformers import CONFIG_MAPPING

        settings = self._settings()
        self.found = replace(self.found, settings=tuple(settings.items()))
        self.config, reason = self._load_config(settings)
        model_type = settings.get("model_type")
        custom = settings.get("auto_map")
        code: tuple[str, ...] = ()
        if isinstance(custom, dict):
            named = ", ".join(map(str, custom.values()))
            condition = "transformers runs it only when you pass trust_remote_code=True."
            code = (f"Its auto_map names code of its own ({named}). It was not run; {condition}",)
        if self.config is None and not isinstance(model_type, str):
            raise self.stop(
                "it has no model_type",
                "The model_type names the architecture, for example 'bert'.",
                *code,
                reason=reason,
            )
        if self.config is None and model_type not in CONFIG_MAPPING:
            near = did_you_mean(str(model_type), list(CONFIG_MAPPING.keys())).strip()
            raise self.stop(f"{model_type!r} is unknown", *([near] if near else []), *code, reason=reason)
        if self.config is None:
            # The type is known, but not the values: that is the next step's to say.
            self.failure = reason
        if not isinstance(model_type, str):
            model_type = self.config.model_type
            code = ("It has none; transformers 4 then looks for a known one inside the checkpoint's name.", *code)
        self.found = replace(self.found, model_type=model_type)
        return Step(
            "",
            DONE,
            model_type,
            ("It names the architecture; every config.json that save_pretrained writes has it.", *code),
        )

    def _settings(self) -> dict[str, Any]:
        """Return the content of config.json, bounded before any class of transformers sees it."""
        from transformers import AutoConfig

        if (size := self.source.sizes.get(CONFIG_NAME) or 0) > LARGEST:
            raise self.stop("config.json is too large", f"{size:,} bytes are not read; a config has some thousands.")
        try:
            raw = read_config(self.source)
            settings = json.loads(raw or b"")
        except RecursionError as error:
            raise self.stop(
                "config.json is nested too deep", "No config has settings inside of settings that deep."
            ) from error
        except OSError as error:
            raise self.stop("config.json cannot be read", reason=f"{type(error).__name__}: {error.strerror}") from error
        except ValueError as error:
            _, reason = self.said(AutoConfig.from_pretrained)
            raise self.stop("config.json is not valid JSON", f"{error}.", reason=reason) from error
        if not isinstance(settings, dict):
            _, reason = self.said(AutoConfig.from_pretrained)
            what = f"It holds {type(settings).__name__}, and must hold an object: names with values, in braces."
            raise self.stop("config.json is no object", what, reason=reason)
        try:
            check_buildable(settings)
        except NoModelError as error:  # before any class of transformers sees it: each layer would be an object
            raise self.stop("it describes no model that can be built", str(error)) from error
        return settings

    def _load_config(self, settings: dict[str, Any]) -> tuple[Any, str]:
        from transformers import CONFIG_MAPPING, AutoConfig

        if self.source.kind != HUB:
            return self.said(AutoConfig.from_pretrained)
        model_type = settings.get("model_type")
        if model_type not in CONFIG_MAPPING:
            return None, ""
        return self.said(lambda _name, **_: CONFIG_MAPPING[model_type].from_dict(settings))

    def take_config(self) -> Step:
        if self.config is None:
            raise self.stop(
                "its values do not fit", "The config class refuses what config.json says.", reason=self.failure
            )
        name = type(self.config).__name__
        self.found = replace(self.found, config_class=name)
        return Step(
            "",
            DONE,
            name,
            (
                f"AutoConfig's mapping: {self.found.model_type} → {name}.",
                "It fills in every value that config.json leaves out.",
            ),
        )

    def look_up(self) -> Step:
        mapping = mapping_of(self.auto)
        auto = self.found.auto_class
        code: Any = getattr(self.config, "auto_map", None)
        own_code = isinstance(code, dict) and auto in code
        if type(self.config) not in mapping:
            if own_code:
                what = f"Only the checkpoint's own code ({code[auto]}) has a class for {auto}. It was not run."
                _, reason = self.said(self.auto.from_pretrained, config=self.config)
                raise self.stop("code that comes with the checkpoint", what, reason=reason)
            _, reason = self.said(self.auto.from_pretrained, config=self.config)
            what = f"{auto} has no row for {self.found.model_type}: no model of this architecture is made for it."
            raise self.stop(f"no row for {self.found.model_type}", what, reason=reason)
        self.model_class = choose_class(mapping, self.config)
        name = self.model_class.__name__
        self.found = replace(self.found, model_class=name)
        notes = [f"{auto}'s mapping: {self.found.model_type} → {name}."]
        architectures = [str(one) for one in getattr(self.config, "architectures", None) or []]
        if architectures and name.removeprefix("TF") not in architectures:
            saved = " and ".join(architectures)
            notes.append(
                f"The config says that {saved} was saved. {auto} takes no notice: it makes the class of its own row"
                + (", the body without a head." if not self.task else ".")
            )
        if own_code:
            notes.append(
                f"The checkpoint brings code of its own ({code[auto]}). It is not run: transformers has a class."
            )
        return Step("", DONE, name, tuple(notes))

    def weigh(self) -> Step:
        files, taken, notes, problem = choose_weights(self.source, self.framework, self.config, variant=self.variant)
        self.found = replace(self.found, files=files)
        if taken is None:
            reason = ""
            # Only where none of the files that from_pretrained looks for is there: it would load what it finds.
            if not problem and self.source.folder is not None:
                _, reason = self.said(self.auto.from_pretrained, config=self.config)
            raise self.stop(problem or "there is none that fits", *notes, reason=reason)
        if problem:
            raise self.stop(problem, *notes)
        self.taken = taken
        return Step("", DONE, taken, notes)

    def match(self) -> Step:
        try:
            fit, fresh = compare_names(self.source, self.taken, self.framework, self.config, self.model_class)
        except Exception as error:
            # transformers checks few values of a config before it builds the model.
            what = "With these values in its config the model cannot even be planned."
            reason = f"{type(error).__name__}: {error}"
            raise self.stop(f"{self.found.model_class} cannot be built", what, reason=reason) from error
        self.found = replace(self.found, fit=fit, fresh=fresh)
        if not fit.compared:
            return Step("", DONE, "not compared", (fit.reason,))
        if fit.mismatched:
            first = fit.mismatched[0]
            what = (
                f"{first.name} is {shape_text(first.stored)} in the file, and the config calls for "
                f"{shape_text(first.called_for)}."
            )
            raise self.stop(f"{len(fit.mismatched)} with another shape", what, "from_pretrained ends with an error.")
        new = sum(one.tied_to is None for one in fresh)
        total = fit.matching + new
        notes = [f"{fit.matching} tensors come from the file."]
        if fresh:
            notes.append(f"{new} are not in it and get new numbers.")
            notes.append(WARNING)
        if fit.surplus:
            notes.append(
                f"{len(fit.surplus)} tensors of the file have no place in {self.found.model_class} and stay unused."
            )
        answer = f"{fit.matching} of {total} from the file" + (f", {new} newly initialized" if fresh else "")
        return Step("", DONE, answer, tuple(notes))
