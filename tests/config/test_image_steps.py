"""What Dockerfile and docker/compose.yaml name is there: the cheap part of `make image-steps`."""

from __future__ import annotations

import ast
import re
import shlex

import yaml

from config.environment import BASE_DIR
from config.machine import PROVEN_PYTHONS
from config.run import process_commands
from tests import image_steps

POSTGRES_OF_DEBIAN = {"bookworm": 15, "trixie": 17}
STAGES = {
    stage.name: stage for stage in image_steps.read_stages(image_steps.DOCKERFILE.read_text())
}


def steps(stage: str, keyword: str) -> list[str]:
    """The texts of a stage's instructions of one kind."""
    return [text for kind, text in STAGES[stage].steps if kind == keyword]


def installed(stage: str) -> set[str]:
    """The Debian packages that a stage installs."""
    found = re.findall(r"apt-get install ([^&]*)", " ".join(steps(stage, "RUN")))
    return {word for words in found for word in shlex.split(words) if not word.startswith("-")}


def test_the_steps_are_read_as_docker_reads_them() -> None:
    """Continued lines are one, comments none, stages end where the next begins."""
    (first, second) = image_steps.read_stages(
        "# a comment\nFROM debian AS one\nRUN a \\\n && b\n\nUSER x\nFROM one AS two\nRUN c\n"
    )
    assert (first.name, first.base) == ("one", "debian")
    assert [(kind, shlex.split(text)) for kind, text in first.steps] == [
        ("RUN", ["a", "&&", "b"]),
        ("USER", ["x"]),
    ]
    assert (second.base, second.steps) == ("one", [("RUN", "c")])


def test_everything_copied_is_in_the_checkout_and_no_secret_is() -> None:
    """And .dockerignore keeps environments, local data and settings out."""
    patterns = image_steps.ignore_patterns()
    for source in (word for text in steps("site", "COPY") for word in shlex.split(text)[:-1]):
        assert (BASE_DIR / source).exists(), source
        assert not image_steps.ignored(source, patterns), source
    for secret in (".env", "docker/.env", "docker/.env.production", ".git", ".venv-sandbox", "var"):
        assert image_steps.ignored(secret, patterns), secret
    for needed in ("config", "content", "docker/compose.yaml", "grader", "requirements/models.txt"):
        assert not image_steps.ignored(needed, patterns), needed


def test_the_images_have_the_programs_that_the_code_calls() -> None:
    """pg_dump for backups, not older than compose's server; bubblewrap for notebooks."""
    assert "postgresql-client" in installed("site")
    assert "bubblewrap" in installed("worker")
    official = image_steps.OFFICIAL.fullmatch(STAGES["site"].base)
    assert official
    assert tuple(map(int, official["python"].split("."))) in PROVEN_PYTHONS
    services = yaml.safe_load((BASE_DIR / "docker" / "compose.yaml").read_text())["services"]
    server = int(services["db"]["image"].removeprefix("postgres:"))
    assert POSTGRES_OF_DEBIAN[official["release"]] >= server


def test_both_stages_end_as_an_ordinary_user_with_the_commands_of_make_run() -> None:
    """The worker reads the queues of `make run`'s, and neither runs as root."""
    for stage in STAGES:
        assert steps(stage, "USER")[-1] == "whybox"
    ours = process_commands(8000, BASE_DIR)
    command = ast.literal_eval(steps("worker", "CMD")[-1])
    assert f"--queues {command[command.index('--queues') + 1]}" in ours["worker"]
    assert "config.wsgi" in ast.literal_eval(steps("site", "CMD")[-1])
