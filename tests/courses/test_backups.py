"""A backup of a site, restored into a new one by the commands, and the two compared."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection

from config.environment import BASE_DIR
from courses.backups import archive
from courses.backups.restoring import restore
from courses.mail.models import OutgoingMail
from courses.models import SiteChange, User
from tests.courses.other_database import other_database, rows
from tests.exercises.worker_process import database_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings


KEY = "another-certificate-key-for-these-tests-004\n"


@pytest.fixture
def old_site(transactional_db: None, settings: Settings, tmp_path: Path) -> Path:
    """A site with people, changes, files of two kinds and secrets of its own; its folder."""
    settings.VAR_DIR = tmp_path / "old"
    settings.VAR_DIR.mkdir()
    for alias in archive.ALIASES:
        settings.STORAGES = {
            **settings.STORAGES,
            alias: {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": str(settings.VAR_DIR / alias)},
            },
        }
    for number in range(20):
        person = User.objects.create_user(f"person{number}@example.org", name=f"Zoë {number} ≥")
        SiteChange.objects.create(action="roles.changed", person=person, facts={"a": [1, "é"]})
        name = f"ab/{uuid.uuid4()}/notebook-{number}.gz"
        storages["submissions"].save(name, ContentFile(os.urandom(2000 + number)))
    storages["exports"].save("one/copy.zip", ContentFile(b"zip"))
    (settings.VAR_DIR / "exports" / "Übung (2)+1, 'x'.zip").write_bytes(b"named by an operator")
    OutgoingMail.objects.create(message={"subject": "x", "to": ["a@example.org"]})
    (settings.VAR_DIR / "certificate-key").write_text(KEY)
    return Path(settings.VAR_DIR)


@pytest.fixture
def new_database(tmp_path: Path) -> Iterator[str]:
    """The address of a database that does not hold a site yet."""
    with other_database(tmp_path) as address:
        yield address


def manage(folder: Path, database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the new site, as its operator would."""
    (folder / "broker").mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "WHYBOX_VAR": str(folder),
            "WHYBOX_DATABASE_URL": database,
            "WHYBOX_BROKER_URL": "",
        },
        check=False,
        capture_output=True,
        text=True,
    )


def tables(database: str) -> dict[str, list[tuple[str, ...]]]:
    """Every row of every table of this site, there."""
    names = connection.introspection.table_names()
    return {name: rows(database, f'SELECT * FROM "{name}"') for name in names}  # noqa: S608  # a table's name


def files_of(folder: Path) -> dict[str, bytes]:
    """Every stored file below a site's folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for alias in archive.ALIASES
        for path in sorted((folder / alias).rglob("*"))
        if path.is_file()
    }


def test_a_backup_restored_into_a_new_site_is_the_same_site(
    old_site: Path, new_database: str, tmp_path: Path
) -> None:
    """Every row of every table, every stored file and the generated secrets come back."""
    backup, new_site = tmp_path / "site.backup", tmp_path / "new"
    call_command("backup", str(backup), stdout=io.StringIO())
    assert backup.stat().st_mode & 0o077 == 0

    done = manage(new_site, new_database, "restore", str(backup))

    assert done.returncode == 0, done.stderr
    before, after = tables(database_url()), tables(new_database)
    for reports in ("exercises_worker", "exercises_runworker"):  # workers of other tests may write
        before.pop(reports)
        after.pop(reports)
    assert after == before
    assert len(before["courses_user"]) == 20
    assert files_of(new_site) == files_of(old_site)
    assert (new_site / "certificate-key").read_text() == KEY
    assert (new_site / "certificate-key").stat().st_mode & 0o077 == 0
    again = manage(new_site, new_database, "restore", str(backup))
    assert again.returncode == 1
    assert "This site has accounts." in again.stderr
    assert manage(new_site, new_database, "migrate", "--check").returncode == 0


def test_a_secret_of_the_environment_is_missed_with_its_name(
    old_site: Path, tmp_path: Path
) -> None:
    """What the environment sets is not in the backup; another value there is told."""
    backup = tmp_path / "site.backup"
    archive.make(backup)
    with tarfile.open(backup) as members:
        held = {one.name for one in members}
    assert {name for name in held if name.startswith("secrets/")} == {"secrets/certificate-key"}
    done = manage(tmp_path / "new", f"sqlite:///{tmp_path}/new.sqlite3", "restore", str(backup))
    if connection.vendor == "sqlite":
        assert "The backup's secret-key is another one" in done.stdout
        assert "The backup's certificate-key" not in done.stdout
    else:
        assert "a restore here needs database.sqlite3" in done.stderr


def changed(backup: Path, name: str, data: bytes) -> Path:
    """A copy of a backup with one member added or replaced."""
    copy = backup.with_suffix(".changed")
    with tarfile.open(backup) as source, tarfile.open(copy, "w") as target:
        for member in source:
            content = source.extractfile(member)
            assert content is not None
            if member.name != name:
                target.addfile(member, content)
        added = tarfile.TarInfo(name)
        added.size = len(data)
        target.addfile(added, io.BytesIO(data))
    return copy


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("secrets/certificate-key", "damaged"),
        ("storage/exports/one/new.zip", "damaged"),
        ("storage/exports/../../../outside", "no backup holds"),
        ("../outside", "no backup holds"),
        ("manifest.json", "cannot be read"),
    ],
)
def test_a_changed_backup_is_refused_before_anything_is_written(
    old_site: Path, tmp_path: Path, name: str, words: str
) -> None:
    """Each member is compared first, and names that lead elsewhere are refused."""
    backup = tmp_path / "site.backup"
    archive.make(backup)
    User.objects.all().delete()
    with pytest.raises(archive.BackupError, match=words):
        restore(changed(backup, name, b"{}!"))
    assert not User.objects.exists()


def test_a_cut_backup_is_refused(old_site: Path, tmp_path: Path) -> None:
    """The manifest is the last member: without it the backup is incomplete."""
    backup = tmp_path / "site.backup"
    archive.make(backup)
    cut = tmp_path / "cut"
    cut.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    with pytest.raises(CommandError):
        call_command("backup", str(cut), "--check")


def test_a_backup_of_a_newer_version_asks_for_an_upgrade(old_site: Path, tmp_path: Path) -> None:
    """Its tables would not fit this version's code."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('courses', '9999_later', CURRENT_TIMESTAMP)"
        )
    backup = tmp_path / "site.backup"
    try:
        archive.make(backup)
        User.objects.all().delete()
        with pytest.raises(archive.BackupError, match=r"courses\.9999_later is unknown"):
            restore(backup)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999_later'")


def test_a_backup_replaces_no_file(old_site: Path, tmp_path: Path) -> None:
    """Yesterday's backup is not lost to a typo, and a failed one leaves nothing."""
    backup = tmp_path / "site.backup"
    backup.write_bytes(b"yesterday's")
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(backup))
    assert backup.read_bytes() == b"yesterday's"
    assert list(tmp_path.glob("*.part")) == []


def test_a_folder_that_is_not_there_is_told_in_a_sentence(old_site: Path, tmp_path: Path) -> None:
    """An operator who names a wrong folder gets no traceback."""
    with pytest.raises(CommandError, match=r"cannot be written: No such file or directory"):
        call_command("backup", str(tmp_path / "missing" / "site.tar"))
