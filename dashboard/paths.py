"""Where pages, queries and the page script lie: in the checkout's top level, or in `_root` of the installed package."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent
ROOT = _HERE / "_root" if (_HERE / "_root").is_dir() else _HERE.parent
PAGES, QUERIES, APP = ROOT / "pages", ROOT / "queries", _HERE / "app.py"
