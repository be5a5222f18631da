"""The Hugging Face Hub, as the course meets it: is a checkpoint cached, does the Hub give it, what if it does not.

The Hub's client stands on requests in its versions 0.x and on httpx since 1.0. Only what all of them offer is used.
"""

from __future__ import annotations

import copy
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError, did_you_mean
from coursekit.frameworks.weight_names import BIN, SAFETENSORS, whole_of_shard
from coursekit.hub.shards import read_index
from coursekit.hub.staging import DISK_FULL, cache_folder, publish, repository_folder, staging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SECONDS = 2.5  # how long a decision may take; what is left of three seconds is for a slow machine
_CONFIG = "config.json"
_TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "vocab.json",
)
_TEXT_FILE = re.compile(r"(README\.md|[^/]+\.(json|txt|model|jinja))")
_OFTEN_MEANT = (
    "bert-base-cased",
    "bert-base-uncased",
    "bert-large-cased",
    "bert-large-uncased",
    "distilbert-base-cased",
    "distilbert-base-uncased",
    "roberta-base",
    "gpt2",
    "sentence-transformers/all-MiniLM-L6-v2",
)
_OWN_HEADERS = ("X-Error-Code", "X-Error-Message", "X-Repo-Commit")
_LOG_IN = "log in with a token that may read it (`hf auth login`, or the variable HF_TOKEN)"

_on_disk: set[str] = set()  # what this process asks for no more, nor anything below it: see rely_on_cache


def check_id(model_id: str) -> None:
    """Raise a :class:`CourseError` unless ``model_id`` has the form of an id on the Hub."""
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        if not isinstance(model_id, str):
            raise HFValidationError("not a string")  # noqa: TRY301  (the client is not of one mind about None)
        validate_repo_id(model_id)
    except HFValidationError as error:
        raise CourseError(
            f"{model_id!r} is not the id of a checkpoint on the Hub, nor a folder on this machine.",
            why="an id is a name, or owner/name, of letters, digits and the signs - _ . (at most 96 characters).",
            remedy="Use an id such as 'bert-base-cased': what stands after huggingface.co/ in the address of its page.",
        ) from error


def is_offline() -> bool:
    """Tell whether HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) was set when huggingface_hub was imported."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def is_cached(model_id: str, *, subfolder: str = "", revision: str = "") -> bool:
    """Tell whether the cache holds all that a lesson needs of a checkpoint: config, weights and tokenizer."""
    inside = f"{subfolder.strip('/')}/" if subfolder else ""

    def held(name: str) -> Path | None:
        from huggingface_hub import try_to_load_from_cache

        path = try_to_load_from_cache(model_id, f"{inside}{name}", cache_dir=cache_folder(), revision=revision or None)
        return Path(path) if isinstance(path, str) else None

    def weights(name: str) -> bool:
        if held(name):
            return True
        index = held(f"{name}.index.json")
        return index is not None and all(held(shard) for shard in read_index(index).files or [""])

    return bool(held(_CONFIG)) and any(map(weights, (SAFETENSORS, BIN))) and any(map(held, _TOKENIZERS))


@dataclass(frozen=True)
class Answer:
    """Whether the Hub gives a checkpoint, and if not, why: the beginning of a sentence, such as ``The Hub is busy``."""

    gives: bool
    reason: str = ""


def gives(model_id: str, *, seconds: float = SECONDS) -> bool:
    """Tell whether the Hub gives a checkpoint; see :func:`ask`."""
    return ask(model_id, seconds=seconds).gives


def ask(model_id: str, *, subfolder: str = "", revision: str = "", seconds: float = SECONDS) -> Answer:
    """Ask the Hub for a checkpoint's config.json, and wait at most ``seconds`` for its answer.

    Raises
    ------
    CourseError
        When the Hub itself refuses: there is no such checkpoint, or it may not be read. What a filter or a mirror says
        on the way to the Hub is no refusal; a lesson goes on with the offline BERT then.
    """
    if is_offline():
        return Answer(gives=False, reason="HF_HUB_OFFLINE is set")
    response = within(lambda: _head(model_id, subfolder, revision), seconds=seconds)
    if response is None:
        return Answer(gives=False, reason="The Hub does not answer")
    refused = refusal(model_id, response)
    if refused is not None:
        raise refused
    # The client itself accepts no file without this header: a page of the hotel's network is no answer.
    if response.status_code == 200 and response.headers.get("X-Repo-Commit"):  # noqa: PLR2004  (HTTP: OK)
        return Answer(gives=True)
    return Answer(gives=False, reason=_without_answer(response))


def _without_answer(response: Any) -> str:
    """Return why an answer gives no checkpoint although nobody refused it."""
    status = response.status_code
    if status == 429:  # noqa: PLR2004  (HTTP: too many requests)
        wait = str(response.headers.get("Retry-After", ""))
        after = f", for {wait} seconds" if wait.isdigit() else ""
        return f"The Hub asks this network to wait{after} (429, too many requests)"
    if status >= 500:  # noqa: PLR2004  (HTTP: the server's own faults)
        return f"The Hub is out of order for the moment ({status})"
    if status in (401, 403, 404, 407, 451):
        return f"Something on the way to the Hub refuses ({status}, not in the Hub's own words)"
    return "The Hub does not answer"


def within(call: Callable[[], Any], *, seconds: float) -> Any:
    """Return what ``call`` returns, or None where it raises or is not back after ``seconds``.

    A name server that swallows questions keeps its asker for half a minute, whatever time-out the client has: so
    another thread asks, and is left behind when the time is over.
    """
    answers: list[Any] = []

    def ask() -> None:
        with suppress(Exception):  # each generation of the client has its own ways to say "not reached"
            answers.append(call())

    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    asker.join(seconds)
    return answers[0] if answers else None


def _head(model_id: str, subfolder: str, revision: str) -> Any:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session

    url = hf_hub_url(model_id, _CONFIG, subfolder=subfolder or None, revision=revision or None)
    return get_session().request("HEAD", url, headers=build_hf_headers(), timeout=SECONDS)


def refusal(model_id: str, response: Any) -> CourseError | None:
    """Return the error that explains why the Hub refuses a checkpoint, or None when it does not refuse.

    Parameters
    ----------
    model_id
        The checkpoint that was asked for.
    response
        What came back: an object with ``status_code`` and ``headers``, from requests or httpx.
    """
    status = response.status_code
    reason = response.headers.get("X-Error-Code", "")
    # Only the Hub's own word counts: a filter, a proxy or a mirror answers with these statuses as well.
    if not any(response.headers.get(name) for name in _OWN_HEADERS):
        return None
    if reason == "EntryNotFound":
        return CourseError(
            f"{model_id!r} on the Hub has no {_CONFIG}.",
            why="without a config nothing says which architecture its weights belong to.",
            remedy="Use the id of a Transformers checkpoint, such as 'bert-base-cased'.",
        )
    # To somebody who is not logged in the Hub answers 401 for an unknown id as well.
    if status == 404 or reason == "RepoNotFound":  # noqa: PLR2004  (HTTP: not found)
        return CourseError(
            f"The Hub has no checkpoint {model_id!r}.{did_you_mean(model_id, set(_OFTEN_MEANT) - {model_id})}",
            why="nothing can be loaded under this id; a private checkpoint looks the same to all who may not read it.",
            remedy=f"Correct the spelling, or, if it is private, {_LOG_IN}.",
        )
    if "Invalid credentials" in response.headers.get("X-Error-Message", ""):
        return CourseError(
            "The Hub does not accept your token.",
            why="a token that is wrong or has expired is refused even for checkpoints that everybody may read.",
            remedy="Remove it (`hf auth logout`, and unset the variable HF_TOKEN), or log in again (`hf auth login`).",
        )
    if status in (401, 403):
        return CourseError(
            f"The Hub does not let you read {model_id!r}: it is gated or private.",
            why="its owner asks for an agreement or an invitation before the files can be downloaded.",
            remedy=f"Ask for access on its page on the Hub and {_LOG_IN}.",
        )
    return None


def rely_on_cache(model_id: str) -> None:
    """Let every request of this process for ``model_id`` fail at once, as HF_HUB_OFFLINE does for all checkpoints.

    The libraries then take the copy in the cache, silently. Otherwise each load asks whether that copy is the newest:
    without network this takes half a minute and fails for a tokenizer (huggingface_hub 0.36, transformers 4.54).
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    # Clients of 2026 also ask once for a list of agents, which no load needs.
    paths = (model_id, f"api/models/{model_id}", "api/agent-harnesses")
    _on_disk.update(f"{constants.ENDPOINT}/{path}" for path in paths)
    session = get_session()
    if hasattr(session, "event_hooks"):  # httpx
        hooks = session.event_hooks
        if _refuse not in hooks["request"]:
            session.event_hooks = {**hooks, "request": [_refuse, *hooks["request"]]}
        return
    from huggingface_hub import configure_http_backend

    adapter = session.get_adapter(constants.ENDPOINT)
    if not isinstance(adapter, _Refusing):
        session.mount(constants.ENDPOINT, _Refusing(adapter))
        # Other threads get sessions of their own: they shall have what is set in this one.
        configure_http_backend(lambda: copy.copy(session))


def _refuse(request: Any) -> None:
    """Raise the client's own error of offline mode for a URL that need not be asked for."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    url = str(request.url).partition("?")[0]
    if any(f"{url}/".startswith(f"{known}/") for known in _on_disk):
        raise OfflineModeIsEnabled(f"{request.url} was not asked for: ck.checkpoint chose the copy in the cache.")


class _Refusing:
    """An adapter of requests that sends what may be asked for, through the one that was there before."""

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter

    def send(self, request: Any, **options: Any) -> Any:
        _refuse(request)
        return self._adapter.send(request, **options)

    def close(self) -> None:
        self._adapter.close()


def fetch(model_id: str) -> Path:
    """Download a checkpoint into the cache, wholly or not at all, and return the folder of its repository there.

    Raises
    ------
    CourseError
        When the id is malformed or refused, the Hub does not answer, the download breaks off, or the disk is full.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    check_id(model_id)
    cache = cache_folder()
    if is_cached(model_id):
        return cache / repository_folder(model_id)
    try:
        info = HfApi().model_info(model_id, files_metadata=True, timeout=10)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        names = _to_fetch(model_id, sizes)
        with staging(cache, room=sum(sizes[name] for name in names)) as stage:
            return publish(_download(model_id, info.sha, names, stage), cache)
    except CourseError:
        raise
    except (HfHubHTTPError, OSError) as error:
        raise _failed(model_id, error) from error
    except Exception as error:
        if not type(error).__module__.startswith("http"):  # httpx, httpx2, httpcore: by generation of the client
            raise
        raise _failed(model_id, error) from error


def _to_fetch(model_id: str, names: Iterable[str]) -> list[str]:
    """Choose what ``from_pretrained`` may want: texts at the top, and safetensors rather than pickled weights."""
    texts = [name for name in names if _TEXT_FILE.fullmatch(name)]
    whole = (SAFETENSORS, BIN)
    weights = [name for name in names if name in whole or whole_of_shard(name) in whole]
    safe = [name for name in weights if name.endswith(".safetensors")]
    if _CONFIG not in texts or not weights:
        raise CourseError(
            f"{model_id!r} on the Hub has no {'weights' if _CONFIG in texts else _CONFIG}.",
            why="Transformers needs config.json and weights as model.safetensors or pytorch_model.bin.",
            remedy="Use the id of a Transformers checkpoint, such as 'bert-base-cased'.",
        )
    return sorted(texts) + sorted(safe or weights)


def _download(model_id: str, revision: str, names: list[str], stage: Path) -> Path:
    from huggingface_hub import hf_hub_download

    for name in names:  # one after the other, so that Ctrl-C stops the download at once
        try:
            hf_hub_download(model_id, name, revision=revision, cache_dir=stage)
        except OSError as error:  # requests' own errors are of this kind as well
            if error.errno in DISK_FULL:
                raise
            raise _failed(model_id, error) from error
    repository = stage / repository_folder(model_id)
    (repository / "refs").mkdir(exist_ok=True)
    (repository / "refs" / "main").write_text(revision)
    return repository


def _failed(model_id: str, error: Exception) -> CourseError:
    response = getattr(error, "response", None)
    refused = None if response is None else refusal(model_id, response)
    return refused or CourseError(
        f"{model_id!r} could not be downloaded: {' '.join(str(error).split()) or type(error).__name__}",
        why="the Hub did not answer, or the connection broke off; nothing was put in the cache.",
        remedy="Check that this machine reaches the Hub and that HF_HUB_OFFLINE is not set, then run this again.",
    )
