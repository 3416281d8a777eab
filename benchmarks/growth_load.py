"""CPU milliseconds of a Prepare and the memory (MB, resident) after it: growth_load.py MODEL [DELEGATE CACHE]"""

import json
import sys
import time

try:
    import tflite_runtime.interpreter as runtime
except ImportError:
    import ai_edge_litert.interpreter as runtime


def resident():
    with open("/proc/self/statm") as file:
        fields = file.read().split()
    return (int(fields[1]) - int(fields[2])) * 4096 / 1e6  # without pages of files: the model's are shared


def main():
    model, *delegate = sys.argv[1:]
    settings = {"experimental_op_resolver_type": runtime.OpResolverType.BUILTIN_REF}
    before = resident()
    if delegate:
        options = {"cache": delegate[1], "device": "software", "parts": "all"}
        settings["experimental_delegates"] = [runtime.load_delegate(delegate[0], options)]
    start = time.process_time()
    interpreter = runtime.Interpreter(model_path=model, **settings)
    interpreter.allocate_tensors()
    print(json.dumps({"ms": (time.process_time() - start) * 1000, "rss": resident() - before}))


if __name__ == "__main__":
    main()
