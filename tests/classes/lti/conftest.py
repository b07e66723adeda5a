"""The platform of the tests of launches, registered with the site that they start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classes.lti import tool_keys
from classes.lti.models import Deployment, Platform
from tests.classes.lti.lms_launches import CLIENT, DEPLOYMENT
from tests.classes.lti.platform_process import Person, PlatformProcess, platform_process
from tests.classes.material import make_course

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings
    from pytest_django.live_server_helper import LiveServer

    from courses.models import Course


@pytest.fixture(scope="session")
def running_platform() -> Iterator[PlatformProcess]:
    """A platform in a process of its own, for all tests of this process."""
    with platform_process("http://tool.invalid") as platform:
        yield platform


@pytest.fixture
def lms(
    running_platform: PlatformProcess, live_server: LiveServer, settings: Settings
) -> PlatformProcess:
    """The platform as it is when nothing goes wrong, registered with a running site."""
    settings.SITE_URL = live_server.url
    running_platform.set(reset=True)
    running_platform.set(tool=live_server.url)
    base = running_platform.base
    platform = Platform.objects.create(
        name="Campus",
        issuer=base,
        client_id=CLIENT,
        auth_url=f"{base}/auth",
        token_url=f"{base}/token",
        jwks_url=f"{base}/jwks",
    )
    Deployment.objects.create(platform=platform, deployment_id=DEPLOYMENT)
    tool_keys.published()  # whoever registers a tool reads its keys, which exist from then on
    return running_platform


@pytest.fixture
def person(lms: PlatformProcess) -> Iterator[Person]:
    """Somebody with a browser, who closes it: an open connection keeps one of the database's."""
    person = Person(lms)
    yield person
    person.session.close()


@pytest.fixture
def course(lms: PlatformProcess, live_server: LiveServer) -> Course:
    """A course, a lesson of which the platform's link opens."""
    made = make_course()
    lms.set(target=f"{live_server.url}/courses/shap/games/")
    return made
