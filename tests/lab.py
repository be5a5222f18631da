"""Drive a real JupyterLab in a real Chromium, the way a learner would."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

PATIENCE = 180_000
"""Milliseconds to wait for a kernel that imports a framework on a busy machine."""

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium() -> str | None:
    """Return the path of the system's Chromium, or None when Playwright's own is the one to try."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@dataclass
class Watch:
    """What a page did that it must not do."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        """Record the errors and the requests of ``page`` from now on."""
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._request(request.url))

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in {"127.0.0.1", "localhost"}:
            self.outside.append(url)

    def check(self) -> None:
        """Assert that the page logged no error and asked nothing of the outside."""
        assert self.errors == []
        assert self.outside == []


@dataclass
class Lab:
    """A JupyterLab server on loopback, with a folder of its own."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path) -> Lab:
        """Start a server whose settings, workspaces and kernels know nothing of the person who runs the tests."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        work = folder / "work"
        work.mkdir(parents=True)
        settings = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        settings.parent.mkdir(parents=True)
        settings.write_text('{"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true}')
        environment = {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "COURSEKIT_CHECKPOINT": "offline",
            "HF_HUB_OFFLINE": "1",
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
        command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
        command += [f"--ServerApp.root_dir={work}", "--LabApp.expose_app_in_browser=True"]
        command += ["--LabApp.extension_manager=readonly", "--LabApp.news_url=", "--ServerApp.log_level=ERROR"]
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        lab = cls(f"http://127.0.0.1:{port}", work, process)
        try:
            lab._wait()
        except BaseException:
            lab.stop()
            raise
        return lab

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "JupyterLab ended at once; see server.log beside its folder"
            try:
                with urlopen(f"{self.url}/api/status", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        pytest.fail("JupyterLab did not answer")

    def stop(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def run(self, page: Page, cells: list[str], *, name: str = "lesson", dark: bool = False) -> Notebook:
        """Open a notebook of these code cells in ``page``, run all of them, and wait until the kernel is idle."""
        path = self.folder / f"{name}.ipynb"
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        # Without a kernel's name JupyterLab asks for one in a dialog.
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, path)
        return self.open(page, path.name, dark=dark)

    def open(self, page: Page, name: str, *, dark: bool = False, run: bool = True) -> Notebook:
        """Open a notebook that lies in the server's folder; run all its cells unless told otherwise."""
        page.goto(f"{self.url}/lab/tree/{name}?reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=PATIENCE)
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"
        page.evaluate(
            """async (theme) => {
                const app = window.jupyterapp;
                await app.commands.execute('apputils:change-theme', {theme});
                if (app.shell.leftCollapsed === false) await app.commands.execute('application:toggle-left-area');
            }""",
            theme,
        )
        page.wait_for_selector(f'body[data-jp-theme-light="{"false" if dark else "true"}"]', state="attached")
        # Cells that are run before the kernel is there make JupyterLab ask for one in a dialog.
        page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=PATIENCE,
        )
        if run:
            page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
            page.wait_for_function(
                """() => {
                    const panel = window.jupyterapp.shell.currentWidget;
                    const cells = [...panel.content.widgets].filter((cell) => cell.model.type === 'code');
                    return cells.every((cell) => cell.model.executionCount)
                        && panel.sessionContext.session?.kernel?.status === 'idle';
                }""",
                timeout=PATIENCE,
            )
        return Notebook(page)


@dataclass
class Notebook:
    """An open notebook."""

    page: Page

    def output(self, cell: int) -> Locator:
        """Return the output area of the code cell with this index."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(cell).locator(".jp-Cell-outputArea")

    def kernel(self, code: str) -> str:
        """Run ``code`` in the notebook's kernel, beside its cells, and return what it printed."""
        result: str = self.page.evaluate(
            """async (code) => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({code, store_history: false});
                let text = '';
                future.onIOPub = (message) => {
                    if (message.header.msg_type === 'stream') text += message.content.text;
                    if (message.header.msg_type === 'error') text += message.content.traceback.join('\\n');
                };
                await future.done;
                return text;
            }""",
            code,
        )
        return result


def serious_violations(page: Page, selector: str) -> list[str]:
    """Return what axe-core finds serious or critical inside ``selector``, as readable lines."""
    results: dict[str, Any] = Axe().run(page, context={"include": [[selector]]}).response
    return [
        f"{violation['id']}: {node['html'][:160]}: {node['failureSummary'][:300]}"
        for violation in results["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def new_page(browser: Browser, watch: Watch, **options: Any) -> Page:
    """Return a page of its own context, watched from the start."""
    page = browser.new_context(**{"viewport": {"width": 1180, "height": 900}, **options}).new_page()
    page.set_default_timeout(60_000)
    watch.attach(page)
    return page
