"""Reads the CycloneDX list of a lock file and writes it without addresses, with our own name.

``python requirements/bill_of_materials.py site < list.json``. The tool writes the index from which
it thinks that packages come; the list says what is installed, with hashes, and not from where.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def without_addresses(listed: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the list with the hashes of each package beside it, and no address of an index."""
    components = []
    for component in listed["components"]:
        found = [
            one["content"]
            for reference in component.get("externalReferences", [])
            for one in reference.get("hashes", [])
        ]
        kept = {key: component[key] for key in ("type", "bom-ref", "name", "version", "purl")}
        properties = [{"name": "whybox:sha256", "value": value} for value in found]
        components.append(kept | {"properties": properties})
    return {
        "bomFormat": listed["bomFormat"],
        "specVersion": listed["specVersion"],
        "version": 1,
        "metadata": {"component": {"type": "application", "name": f"whybox-{name}"}},
        "components": components,
    }


def main() -> None:
    """Read the standard input, write the standard output."""
    listed = json.load(sys.stdin)
    json.dump(without_addresses(listed, sys.argv[1]), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
