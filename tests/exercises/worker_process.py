"""A real worker process, as `make run` starts it, that tests can kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

SLUG = "linear-parts"
CONTENT = Path(__file__).parent / "content"
CHECKOUT = Path(__file__).resolve().parents[2]
MODEL = """import numpy as np

weights = np.array([2.0, -1.0, 0.5])
data = np.array([[i % 3, (i * i) % 5, i / 2] for i in range(8)], dtype=float)
mean = data.mean(axis=0)"""
SOLUTION = """phi = weights * (data[rows] - mean)
base = weights @ mean
fx = data[rows] @ weights"""
TIMEOUT_SECONDS = 180.0
"""How long anything that a worker does may take, its first start on a busy machine included."""


class WorkerProcess:
    """A Celery worker as `make run` starts it, on the test's database and a broker of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        app: str = "config",
        queues: str = "grading,default",
        **environment: str,
    ) -> None:
        self._log = (folder / f"{app}.log").open("ab")
        self._command = [
            *(sys.executable, "-m", "celery", "-A", app, "worker", "--pool=threads"),
            *("-c", "2", "-Q", queues, "--without-gossip", "--without-mingle"),
        ]
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "WHYBOX_VAR": str(folder),
            "WHYBOX_SUBMISSION_STORAGE_OPTIONS": f"location={_files_folder()}",
            "WHYBOX_CONTENT": str(CONTENT),
            "WHYBOX_DATABASE_URL": database_url(),
            "WHYBOX_BROKER_URL": broker_url(),
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command,
                cwd=CHECKOUT,
                env=self._environment,
                stdout=self._log,
                stderr=self._log,
            )

    def wait(self) -> int:
        """Return the exit status of a process that ends by itself."""
        assert self._process is not None
        status = self._process.wait(timeout=TIMEOUT_SECONDS)
        self._process = None
        return status

    @property
    def pid(self) -> int:
        """The process id of the worker."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it as a machine would that lost its power."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """End it as Ctrl-C would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=TIMEOUT_SECONDS)
            self._process = None

    def close(self) -> None:
        """End it and close its log."""
        self.stop()
        self._log.close()


def _files_folder() -> str:
    """Where this test process keeps submissions' files."""
    return str(settings.STORAGES["submissions"]["OPTIONS"]["location"])


def database_url() -> str:
    """The database of the tests, for other processes."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["WHYBOX_DATABASE_URL"].rpartition("/")[0] + "/" + name


def broker_url() -> str:
    """A broker that tests running at the same time do not share."""
    base = os.environ.get("WHYBOX_BROKER_URL", "")
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    return f"{base}?virtual_host={number}" if base else ""
