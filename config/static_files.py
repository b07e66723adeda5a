"""Static files as they are served: the site's own scripts and styles without comments and spaces.

Sources stay as they are written: they are what a browser gets with `WHYBOX_DEBUG`, from where they
lie. `collectstatic` makes the copies that are served otherwise.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import rcssmin
import rjsmin
from django.conf import settings
from django.core.files.base import ContentFile
from whitenoise.storage import (  # type: ignore[import-untyped]  # it has none
    CompressedManifestStaticFilesStorage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from django.core.files.storage import FileSystemStorage

MINIFIERS: Final[Mapping[str, Callable[[str], str]]] = {
    ".css": lambda source: str(rcssmin.cssmin(source, keep_bang_comments=True)),
    ".js": lambda source: str(rjsmin.jsmin(source, keep_bang_comments=True)),
}
"""What makes a file smaller, by its ending: names and statements stay, so that a line of a stack
trace can be found in the source."""
VENDOR: Final = "vendor"
"""The folder of others' files: they come minified, with the notices that their licences ask for."""


def minified(name: str, source: str) -> str:
    """Return a script or a style sheet without what only its readers need."""
    return MINIFIERS[PurePosixPath(name).suffix](source)


class MinifiedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # the same
    """Minifies the site's own files before they get their digests and are compressed.

    The copies under their plain names are minified too: modules import each other by these.
    """

    def post_process(
        self,
        paths: dict[str, tuple[FileSystemStorage, str]],
        dry_run: bool = False,  # noqa: FBT001, FBT002  # the signature of Django's storages
        **options: Any,
    ) -> Iterator[tuple[str, str | None, Any]]:
        """Minify what was collected, then process it as any storage with a manifest does."""
        if not dry_run:
            paths = {name: self._minify(name, *found) for name, found in paths.items()}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _minify(
        self, name: str, storage: FileSystemStorage, path: str
    ) -> tuple[FileSystemStorage, str]:
        """Write the smaller copy of a file that has one; return where to read what is served."""
        if not _is_own(storage, path) or PurePosixPath(name).suffix not in MINIFIERS:
            return storage, path
        with storage.open(path) as file:
            wanted = minified(name, file.read().decode()).encode()
        with self.open(name) as file:
            is_there = file.read() == wanted
        if not is_there:
            self.delete(name)
            self._save(name, ContentFile(wanted))
        return self, name


def _is_own(storage: FileSystemStorage, path: str) -> bool:
    """Say whether a collected file is one of the site's, and not of a package that it uses."""
    folders = {Path(folder).resolve() for folder in settings.STATICFILES_DIRS}
    return Path(storage.location).resolve() in folders and PurePosixPath(path).parts[0] != VENDOR
