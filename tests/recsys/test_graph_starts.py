"""No command of ``recsys graph`` waits for the models' library unless it asks a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.main import get_command

from graph import open_store, sqlite_url
from recsys.cli.app import build
from tests.recsys.small_shop import stock

ROOT = Path(__file__).resolve().parents[2]
ASKED = {
    "neighbours": "shirt",
    "together": "shirt",
    "path": "shirt bag",
    "connects": "shirt skirt",
    "explain": "shirt --context skirt",
    "ego": "shirt",
    "hubs": "",
    "orphans": "",
    "duplicates": "",
    "merges": "",
    "communities": "",
    "changed": "2020-11-16",
    "trend": "shirt",
    "export": "{folder}/all.graphml",
    "copy": "workspace sqlite:///{folder}/copy.sqlite",
    "import-files": "{folder}/files",
    "delete": "image p0 --dry-run",
}
"""Arguments of each command."""

PROGRAM = """
import sys
from recsys.cli.app import main
for line in sys.argv[2:]:
    try:
        main(["-w", sys.argv[1], "graph", *line.split()])
    except SystemExit as exit_:
        heavy = {"torch", "faiss", "transformers"} & set(sys.modules)
        print(line, "status", exit_.code, *sorted(heavy), file=sys.stderr)
"""


def test_only_a_score_loads_a_model(workspace: Path, tmp_path: Path) -> None:
    with open_store(sqlite_url(workspace / "graph.sqlite")) as store:
        stock(store)
    application: Any = get_command(build())
    assert set(ASKED) == set(application.commands["graph"].commands), "say here what the new command is asked"
    lines = [f"{name} {rest}".format(folder=tmp_path).strip() for name, rest in ASKED.items()]
    lines += ["explain shirt --context skirt --by strength", "explain shirt --context skirt --by score"]
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(workspace), *lines], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *without, score = [line for line in ran.stderr.splitlines() if " status " in line]
    assert without == [f"{line} status 0" for line in lines[:-1]]
    assert score.endswith("--by score status 1 faiss torch"), "the last one is what the others must not be like"
