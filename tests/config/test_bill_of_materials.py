"""The list of what is installed: every package of a lock file with its hashes, and no address."""

import json
import subprocess
import sys

from config.environment import BASE_DIR

LISTED = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [
        {
            "type": "library",
            "bom-ref": "requirements-L1",
            "name": "amqp",
            "version": "5.4.2",
            "purl": "pkg:pypi/amqp@5.4.2",
            "description": "requirements line 1: amqp==5.4.2",
            "externalReferences": [
                {
                    "type": "distribution",
                    "url": "https://index.example.org/simple/amqp/",
                    "hashes": [{"alg": "SHA-256", "content": "93626"}],
                }
            ],
        }
    ],
}


def test_the_list_keeps_names_versions_and_hashes_and_drops_addresses() -> None:
    """Where a package was fetched from is each installation's own affair."""
    done = subprocess.run(
        [sys.executable, "requirements/bill_of_materials.py", "site"],
        cwd=BASE_DIR,
        input=json.dumps(LISTED),
        check=True,
        capture_output=True,
        text=True,
    )

    (component,) = json.loads(done.stdout)["components"]
    assert "http" not in done.stdout
    assert component["purl"] == "pkg:pypi/amqp@5.4.2"
    assert component["properties"] == [{"name": "whybox:sha256", "value": "93626"}]
