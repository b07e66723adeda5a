"""The data sets of lessons as files to be saved, and beside the code that runs on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exercises.workbench.workspaces import LESSON, surroundings

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from pytest_django.fixtures import Settings


def test_a_data_set_is_a_file_to_be_saved(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    """Its bytes come as they are, by the name that the code reads."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "two.csv").write_bytes(b"a,b\n1,2\n")
    settings.CONTENT_DIR = tmp_path

    answer = client.get("/data/two.csv")

    assert b"".join(answer) == b"a,b\n1,2\n"
    assert answer["Content-Disposition"] == 'attachment; filename="two.csv"'


def test_a_picture_is_a_file_to_be_saved(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    """It comes with its own type."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cat.png").write_bytes(b"picture")
    settings.CONTENT_DIR = tmp_path

    answer = client.get("/data/cat.png")

    assert b"".join(answer) == b"picture"
    assert answer["Content-Type"] == "image/png"


def test_no_other_file_of_the_content_is_given_out(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    """Only names of data sets are looked up."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").write_text("about")
    (tmp_path / "secret.csv").write_text("no")
    settings.CONTENT_DIR = tmp_path

    for name in ("README.md", "..%2Fsecret.csv", "gone.csv", ".csv"):
        assert client.get(f"/data/{name}").status_code == 404


def test_a_run_of_a_lessons_code_gets_the_data_sets(settings: Settings, tmp_path: Path) -> None:
    """The folder is that of the site's content; a content without one gives nothing."""
    settings.CONTENT_DIR = tmp_path

    assert surroundings(f"{LESSON}course/page")[1] is None

    (tmp_path / "data").mkdir()

    assert surroundings(f"{LESSON}course/page")[1] == tmp_path / "data"
