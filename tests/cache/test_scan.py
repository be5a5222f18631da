"""The facts of a cache are those of huggingface_hub, and what it passes over is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from huggingface_hub import scan_cache_dir

from coursekit.errors import CourseError
from coursekit.facts.cache.place import cache_place
from coursekit.facts.cache.scan import cache_facts
from coursekit.hub.staging import OLDER_VARIABLES

OLD, NEW, OTHER = "a" * 40, "b" * 40, "c" * 40  # huggingface_hub deletes by commit, wherever it is


@contextmanager
def as_nobody(folder):
    """Be a user for whom permissions count; root, to whom nothing is forbidden, becomes somebody else for a moment."""
    folder.chmod(0o777)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)


def lay_out(cache, folder, snapshots, *, ref=NEW):
    """Write a repository as the Hub's client does: ``snapshots`` maps commits to {file: content}."""
    home = cache / folder
    (home / "blobs").mkdir(parents=True)
    (home / "refs").mkdir()
    if ref:
        (home / "refs" / "main").write_text(ref)
    for commit, files in snapshots.items():
        for name, content in files.items():
            blob = home / "blobs" / f"{abs(hash(content)):x}"
            blob.write_bytes(content)
            path = home / "snapshots" / commit / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(os.path.relpath(blob, path.parent))
    return home


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "hub"
    lay_out(
        folder,
        "models--ada--bert",
        {
            OLD: {"config.json": b"old", "w.safetensors": b"w" * 900},
            NEW: {"config.json": b"new!", "w.safetensors": b"w" * 900},
        },
    )
    lay_out(folder, "datasets--squad", {OTHER: {"data/train.csv": b"1,2"}}, ref=OTHER)
    return folder


def test_the_figures_are_those_of_huggingface_hub(cache):
    facts = cache_facts(cache)
    scanned = {repo.repo_id: repo for repo in scan_cache_dir(cache).repos}

    assert [repository.id for repository in facts.repositories] == ["ada/bert", "squad"]
    assert facts.nbytes == 900 + 3 + 4 + 3  # the blob that two revisions share is counted once
    for repository in facts.repositories:
        repo = scanned[repository.id]
        assert (repository.kind, repository.nbytes, repository.files) == (
            repo.repo_type,
            repo.size_on_disk,
            repo.nb_files,
        )
        assert {revision.commit: revision.nbytes for revision in repository.revisions} == {
            revision.commit_hash: revision.size_on_disk for revision in repo.revisions
        }
    bert, squad = facts.repositories
    assert [(revision.commit, revision.refs) for revision in bert.revisions] == [(NEW, ("main",)), (OLD, ())]
    assert {file.name: file.revisions for file in bert.revisions[0].files} == {"config.json": 1, "w.safetensors": 2}
    assert [file.name for file in squad.revisions[0].files] == ["data/train.csv"]
    assert facts.findings == ()


def test_unfinished_downloads_broken_links_and_orphans_are_named(cache):
    bert, squad = cache / "models--ada--bert", cache / "datasets--squad"
    (bert / "blobs" / "0f.incomplete").write_bytes(b"half")
    (squad / "snapshots" / OTHER / "data" / "train.csv").resolve().unlink()
    lay_out(cache, "models--eve--gone", {}, ref="")
    lay_out(cache, "models--max--orphan", {NEW: {"a": b"1"}})
    (cache / "models--max--orphan" / "blobs" / "leftover").write_bytes(b"12345")
    (cache / "version.txt").write_text("1")
    (cache / ".locks").mkdir()

    facts = cache_facts(cache)

    found = {(finding.severity, finding.where): finding.what for finding in facts.findings}
    assert "1 download was not finished" in found["warning", "ada/bert"]
    assert "data/train.csv leads nowhere" in found["error", "squad"]
    assert "no revision" in found["note", "eve/gone"]
    assert "1 blob belongs to no revision any more (5 bytes)" in found["note", "max/orphan"]
    assert {repository.id for repository in facts.repositories} == {"ada/bert", "squad", "eve/gone", "max/orphan"}
    by_id = {repository.id: repository for repository in facts.repositories}
    assert by_id["ada/bert"].unfinished == (4,)
    assert by_id["squad"].revisions[0].files[0].broken


@pytest.mark.parametrize("place", [".", "blobs", "refs", "snapshots", f"snapshots/{OTHER}"])
def test_a_repository_that_may_not_be_read_is_named_and_the_others_are_shown(place):
    with tempfile.TemporaryDirectory() as name, as_nobody(Path(name)) as home:
        lay_out(home, "models--ada--bert", {NEW: {"config.json": b"12"}})
        secret = lay_out(home, "models--eve--secret", {OTHER: {"config.json": b"1"}})
        (secret / place).chmod(0)
        facts = cache_facts(home)
        (secret / place).chmod(0o755)

    (problem,) = facts.findings
    assert (problem.severity, problem.where) == ("error", "eve/secret")
    assert "Permission denied" in problem.what
    assert {one.id: one.nbytes for one in facts.repositories} == {"ada/bert": 2, "eve/secret": 0}


def test_one_repository_is_found_by_its_id(cache):
    facts = cache_facts(cache, repository="ada/bert")

    assert facts.repositories == tuple(one for one in cache_facts(cache).repositories if one.id == "ada/bert")
    with pytest.raises(CourseError, match="Did you mean 'ada/bert'"):
        cache_facts(cache, repository="ada/bart")
    with pytest.raises(CourseError, match="not in the cache"):
        cache_facts(cache / "absent", repository="ada/bert")


def test_the_command_frees_what_it_says(cache):
    facts = cache_facts(cache)
    command = facts.repositories[0].free
    before = sum(path.stat().st_size for path in cache.rglob("blobs/*"))

    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    confirmed = f"{command} --yes" if command.startswith("hf ") else command
    environment = {**os.environ, "PATH": path, "HF_HUB_OFFLINE": "1"}
    subprocess.run(confirmed, shell=True, check=True, capture_output=True, env=environment, timeout=120)

    after = sum(path.stat().st_size for path in cache.rglob("blobs/*"))
    assert before - after == facts.repositories[0].nbytes
    assert [repository.id for repository in cache_facts(cache).repositories] == ["squad"]


def test_a_name_that_is_a_command_stays_a_name(cache, tmp_path):
    trace = tmp_path / "trace"
    home = lay_out(cache, "models--x'; touch trace; echo '", {NEW: {"a": b"1"}})
    assert home.is_dir()
    evil = next(one for one in cache_facts(cache).repositories if "touch" in one.id)

    subprocess.run(f"echo {evil.free}", shell=True, check=True, cwd=tmp_path, capture_output=True, timeout=60)

    assert not trace.exists()


def test_no_cache_and_an_empty_one_are_no_errors(tmp_path):
    absent, empty = cache_facts(tmp_path / "absent"), cache_facts(tmp_path)

    assert (absent.exists, empty.exists) == (False, True)
    assert absent.repositories == empty.repositories == ()
    assert not (tmp_path / "absent").exists()


def test_a_file_instead_of_a_cache_is_an_error(tmp_path):
    (tmp_path / "hub").write_text("")

    with pytest.raises(CourseError, match="cannot be read"):
        cache_facts(tmp_path / "hub")


VARIABLES = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME")


@pytest.mark.parametrize("variable", [*VARIABLES, None])
def test_the_deciding_variable_is_the_one_that_huggingface_hub_takes(variable, tmp_path):
    """Every process reads the variables once, so each case has a process of its own."""
    environment = {key: value for key, value in os.environ.items() if key not in VARIABLES}
    if variable:
        later = VARIABLES[VARIABLES.index(variable) :]
        environment.update({name: str(tmp_path / name) for name in later})
    program = """
from huggingface_hub import constants
from coursekit.facts.cache.place import cache_place
place = cache_place()
step = next(step for step in place.steps if step.decides)
assert str(place.folder) == constants.HF_HUB_CACHE
assert not place.surprise, place.surprise
print(step.name)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )

    assert run.stdout.strip() == (variable or "the default")


def test_a_variable_that_was_set_too_late_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))

    place = cache_place()

    assert not any(step.decides for step in place.steps)
    assert "after a restart" in place.surprise


@pytest.mark.parametrize("variable", [*OLDER_VARIABLES, None])
@pytest.mark.parametrize("first", ["transformers", "coursekit"])
def test_the_cache_is_where_the_installed_transformers_looks(variable, first, tmp_path, offline_bert):
    """Where transformers 4 is told another place, ck.checkpoint looks there too."""
    environment = {key: value for key, value in os.environ.items() if key not in (*VARIABLES, *OLDER_VARIABLES)}
    environment |= {"HF_HOME": str(offline_bert.parents[3]), "HF_HUB_OFFLINE": "1", "COURSEKIT_CHECKPOINT": ""}
    if variable:
        environment[variable] = str(tmp_path)
    program = f"""
import {first}
import coursekit as ck
from coursekit.facts.cache.place import cache_place
try:
    name = ck.checkpoint("sentence-transformers/all-MiniLM-L6-v2")
except ck.CourseError:
    name = None
place = cache_place()
from transformers import AutoConfig
try:
    loaded = AutoConfig.from_pretrained("sentence-transformers/all-MiniLM-L6-v2").num_hidden_layers
except OSError:
    loaded = None
print(name is None, loaded is None, place.folder, place.surprise)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    refused, missing, folder, *surprise = run.stdout.split()

    assert refused == missing
    if missing == "True":
        assert (folder, surprise[0]) == (str(tmp_path), variable)


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_set_to_nothing_counts_as_huggingface_hub_counts_it(variable, tmp_path):
    environment = {key: value for key, value in os.environ.items() if key not in (*VARIABLES, *OLDER_VARIABLES)}
    program = """
from huggingface_hub import constants
from coursekit.facts.cache.place import cache_place
place = cache_place()
assert str(place.folder) == constants.HF_HUB_CACHE or str(place.folder) == ".", (place.folder, constants.HF_HUB_CACHE)
print(place.surprise)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment | {variable: ""}, capture_output=True, text=True, check=True,
        timeout=60, cwd=tmp_path,
    )  # fmt: skip

    assert f"{variable} is set to nothing" in run.stdout


def _cache(tmp_path):
    """Return a cache of two repositories, both with one revision of one file."""
    for name in ("models--good--one", "models--odd--one"):
        home = tmp_path / name
        for part in ("blobs", "refs", "snapshots/abc"):
            (home / part).mkdir(parents=True)
        (home / "blobs" / "one").write_text("{}")
        (home / "refs" / "main").write_text("abc")
        (home / "snapshots" / "abc" / "config.json").symlink_to("../../blobs/one")
    return tmp_path / "models--odd--one"


def _pipe(home):
    (home / "refs" / "main").unlink()
    os.mkfifo(home / "refs" / "main")


ODD = {
    "a link loop": lambda home: (home / "snapshots" / "abc" / "loop").symlink_to("loop"),
    "a folder of links to itself": lambda home: (home / "snapshots" / "abc" / "up").symlink_to(".."),
    "an unfinished file that leads nowhere": lambda home: (home / "blobs" / "x.incomplete").symlink_to("gone"),
    "a pipe as a ref": _pipe,
    "a file among the snapshots": lambda home: (home / "snapshots" / ".DS_Store").write_text("x"),
    "a blob that is a loop": lambda home: (home / "blobs" / "loop").symlink_to("loop"),
}


@pytest.mark.parametrize("odd", ODD)
def test_one_odd_repository_leaves_the_others_shown(odd, tmp_path):
    ODD[odd](_cache(tmp_path))

    rows = {one.id: one for one in cache_facts(tmp_path).repositories}

    assert set(rows) == {"good/one", "odd/one"}
    assert (rows["good/one"].problem, rows["good/one"].nbytes) == ("", 2)
    assert rows["odd/one"].problem or rows["odd/one"].nbytes == 2


def test_where_links_are_forbidden_the_cache_is_read_all_the_same(tmp_path, monkeypatch):
    _cache(tmp_path)
    monkeypatch.setattr("pathlib.Path.symlink_to", lambda *_: (_ for _ in ()).throw(OSError("forbidden")))

    assert [one.nbytes for one in cache_facts(tmp_path).repositories] == [2, 2]


def test_the_layout_of_2021_is_told_from_an_empty_cache(tmp_path):
    """Written by hand as ``get_from_cache`` of transformers 4.10 wrote it."""
    for digit, url in (("a", "https://huggingface.co/bert-base-cased/resolve/main/config.json"), ("b", None)):
        (tmp_path / (digit * 64)).write_bytes(b"x" * 10)
        (tmp_path / (digit * 64 + ".json")).write_text(json.dumps({"url": url, "etag": '"1"'}))

    facts = cache_facts(tmp_path)

    assert facts.repositories == ()
    (found,) = facts.findings
    assert "2 files (20 bytes) lie here as transformers kept them until 2022" in found.what
