"""One configuration of TFLite on one model, measured on command: a process that benchmarks/interpreter.ts keeps and talks to.

    measure.py MODEL reference|default THREADS [DELEGATE [key=value ...]]

Commands on stdin, one a line, answered by one JSON line on stdout:
    prepare        a new delegate and interpreter, up to allocated tensors: {"cpu": ms of this process, "children": ms, "resident": KiB}
    invoke COUNT   {"cpu": ms, "wall": ms} of one inference, on average
The input is noise from a fixed seed.
"""

import importlib
import json
import os
import resource
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


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


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
    model, kernels, threads, *delegate = sys.argv[1:]
    runtime = load_runtime()
    options = dict(word.split("=", 1) for word in delegate[1:])

    def prepare():
        settings = {"model_path": model, "num_threads": int(threads)}
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
            cpu, children = time.process_time(), children_seconds()
            interpreter = prepare()
            answer = {
                "cpu": (time.process_time() - cpu) * 1000,
                "children": (children_seconds() - children) * 1000,
                "resident": resident(),
            }
            fill_inputs(interpreter)
        elif command == "invoke":
            count = int(words[0])
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(count):
                interpreter.invoke()
            answer = {
                "cpu": (time.process_time() - cpu) * 1000 / count,
                "wall": (time.perf_counter() - wall) * 1000 / count,
            }
        else:
            sys.exit(f"measure: unknown command {command}")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
