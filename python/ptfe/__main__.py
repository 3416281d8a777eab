"""``python -m ptfe COMMAND``: the tools, in Node."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ._node import node_path


def main() -> None:
    """Becomes ``node cli.mjs COMMAND``."""
    node = node_path()
    if node is None:
        named = os.environ.get("PTFE_NODE")
        where = f"PTFE_NODE={named} is no program" if named else "no node in PATH"
        sys.stderr.write(f"ptfe: {where}: install Node 20.19 or later, or: pip install 'ptfe[node]'\n")
        raise SystemExit(2)
    if node != shutil.which("node"):
        os.environ["PTFE_NODE"] = node
    os.environ.setdefault("PTFE_PYTHON", sys.executable)
    program = str(Path(__file__).resolve().parent / "cli.mjs")
    os.execv(node, [node, program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
