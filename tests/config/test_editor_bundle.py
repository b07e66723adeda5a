"""The committed bundle of the code editor: made of the versions that are pinned, with licences."""

from __future__ import annotations

import json
import re

from config.environment import BASE_DIR

SOURCE = BASE_DIR / "config" / "editor"
VENDOR = BASE_DIR / "config" / "static" / "vendor"


def _bundled() -> dict[str, str]:
    """Return the packages that the bundle's first lines name, with their versions."""
    banner = (VENDOR / "codemirror.js").read_text().split("*/", 1)[0]
    return dict(re.findall(r"^ +(\S+) (\d\S*) \(MIT\)$", banner, flags=re.MULTILINE))


def test_the_bundle_holds_the_pinned_versions() -> None:
    """Each direct dependency is pinned exactly, and everything bundled is what the lock says."""
    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    locked = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    bundled = _bundled()

    assert bundled
    assert {name: bundled[name] for name in wanted} == wanted
    assert {name: locked[f"node_modules/{name}"]["version"] for name in bundled} == bundled


def test_the_bundle_was_made_from_the_entry_as_it_is() -> None:
    """The bundle exports what `entry.js` does: neither more nor less."""
    entry = (SOURCE / "entry.js").read_text()
    exports = re.findall(r"export \{(.*?)\}", entry, flags=re.DOTALL)
    wanted = {name.strip() for names in exports for name in names.split(",") if name.strip()}
    last = (VENDOR / "codemirror.js").read_text().rsplit("export{", 1)[1].split("}", 1)[0]
    bundled = {name.split(" as ")[-1] for name in last.split(",")}

    assert bundled == wanted


def test_the_lock_has_digests_and_no_addresses() -> None:
    """A package is known by its digest, wherever it is fetched from."""
    locked = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    packages = [facts for path, facts in locked.items() if path]

    assert packages
    assert [facts for facts in packages if "resolved" in facts or "integrity" not in facts] == []


def test_each_bundled_package_has_its_licence() -> None:
    """The licence file names each package and version before the text that holds for it."""
    licences = (VENDOR / "codemirror.LICENSE").read_text().splitlines()

    assert [f"{name} {version}" for name, version in _bundled().items()] == [
        line for line in sorted(licences) if re.fullmatch(r"\S+ \d+\.\d+\.\d+", line)
    ]


def test_the_bundle_obeys_the_policy() -> None:
    """It builds no code from text, which the Content-Security-Policy refuses, and asks no host."""
    bundle = (VENDOR / "codemirror.js").read_text()
    addresses = set(re.findall(r"https?://[^\"'`\s)]+", bundle))

    assert re.search(r"\bnew Function\b|\beval\(", bundle) is None
    assert addresses <= {"http://www.w3.org/2000/svg"}
