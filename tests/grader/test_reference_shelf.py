"""Hosts that share an object storage compute a reference once, and never wait for a dead one."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from grader import reference_shelf
from grader.errors import ExerciseContentError, PlatformError
from grader.exercise import load_exercise
from grader.reference import ReferenceStore
from grader.reference_shelf import shelf_at
from grader.variants import visible_variant
from tests.grader.conftest import NOISY_YAML, write_exercise
from tests.grader.object_storage import BUCKET, client, storage_process, stored
from tests.grader.test_reference_sharing import CHECKOUT, SHARED_GENERATOR, calls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.exercise import ExerciseDefinition

ADDRESS = f"s3://{BUCKET}/site"
ON_A_HOST = """
import sys
from pathlib import Path
from grader.exercise import load_exercise
from grader.reference import ReferenceStore
from grader.reference_shelf import shelf_at
from grader.variants import visible_variant

exercise = load_exercise(Path(sys.argv[1]))
store = ReferenceStore(Path(sys.argv[2]), shelf=shelf_at(sys.argv[3]))
print(store.get(exercise, visible_variant(exercise)).outputs["means"].mean)
"""


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    """An object storage, as the environment of a process names it."""
    with storage_process() as found:
        yield found


@pytest.fixture
def storage(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket, which this process uses, too."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    made = client(variables)
    yield made
    for name in stored(made):
        made.delete_object(Bucket=BUCKET, Key=name)
    made.close()


@pytest.fixture
def drawing(tmp_path: Path) -> ExerciseDefinition:
    """An exercise that writes down how often its reference is computed."""
    folder = write_exercise(tmp_path / "shared-generator", NOISY_YAML, SHARED_GENERATOR)
    return load_exercise(folder)


def on_host(exercise: ExerciseDefinition, folder: Path) -> subprocess.Popen[str]:
    """Start a process that needs the reference and has an empty folder of its own."""
    command = [sys.executable, "-c", ON_A_HOST, str(exercise.folder), str(folder), ADDRESS]
    return subprocess.Popen(
        command, cwd=CHECKOUT, env=dict(os.environ), stdout=subprocess.PIPE, text=True
    )


def test_hosts_that_race_compute_once(
    drawing: ExerciseDefinition, storage: Any, tmp_path: Path
) -> None:
    """Three processes with folders of their own: one computes, all have the same values."""
    racing = [on_host(drawing, tmp_path / f"host-{number}") for number in range(3)]
    printed = {process.communicate(timeout=300)[0] for process in racing}

    assert len(printed) == 1
    assert "[[" in printed.pop()
    assert calls(drawing) == 100
    (name,) = stored(storage)  # the reference, and no lock
    assert name.startswith("site/shared-generator/")
    assert len({file.read_bytes() for file in tmp_path.glob("host-*/*/*.npz")}) == 1


def test_a_lock_of_a_dead_process_is_removed(
    drawing: ExerciseDefinition,
    storage: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By its age, which the storage knows; the reference is computed by the next."""
    monkeypatch.setattr(reference_shelf, "STALE_SECONDS", -1.0)
    variant = visible_variant(drawing)
    key = ReferenceStore.key(drawing, variant, misconceptions=False)
    lock = f"site/{drawing.slug}/{key}.npz.lock"
    storage.put_object(Bucket=BUCKET, Key=lock, Body=b"")

    ReferenceStore(tmp_path / "host", shelf=shelf_at(ADDRESS)).get(drawing, variant)

    assert calls(drawing) == 100
    assert stored(storage) == [lock.removesuffix(".lock")]


def test_a_reference_that_cannot_be_computed_is_left_to_others(
    storage: Any, tmp_path: Path
) -> None:
    """The author's mistake leaves no lock, for whose age the others would wait."""
    broken = SHARED_GENERATOR.replace("    means = []", "    raise ValueError")
    exercise = load_exercise(write_exercise(tmp_path / "broken", NOISY_YAML, broken))
    store = ReferenceStore(tmp_path / "host", shelf=shelf_at(ADDRESS))

    with pytest.raises(ExerciseContentError):
        store.get(exercise, visible_variant(exercise))

    assert stored(storage) == []


def test_a_damaged_object_is_replaced(
    drawing: ExerciseDefinition, storage: Any, tmp_path: Path
) -> None:
    """What cannot be read is computed, and kept for the others."""
    variant = visible_variant(drawing)
    key = ReferenceStore.key(drawing, variant, misconceptions=False)
    name = f"site/{drawing.slug}/{key}.npz"
    storage.put_object(Bucket=BUCKET, Key=name, Body=b"half of a file")

    store = ReferenceStore(tmp_path / "host", shelf=shelf_at(ADDRESS))
    found = store.get(drawing, variant)

    assert found.outputs["means"].count == 100
    (file,) = (tmp_path / "host").glob("*/*.npz")
    with storage.get_object(Bucket=BUCKET, Key=name)["Body"] as body:
        assert body.read() == file.read_bytes()


def test_without_the_storage_a_host_computes_for_itself(
    drawing: ExerciseDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage costs time, and no grade."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    store = ReferenceStore(tmp_path / "host", shelf=shelf_at(ADDRESS))

    assert store.get(drawing, visible_variant(drawing)).outputs["means"].count == 100


@pytest.mark.parametrize("address", ["references", "http://host/bucket", "s3://", "s3://b/p?x=1"])
def test_an_address_of_another_kind_is_refused(address: str) -> None:
    """A mistyped setting stops the worker instead of sharing nothing."""
    with pytest.raises(PlatformError, match="s3://bucket/prefix"):
        shelf_at(address)


def test_without_an_address_nothing_is_shared() -> None:
    """The default."""
    assert shelf_at("") is None
