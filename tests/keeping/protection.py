"""Writes `protection.json` anew: what the migrations make, as the catalogue tells it. Run it after writing a migration,
read the difference, and commit both: `python -m tests.keeping.protection`.
"""

import json
import tempfile
from pathlib import Path

from dashboard.keeping.verify.guards import DEFAULT, EXPECTED, RECORD, facts_of
from dashboard.record.embedded import serving
from dashboard.record.migrate import create_database, migrate
from dashboard.record.verifying import VerifyRecord


def facts_to_expect(sealer_url: str) -> dict[str, dict[str, str]]:
    """What the catalogue of a log says that was just made; of the partitions the default one stands for all."""
    with VerifyRecord.open(sealer_url, "sealer") as record:
        facts = facts_of(record)
    ours = {name for name in facts if not name.startswith(f"{RECORD}_2")}
    return {name: dict(sorted(facts[name].items())) for name in sorted(ours | {DEFAULT})}


def main() -> None:
    """Makes a log, and writes down what protects it."""
    with tempfile.TemporaryDirectory(prefix="auditlens-protection-") as folder:
        Path(folder).chmod(0o711)
        with serving(Path(folder) / "home") as endpoint:
            create_database(endpoint.url(endpoint.superuser, "postgres"), "log")
            migrate(endpoint.url(endpoint.superuser, "log"))
            facts = facts_to_expect(endpoint.url("auditlens_sealer", "log"))
    EXPECTED.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
