"""One configuration of TFLite on one model, measured on command: a process that benchmarks/run.mjs keeps and talks to.

    measure.py MODEL reference|default [DELEGATE]

Commands on stdin, one a line, answered by one JSON line on stdout:
    prepare [key=value ...]   a new delegate and interpreter, up to allocated tensors; {"ms": ..}
    invoke COUNT              {"ms": [.., ..]}, one for each inference
The input is noise from a fixed seed. One thread.
"""

import importlib
import json
import sys
import time

import numpy as np


def load_runtime():
    for name in ("ai_edge_litert.interpreter", "tflite_runtime.interpreter"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    sys.exit("measure: no TFLite runtime is installed")


def milliseconds(work):
    start = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - start) * 1000


def fill_inputs(interpreter):
    random = np.random.default_rng(1)
    for detail in interpreter.get_input_details():
        shape, dtype = detail["shape"], detail["dtype"]
        if np.issubdtype(dtype, np.integer):
            limits = np.iinfo(dtype)
            values = random.integers(limits.min, limits.max, size=shape, dtype=dtype, endpoint=True)
        else:
            values = random.uniform(-1, 1, size=shape).astype(dtype)
        interpreter.set_tensor(detail["index"], values)


def main():
    model, kernels, *delegate = sys.argv[1:]
    runtime = load_runtime()

    def prepare(options):
        settings = {"model_path": model, "num_threads": 1}
        if kernels == "reference":
            settings["experimental_op_resolver_type"] = runtime.OpResolverType.BUILTIN_REF
        if delegate:
            settings["experimental_delegates"] = [runtime.load_delegate(delegate[0], options)]
        interpreter = runtime.Interpreter(**settings)
        interpreter.allocate_tensors()
        return interpreter

    interpreter = None
    for line in sys.stdin:
        command, *words = line.split()
        if command == "prepare":
            interpreter = None  # the one before is gone before the clock starts
            options = dict(word.split("=", 1) for word in words)
            interpreter, elapsed = milliseconds(lambda: prepare(options))
            fill_inputs(interpreter)
            answer = {"ms": elapsed}
        elif command == "invoke":
            answer = {"ms": [milliseconds(interpreter.invoke)[1] for _ in range(int(words[0]))]}
        else:
            sys.exit(f"measure: unknown command {command}")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
