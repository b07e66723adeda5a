"""The embedded broker: a message is complete as soon as a reader can see it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kombu import Connection

import config.celery  # noqa: F401  # replaces Kombu's transport by ours
from config.broker import Transport

CHECKOUT = Path(__file__).resolve().parents[2]
MESSAGES = 400


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    """Transport options with empty folders."""
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    return {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "control_folder": str(tmp_path / "control"),
    }


def test_filesystem_urls_use_our_transport(options: dict[str, str]) -> None:
    """``filesystem://`` is served by the transport of this package."""
    with Connection("filesystem://", transport_options=options) as connection:
        assert isinstance(connection.transport, Transport)


WRITE = """
import json, sys
import config.celery
from kombu import Connection

with Connection("filesystem://", transport_options=json.loads(sys.argv[1])) as connection:
    queue = connection.SimpleQueue("work")
    for number in range(int(sys.argv[2])):
        queue.put({"number": number})
    queue.close()
"""


def test_no_message_is_read_before_it_is_complete(options: dict[str, str]) -> None:
    """A reader in a tight loop gets every message of another process, complete and once."""
    arguments = [sys.executable, "-c", WRITE, json.dumps(options), str(MESSAGES)]
    found: list[int] = []
    with (
        Connection("filesystem://", transport_options=options) as connection,
        subprocess.Popen(arguments, cwd=CHECKOUT) as writer,
    ):
        queue = connection.SimpleQueue("work")
        while len(found) < MESSAGES:
            message = queue.get(timeout=60)
            found.append(message.payload["number"])
            message.ack()
        queue.close()
    assert writer.returncode == 0
    assert sorted(found) == list(range(MESSAGES))


PUBLISH_AT_ONCE = """
import json, pathlib, sys, threading
import config.celery
from kombu import Connection

folder = pathlib.Path(sys.argv[1])
threads, rounds = 8, 40

def send(number, options, queue, ready):
    with Connection("filesystem://", transport_options=options) as connection:
        channel = connection.channel()
        ready.wait()
        connection.SimpleQueue(queue, channel=channel).put({"number": number})

for number in range(rounds):
    options = {}
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        options[name] = str(folder / str(number) / name.removesuffix("_in").removesuffix("_out"))
        pathlib.Path(options[name]).mkdir(parents=True, exist_ok=True)
    ready = threading.Barrier(threads)
    arguments = (options, f"work{number}", ready)
    senders = [threading.Thread(target=send, args=(n, *arguments)) for n in range(threads)]
    [sender.start() for sender in senders]
    [sender.join() for sender in senders]
    sent = list(pathlib.Path(options["data_folder_in"]).iterdir())
    assert len(sent) == threads, f"round {number}: {len(sent)} of {threads} messages"
"""


def test_no_message_to_a_new_queue_is_lost(tmp_path: Path) -> None:
    """Threads that publish to a new queue at the same time all get their message delivered."""
    arguments = [sys.executable, "-c", PUBLISH_AT_ONCE, str(tmp_path)]
    sent = subprocess.run(arguments, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert sent.returncode == 0, sent.stderr
