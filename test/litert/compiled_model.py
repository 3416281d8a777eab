"""A model through LiteRT's CompiledModel: FOLDER of the dispatch library, MODEL, OUTPUT, then the bytes of each input. - for no NPU."""

import sys

from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.environment import Environment
from ai_edge_litert.hardware_accelerator import HardwareAccelerator

folder, model, output, *files = sys.argv[1:]
environment = Environment.create(dispatch_library_path=folder, compiler_plugin_path=folder)
compiled = CompiledModel.from_file(
    model, hardware_accel=HardwareAccelerator.NPU | HardwareAccelerator.CPU, environment=environment
)
inputs, outputs = compiled.create_input_buffers(0), compiled.create_output_buffers(0)
details = compiled.get_output_tensor_details(compiled.get_signature_by_index(0)["key"])
import numpy as np

for _ in range(2):  # again with the same buffers
    for buffer, path in zip(inputs, files):
        buffer.write(np.fromfile(path, dtype=np.uint8).view(np.int8))
    compiled.run_by_index(0, inputs, outputs)
with open(output, "wb") as file:
    for buffer, detail in zip(outputs, details.values()):
        shape = detail["shape"]
        file.write(buffer.read(int(np.prod(shape)), np.int8).tobytes())
print("fully accelerated" if compiled.is_fully_accelerated() else "in part")
