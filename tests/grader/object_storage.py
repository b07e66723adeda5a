"""An object storage in a process of its own: moto, which speaks the protocol of S3.

``python -m tests.grader.object_storage PORT`` serves one until it ends. It answers one request
after the other, since moto itself looks whether an object exists before it writes it: between the
two, another thread's request could do so as well, as on no real storage.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

from config.environment import BASE_DIR
from tests.config.site_process import free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "references"
ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "whybox",
    "AWS_SECRET_ACCESS_KEY": "a quiet harbour",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@contextlib.contextmanager
def storage_process() -> Iterator[dict[str, str]]:
    """Run one with a bucket; yield the variables by which a process uses it."""
    port = free_port()
    command = [sys.executable, "-m", "tests.grader.object_storage", str(port)]
    process = subprocess.Popen(command, cwd=BASE_DIR, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield ACCOUNT | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    finally:
        process.terminate()
        process.wait(timeout=20)


def client(variables: dict[str, str]) -> Any:
    """Return a client of it, which makes the bucket if there is none."""
    made = boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_REGION"],
    )
    made.create_bucket(Bucket=BUCKET)
    return made


def stored(storage: Any) -> list[str]:
    """Return the names of the objects."""
    return [one["Key"] for one in storage.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def main() -> None:
    """Serve an empty one."""
    application = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=False)


if __name__ == "__main__":
    main()
