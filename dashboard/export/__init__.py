"""Files for people and programs: one module per format, and the manifest that says what a file holds."""

from dashboard.export.csv_text import write_csv
from dashboard.export.formats import KINDS, Format, chosen_columns, stream
from dashboard.export.json_text import write_json, write_ndjson
from dashboard.export.manifest import Manifest, file_name
from dashboard.export.origin import Origin
from dashboard.export.tally import Tally

__all__ = [
    "KINDS",
    "Format",
    "Manifest",
    "Origin",
    "Tally",
    "chosen_columns",
    "file_name",
    "stream",
    "write_csv",
    "write_json",
    "write_ndjson",
]
