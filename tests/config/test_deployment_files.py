"""The files for containers, clusters and services: complete, and accepted by who checks them."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml

from config.environment import BASE_DIR
from config.machine import PROVEN_PYTHONS
from config.run import process_commands

if TYPE_CHECKING:
    from pathlib import Path

DOCKER = BASE_DIR / "docker"
KUBERNETES = "1.33"
CHECKOUT = "/srv/whybox"
OF_SITE = {"prepare", "references", "models", "web", "beat", "mail", "worker", "interactive"}
MODELS_SETTINGS = {"WHYBOX_MODELS", "WHYBOX_MODELS_MIRROR"}
POSTGRES_OF_DEBIAN = {"bookworm": 15, "trixie": 17}
JOB_OF_MODELS = ("Job", "models")
REQUIRED = (
    *("POSTGRES_PASSWORD", "WHYBOX_SECRET_KEY", "WHYBOX_VARIANT_SECRET", "WHYBOX_CERTIFICATE_KEY"),
    *("WHYBOX_SITE_URL", "WHYBOX_ALLOWED_HOSTS"),
)


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The services of docker/compose.yaml."""
    found: dict[str, dict[str, Any]] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return found["services"]


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    """What docker/kubernetes contains."""
    return [
        manifest
        for file in sorted((DOCKER / "kubernetes").glob("*.yaml"))
        for manifest in yaml.safe_load_all(file.read_text())
    ]


def queues(command: list[str]) -> set[str]:
    """Return the queues that a command reads."""
    return set(command[command.index("--queues") + 1].split(","))


def test_compose_passes_every_setting(services: dict[str, dict[str, Any]]) -> None:
    """Each process of the site gets all of docker/.env, and no start without the secrets."""
    assert set(services) == OF_SITE | {"db", "redis", "proxy"}
    for name in OF_SITE - {"models"}:
        assert services[name]["env_file"] == [{"path": ".env", "required": False}], name
    text = (DOCKER / "compose.yaml").read_text()
    for name in REQUIRED:
        assert f"${{{name}:?" in text, name


def test_who_fetches_models_knows_no_secret(
    services: dict[str, dict[str, Any]], manifests: list[dict[str, Any]]
) -> None:
    """It asks a package index: no database, no setting of the site but where models lie."""
    assert services["models"]["env_file"] == []
    assert services["models"]["environment"].keys() <= MODELS_SETTINGS
    assert services["models"]["networks"] == ["outer"]
    (job,) = [one for one in manifests if (one["kind"], one["metadata"]["name"]) == JOB_OF_MODELS]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert "envFrom" not in container
    assert {one["name"] for one in container["env"]} <= MODELS_SETTINGS
    assert "EnvironmentFile" not in (DOCKER / "systemd" / "whybox-models.service").read_text()


def test_compose_limits_every_service(services: dict[str, dict[str, Any]]) -> None:
    """Memory and processes are limited; roots are read-only, users ordinary, rights dropped."""
    for name, service in services.items():
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        if name != "db":
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert "no-new-privileges:true" in service["security_opt"], name
        if name in OF_SITE:
            assert service["user"] == "990", name
            assert "privileged" not in service, name


def test_compose_knows_who_is_well(services: dict[str, dict[str, Any]]) -> None:
    """Whatever goes on running has a health check; who needs another waits for it to be well."""
    for name, service in services.items():
        if service.get("restart") != "no" and name != "proxy":
            assert service["healthcheck"]["test"], name
    for name in OF_SITE - {"prepare", "models"}:
        needed = services[name]["depends_on"]
        assert needed["prepare"] == {"condition": "service_completed_successfully"}, name
        assert needed["redis"] == needed["db"] == {"condition": "service_healthy"}, name


def test_learners_code_has_no_way_out(services: dict[str, dict[str, Any]]) -> None:
    """Workers, database and Redis are in an inner network only; models are mounted read-only."""
    networks = yaml.safe_load((DOCKER / "compose.yaml").read_text())["networks"]
    assert networks["inner"]["internal"] is True
    for name in ("db", "redis", "worker", "interactive", "beat"):
        assert services[name]["networks"] == ["inner"], name
    for name in ("worker", "interactive"):
        assert "models:/var/lib/whybox-models:ro" in services[name]["volumes"]


def test_there_is_one_beat(
    services: dict[str, dict[str, Any]], manifests: list[dict[str, Any]]
) -> None:
    """Compose refuses to scale a service with a name; the cluster ends one before the next."""
    assert services["beat"]["container_name"]
    (beat,) = [one for one in manifests if one["metadata"]["name"] == "beat"]
    assert (beat["spec"]["replicas"], beat["spec"]["strategy"]["type"]) == (1, "Recreate")


def test_all_roles_exist_everywhere(
    services: dict[str, dict[str, Any]], manifests: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Compose, cluster and services run what `make run` runs, by the same queues."""
    roles = set(process_commands(8000, tmp_path))
    assert roles <= set(services)
    assert roles <= {one["metadata"]["name"] for one in manifests if one["kind"] == "Deployment"}
    units = {file.name.removesuffix(".service").rstrip("@") for file in _units()}
    assert {f"whybox-{role}" for role in (*roles, "prepare", "references", "models")} <= units
    assert queues(services["mail"]["command"]) == {"mail"}
    assert queues(services["interactive"]["command"]) == {"interactive"}


def test_the_manifests_are_valid(manifests: list[dict[str, Any]]) -> None:
    """Against the schemas of Kubernetes itself: no unknown field, no wrong type."""
    assert len(manifests) > 12
    for manifest in manifests:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_who_does_not_belong_to_the_site_cannot_send_it_work(
    manifests: list[dict[str, Any]],
) -> None:
    """Redis asks for no password: in a cluster, only the namespace's own pods reach it."""
    (policy,) = [one for one in manifests if one["kind"] == "NetworkPolicy"]
    assert policy["spec"]["podSelector"] == {"matchLabels": {"app": "redis"}}
    (rule,) = policy["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {}}]  # without a namespaceSelector: this one's


@pytest.mark.parametrize("name", ["host.conf", "nginx.conf"])
def test_nginx_speaks_no_old_tls(name: str) -> None:
    """The defaults of Debian 12's nginx begin at TLS 1.0."""
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in (DOCKER / "nginx" / name).read_text()


def test_the_cluster_limits_every_container(manifests: list[dict[str, Any]]) -> None:
    """Memory limits, read-only roots, an ordinary user, no capability, no token of the cluster."""
    for manifest in manifests:
        if manifest["kind"] not in {"Deployment", "Job"}:
            continue
        pod = manifest["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert container["resources"]["limits"]["memory"], container["name"]
            assert rights["readOnlyRootFilesystem"] is True
            assert rights["runAsNonRoot"] is True
            assert rights["allowPrivilegeEscalation"] is False
            assert rights["capabilities"] == {"drop": ["ALL"]}


def test_the_images_have_the_programs_that_the_code_calls(
    services: dict[str, dict[str, Any]],
) -> None:
    """pg_dump for backups, not older than compose's server; bubblewrap for notebooks."""
    dockerfile = (DOCKER / "Dockerfile").read_text()
    base = re.search(r"^FROM python:(\d+)\.(\d+)-slim-([a-z]+) AS site$", dockerfile, re.MULTILINE)
    assert base
    assert (int(base[1]), int(base[2])) in PROVEN_PYTHONS
    site, worker = dockerfile.split("FROM site AS worker")
    assert " postgresql-client " in site
    assert " bubblewrap " in worker
    assert POSTGRES_OF_DEBIAN[base[3]] >= int(services["db"]["image"].removeprefix("postgres:"))


def _units() -> list[Path]:
    return sorted((DOCKER / "systemd").glob("*.service"))


def test_services_write_below_their_state_only() -> None:
    """Models, too: the checkout is read-only for them."""
    for file in _units():
        lines = file.read_text().splitlines()
        assert "ProtectSystem=strict" in lines, file.name
        (variables,) = [line for line in lines if line.startswith("Environment=")]
        assert " WHYBOX_MODELS=/var/lib/whybox/models " in variables, file.name
        assert "WHYBOX_VAR=/var/lib/whybox " in variables, file.name


def test_the_target_starts_every_service() -> None:
    """A unit that nobody wants would be forgotten after the next boot."""
    target = (DOCKER / "systemd" / "whybox.target").read_text()
    for file in _units():
        if file.name != "whybox-backup.service":  # its timer starts it
            assert file.name.replace("@.", "@1.") in target, file.name


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """As copied to /etc/systemd/system, with this checkout in the place of the installed one."""
    program = shutil.which("systemd-analyze")
    assert program, "systemd is missing: python3 config/machine.py test"
    copied = []
    others = [DOCKER / "systemd" / name for name in ("whybox.target", "whybox-backup.timer")]
    for file in [*_units(), *others]:
        name = file.name.replace("@.", "@1.")
        text = file.read_text().replace(CHECKOUT, str(BASE_DIR))
        (tmp_path / name).write_text(text)
        copied.append(str(tmp_path / name))
    verified = subprocess.run(
        [program, "verify", "--man=no", *copied],
        check=False,
        capture_output=True,
        text=True,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )
    complaints = [line for line in verified.stderr.splitlines() if "whybox" in line]
    assert verified.returncode == 0, verified.stderr
    assert complaints == []
