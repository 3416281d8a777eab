"""TFLite models on Rockchip's NPU (RK3588), through the mainline kernel driver.

    import ptfe
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter("model.tflite", experimental_delegates=[ptfe.delegate()])

The delegate works with tflite_runtime, ai_edge_litert and tensorflow. Where there is no NPU, the same register commands
run on a bit-exact model of the hardware in software, which is slow. The tools are ``python -m ptfe COMMAND``, or ``ptfe``.
"""

from ._delegate import delegate, library_path, runtime_modules
from ._node import node_path
from ._version import __version__

__all__ = ["__version__", "delegate", "library_path", "node_path", "runtime_modules"]
