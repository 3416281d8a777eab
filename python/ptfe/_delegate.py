"""The delegate, through the load_delegate of whichever TFLite is here."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional

from ._node import bundled_node

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import Options

#: Modules with a ``load_delegate``, in the order in which they are looked for.
runtime_modules = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow.lite.python.interpreter")

_folder = Path(__file__).resolve().parent


def library_path() -> str:
    """The delegate's shared library: what ``load_delegate``, a C program or ``label_image.py -e`` takes."""
    return str(_folder / "libptfe.so")


def delegate(*, runtime: Optional[str] = None, **options: Unpack[Options]) -> Any:
    """A delegate for ``Interpreter(model, experimental_delegates=[...])``.

    :param runtime: whose ``load_delegate`` to use: ``"ai_edge_litert"``, ``"tflite_runtime"`` or ``"tensorflow"``. By default
        the one that the program has imported, else the first that is installed.
    :param options: the delegate's options (docs/options.md). True and False stand for 1 and 0, None for the default; paths may
        be ``pathlib.Path``; ``facts`` may be a dictionary.
    :raises ValueError: an option that there is not, or a value that it does not take
    :raises ImportError: no TFLite is installed
    """
    load_delegate = importlib.import_module(_module_of(runtime)).load_delegate
    given = _texts(options)
    if "node" not in given and not os.environ.get("PTFE_NODE"):
        node = bundled_node()
        if node is not None:
            given["node"] = node
    return load_delegate(library_path(), given)


def _module_of(runtime: Optional[str]) -> str:
    packages = {name.split(".")[0]: name for name in runtime_modules}
    if runtime is not None:
        if runtime not in packages:
            raise ValueError(f'runtime "{runtime}" is none of {", ".join(packages)}')
        return packages[runtime]
    imported = [name for name in runtime_modules if name in sys.modules]
    imported += [packages[name] for name in packages if name in sys.modules]
    installed = (name for package, name in packages.items() if importlib.util.find_spec(package) is not None)
    found = imported[0] if imported else next(installed, None)
    if found is None:
        raise ImportError("no TFLite is installed in this Python: pip install ai-edge-litert")
    return found


def _texts(options: Mapping[str, object]) -> Dict[str, str]:
    """Options as the delegate takes them."""
    return {name: _text(value) for name, value in options.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Mapping):
        return ",".join(f"{name}={one}" for name, one in value.items())
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    return str(value)
