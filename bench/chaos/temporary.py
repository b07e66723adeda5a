"""A site of its own in a temporary folder, whose servers and processes can be killed."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

from bench.chaos import faults, material, processes, servers

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Mapping
    from pathlib import Path

DISK_MIB = 96


class TemporarySite:
    """Sets the environment and the database up; its processes are started by `start`.

    Attributes:
        port: of the web process.
        database, broker: the servers, or None where they are embedded.
        disk: a file system of its own for submissions' files, or None where it cannot be mounted.

    Args:
        listen: an address at which other hosts reach PostgreSQL and Redis.
    """

    def __init__(
        self,
        folder: Path,
        stack: contextlib.ExitStack,
        *,
        embedded: bool,
        mail_port: int = 0,
        listen: str = "",
    ) -> None:
        self._folder, self._stack, self._listen = folder, stack, listen
        self.database: servers.Server | None = None
        self.broker: servers.Server | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        (folder / "tmp").mkdir(mode=0o777)
        os.environ |= {
            "WHYBOX_VAR": str(folder / "var"),
            "WHYBOX_CONTENT": str(folder / "content"),
            "WHYBOX_REFERENCES": str(folder / "references"),
            "WHYBOX_SITE_URL": f"http://localhost:{self.port}",
            "WHYBOX_VARIANT_SECRET": "chaos",
            "WHYBOX_EMAIL_URL": f"smtp://127.0.0.1:{mail_port}" if mail_port else "dummymail://",
            "WHYBOX_DATABASE_URL": "",
            "WHYBOX_BROKER_URL": "",
            "WHYBOX_CACHE_URL": "",
            "TMPDIR": str(folder / "tmp"),
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
        }
        if not embedded:
            self.database = self._server("postgres")
            self.broker = self._server("redis")
        self.disk = self._prepared()

    def _server(self, name: str) -> servers.Server:
        folder = self._folder / name
        folder.mkdir()
        make = servers.postgres if name == "postgres" else servers.redis
        server = make(folder, listen=self._listen)
        server.start()
        self._stack.callback(server.stop)
        variable = "WHYBOX_DATABASE_URL" if name == "postgres" else "WHYBOX_BROKER_URL"
        os.environ[variable] = server.address
        return server

    def _prepared(self) -> Path | None:
        material.write_exercises(self._folder / "content")
        for name in ("WHYBOX_DATABASE_URL", "WHYBOX_BROKER_URL", "WHYBOX_CACHE_URL"):
            if not os.environ[name]:  # as `config.environment` does, which may be imported already
                del os.environ[name]
        import django  # noqa: PLC0415  # the environment is complete by now
        from django.core.management import call_command  # noqa: PLC0415  # the same

        import config  # noqa: F401, PLC0415  # the Celery app

        django.setup()
        disk = self._folder / "var" / "submissions"
        has_disk = faults.mounted(disk, mebibytes=DISK_MIB)
        if has_disk:
            self._stack.callback(faults.unmount, disk)
        else:
            sys.stdout.write("No file system can be mounted here: the disk is never full.\n")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        return disk if has_disk else None

    def start(
        self,
        *,
        workers: int,
        prefixes: Mapping[str, str] | None = None,
        far: str = "",
        shares_references: bool = False,
    ) -> processes.SiteProcesses:
        """Start the site's processes.

        Args:
            workers: how many there are for gradings.
            prefixes: what stands before the command lines of some, by name.
            far: what stands before that of one more worker, on a host of its own.
            shares_references: whether the hosts have one folder of references, not one each.
        """
        from config.run import process_commands  # noqa: PLC0415  # Django is set up by now

        commands = process_commands(self.port, self._folder / "var")
        for number in range(2, workers + 1):
            commands[f"worker-{number}"] = commands["worker"]
        if far and self.database and self.broker:
            own = {
                "WHYBOX_DATABASE_URL": self.database.far_address,
                "WHYBOX_BROKER_URL": self.broker.far_address,
            }
            if not shares_references:
                own["WHYBOX_REFERENCES"] = str(self._folder / "references-far")
            variables = " ".join(f"{name}={value}" for name, value in own.items())
            commands["far worker"] = f"{far}env {variables} {commands['worker']}"
        for name, prefix in (prefixes or {}).items():
            commands[name] = prefix + commands[name]
        site = processes.SiteProcesses(
            commands, environment=os.environ, log=self._folder / "site.log"
        )
        site.start()
        return site
