"""Uses an installed ptfe as a program would: MODEL OUTPUT RUNTIME. The delegate's values, then TFLite's own."""

import importlib
import sys

import numpy as np

import ptfe

model, output, module = sys.argv[1:4]
runtime = importlib.import_module(module)


def values(delegates):
    interpreter = runtime.Interpreter(model, experimental_delegates=delegates)
    interpreter.allocate_tensors()
    detail = interpreter.get_input_details()[0]
    pixels = np.random.default_rng(5).integers(-128, 128, detail["shape"])
    interpreter.set_tensor(detail["index"], pixels.astype(detail["dtype"]))
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


delegate = ptfe.delegate(device="software", verbose=True, cache="off", timeout=120, plan=None)
with open(output, "wb") as file:
    file.write(values([delegate]).tobytes())
    file.write(values([]).tobytes())
