"""What `make image-steps` reads: Dockerfile, .dockerignore and compose.yaml, without running it."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from config.environment import BASE_DIR
from config.run import process_commands
from tests import image_files

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCKER = BASE_DIR / "docker"
GIVEN = {
    name: name.lower()
    for name in (
        *("POSTGRES_PASSWORD", "WHYBOX_SECRET_KEY", "WHYBOX_VARIANT_SECRET"),
        *("WHYBOX_CERTIFICATE_KEY", "WHYBOX_SITE_URL", "WHYBOX_ALLOWED_HOSTS"),
    )
}


@pytest.fixture(scope="module")
def stages() -> dict[str, image_files.Stage]:
    """The stages of docker/Dockerfile, by name."""
    read = image_files.read_stages((DOCKER / "Dockerfile").read_text())
    return {stage.name: stage for stage in read}


@pytest.fixture(scope="module")
def services() -> dict[str, image_files.Service]:
    """The services of docker/compose.yaml that run our images, by name."""
    return image_files.read_services((DOCKER / "compose.yaml").read_text(), GIVEN)


def test_the_steps_are_read_as_docker_reads_them() -> None:
    """Continued lines are one, comments are none, and a stage ends where the next begins."""
    first, second = image_files.read_stages(
        "# a comment\nFROM debian AS one\nRUN a \\\n# inside\n && b\n\nUSER x\n"
        "FROM one AS two\nRUN c\n"
    )
    assert (first.name, first.base) == ("one", "debian")
    assert [(kind, shlex.split(text)) for kind, text in first.steps] == [
        ("RUN", ["a", "&&", "b"]),
        ("USER", ["x"]),
    ]
    assert (second.name, second.base, second.steps) == ("two", "one", [("RUN", "c")])


@pytest.mark.parametrize("line", ["ADD a b", "COPY --chown=x a b", "RUN --mount=type=cache c"])
def test_what_is_not_known_is_refused(line: str) -> None:
    """A new instruction or option fails the run; it is not passed over."""
    with pytest.raises(ValueError, match=re.escape(line)):
        image_files.read_stages(f"FROM debian AS one\n{line}\n")


@pytest.mark.parametrize(
    ("pattern", "hit", "missed"),
    [
        ("var", ["var", "var/a/b"], ["a/var", "various"]),
        (".venv*", [".venv", ".venv-sandbox/bin/python"], ["a/.venv"]),
        ("**/.env", [".env", "docker/.env"], ["docker/a.env"]),
        ("**/*.sqlite3*", ["a.sqlite3-wal", "x/y/a.sqlite3"], ["sqlite3"]),
        ("a/*.c", ["a/b.c"], ["a/b/d.c"]),
    ],
)
def test_what_is_ignored_is_what_docker_ignores(
    pattern: str, hit: Sequence[str], missed: Sequence[str]
) -> None:
    """A pattern begins at the checkout, a star stops at a slash, a folder takes what is in it."""
    patterns = image_files.ignore_patterns(f"# a comment\n\n{pattern}\n")

    assert all(image_files.ignored(path, patterns) for path in hit)
    assert not any(image_files.ignored(path, patterns) for path in missed)


def test_everything_copied_is_in_the_checkout_and_no_secret_is(
    stages: dict[str, image_files.Stage],
) -> None:
    """.dockerignore keeps out environments, local data, settings, and what tools leave behind."""
    patterns = image_files.ignore_patterns((BASE_DIR / ".dockerignore").read_text())
    copied = [
        source
        for stage in stages.values()
        for text in stage.texts("COPY")
        for source in shlex.split(text)[:-1]
    ]
    assert "." in copied
    for source in copied:
        assert (BASE_DIR / source).exists(), source
        assert not image_files.ignored(source, patterns), source
    for kept_out in (
        *(".env", "docker/.env", "docker/.env.production", ".git", ".venv-sandbox/bin/python"),
        *("var/secret-key", "docker/nginx/tls/privkey.pem", "a/old.sqlite3"),
        *(".mypy_cache/a", "config/editor/node_modules/a", "courses/__pycache__/a.pyc"),
    ):
        assert image_files.ignored(kept_out, patterns), kept_out
    for needed in ("config", "content", "grader", "requirements/models.txt", "manage.py"):
        assert not image_files.ignored(needed, patterns), needed


def test_the_images_end_as_an_ordinary_user_with_the_commands_of_make_run(
    stages: dict[str, image_files.Stage],
) -> None:
    """The worker reads the queues of `make run`'s, and neither image runs as root."""
    for stage in stages.values():
        assert stage.texts("USER")[-1] == "whybox"
    command = image_files.read_command(stages["worker"].texts("CMD")[-1])
    ours = process_commands(8000, BASE_DIR)["worker"]
    assert f"--queues {command[command.index('--queues') + 1]}" in ours
    assert "config.wsgi" in image_files.read_command(stages["site"].texts("CMD")[-1])


def test_the_services_are_read_as_compose_reads_them(
    stages: dict[str, image_files.Stage], services: dict[str, image_files.Service]
) -> None:
    """What is started here has compose's user, read-only root, folders, settings and probe."""
    assert {service.stage for service in services.values()} == set(stages)
    web, worker = services["web"], services["worker"]

    assert (web.user, web.read_only, web.command, web.restarts) == ("990", True, [], True)
    assert web.temporary == {"/tmp": "size=512m,mode=1777"}  # noqa: S108  # a container's
    assert web.volumes == [("references", "/var/lib/whybox", True)]
    assert web.environment["WHYBOX_DATABASE_URL"] == "postgres://whybox:postgres_password@db/whybox"
    assert web.environment["WHYBOX_TRUSTED_PROXIES"] == "1"
    assert web.health == [".venv/bin/python", "config/probe.py", "/healthz"]
    assert worker.volumes[-1] == ("models", "/var/lib/whybox-models", False)
    assert not services["prepare"].restarts


def test_a_setting_that_has_to_be_given_is_asked_for() -> None:
    """A variable with a default has it; one without fails where it is not given."""
    assert image_files.filled_in("a${B:-c}d${E:?why}", {"E": "f"}) == "acdf"
    with pytest.raises(KeyError, match="E"):
        image_files.filled_in("${E:?why}", {})
