"""Programs with more than one interpreter, run by the delegate tests: python scenarios.py NAME JSON.

JSON: {model, inputs: [files], library, options, ...}. Prints one JSON line: what was measured.
"""
import ctypes
import gc
import json
import os
import signal
import sys
import threading
import time

try:
    from tflite_runtime import interpreter as tflite
except ImportError:
    from ai_edge_litert import interpreter as tflite
import numpy

signal.signal(signal.SIGPIPE, signal.SIG_DFL)
NAME, ARGS = sys.argv[1], json.loads(sys.argv[2])


def delegate(library=None):
    return tflite.load_delegate(library or ARGS["library"], ARGS["options"])


def interpreter(delegates=None):
    made = tflite.Interpreter(model_path=ARGS["model"], experimental_delegates=delegates,
                              experimental_op_resolver_type=tflite.OpResolverType.BUILTIN_REF)
    made.allocate_tensors()
    return made


def invoke(made, seed=None):
    for position, detail in enumerate(made.get_input_details()):
        if seed is None:
            value = numpy.fromfile(ARGS["inputs"][position], dtype=detail["dtype"]).reshape(detail["shape"])
        else:
            random = numpy.random.default_rng(seed + position)
            if numpy.issubdtype(detail["dtype"], numpy.floating):
                value = random.random(detail["shape"], dtype=detail["dtype"])
            else:
                value = random.integers(-128, 128, detail["shape"]).astype(detail["dtype"])
        made.set_tensor(detail["index"], value)
    made.invoke()
    return [made.get_tensor(detail["index"]) for detail in made.get_output_details()]


def apart(first, second):
    """The largest difference: in counts, and for floats in hundredths."""
    def between(a, b):
        if a.shape != b.shape:
            return 1 << 20
        if numpy.issubdtype(a.dtype, numpy.floating):
            return int(numpy.ceil(100 * numpy.abs(a - b).max(initial=0)))
        return int(numpy.abs(a.astype(numpy.int64) - b.astype(numpy.int64)).max(initial=0))
    return max(between(a, b) for a, b in zip(first, second, strict=True))


def delegated(made):
    return sum(d["op_name"].lower().startswith(("delegate", "ptfe")) for d in made._get_ops_details())


def status(field):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field))


def children():
    found = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                found += int(file.read().rpartition(")")[2].split()[1]) == os.getpid()
        except OSError:
            pass
    return found


def resize():
    """Another input size after the delegate was applied, twice: back to the first in the end."""
    made, plain = interpreter([delegate()]), interpreter()
    before, distances = delegated(made), [apart(invoke(made, 1), invoke(plain, 1))]
    shape = list(made.get_input_details()[0]["shape"])
    for height, width in ((20, 9), (5, 31), (shape[1], shape[2])):
        for each in (made, plain):
            each.resize_tensor_input(each.get_input_details()[0]["index"], [1, height, width, shape[3]])
            each.allocate_tensors()
        distances.append(apart(invoke(made, 2), invoke(plain, 2)))
    return {"partitions": before, "apart": distances, "after": delegated(made)}


def resolved(kernels, delegates=None):
    """With the kernels of an op resolver: reference, optimized, or default (what a program gets)."""
    types = tflite.OpResolverType
    resolver = {"reference": types.BUILTIN_REF, "optimized": types.BUILTIN_WITHOUT_DEFAULT_DELEGATES, "default": types.BUILTIN}
    made = tflite.Interpreter(model_path=ARGS["model"], experimental_delegates=delegates,
                              experimental_op_resolver_type=resolver[kernels])
    made.allocate_tensors()
    return made


def resizes():
    """Sizes of the first input one after the other, two invokes at each; a part that falls back runs on the resolver's own
    kernels, which with the default one are the optimized ones (XNNPACK takes only what no delegate has)."""
    made = resolved(ARGS["kernels"], [delegate()])
    plain = resolved("optimized" if ARGS["kernels"] == "default" else ARGS["kernels"])
    before, distances = delegated(made), [apart(invoke(made, 1), invoke(plain, 1))]
    for shape in ARGS["shapes"]:
        for each in (made, plain):
            each.resize_tensor_input(each.get_input_details()[0]["index"], shape)
            each.allocate_tensors()
        distances.append(max(apart(invoke(made, seed), invoke(plain, seed)) for seed in (2, 3)))
    return {"partitions": before, "apart": distances}


def resize_before():
    """Another input size before the delegate is applied, as C++ programs can: with tensors that never got memory, that got
    it for the size before, and that got it for this one."""
    distances, parts = [], []
    for allocated in ((False, False), (True, False), (True, True)):
        made = tflite.Interpreter(model_path=ARGS["model"], experimental_op_resolver_type=tflite.OpResolverType.BUILTIN_REF)
        plain, kept = interpreter(), delegate()
        if allocated[0]:
            made.allocate_tensors()
        shape = list(made.get_input_details()[0]["shape"])
        for each in (made, plain):
            each.resize_tensor_input(each.get_input_details()[0]["index"], [1, 7, 10, shape[3]])
        if allocated[1]:
            made.allocate_tensors()
        made._interpreter.ModifyGraphWithDelegate(kept._get_native_delegate_pointer())
        made._delegates = [kept]
        for each in (made, plain):
            each.allocate_tensors()
        distances.append(apart(invoke(made, 4), invoke(plain, 4)))
        parts.append(delegated(made))
    return {"apart": distances, "parts": parts}


def batch():
    """A batch of 2 is nothing for this delegate: the CPU must take over."""
    made, plain = interpreter([delegate()]), interpreter()
    for each in (made, plain):
        detail = each.get_input_details()[0]
        each.resize_tensor_input(detail["index"], [2, *detail["shape"][1:]])
        each.allocate_tensors()
    return {"apart": [apart(invoke(made, 3), invoke(plain, 3))]}


def two_interpreters():
    """Two interpreters in turn, the first destroyed while the second goes on."""
    plain = interpreter()
    first, second = interpreter([delegate()]), interpreter([delegate()])
    distances = []
    for seed in range(4):
        expected = [invoke(plain, seed), invoke(plain, seed + 100)]
        distances.append(apart(invoke(first, seed), expected[0]))
        distances.append(apart(invoke(second, seed + 100), expected[1]))
    del first
    gc.collect()
    distances.append(apart(invoke(second, 50), invoke(plain, 50)))
    return {"apart": distances, "partitions": delegated(second)}


def two_libraries():
    """The same library under two names: each has its own state."""
    plain = interpreter()
    made = [interpreter([delegate()]), interpreter([delegate(ARGS["copy"])])]
    distances = [apart(invoke(each, seed), invoke(plain, seed)) for seed in range(3) for each in made]
    return {"apart": distances, "partitions": min(delegated(each) for each in made)}


def threads():
    """Interpreters made, run and destroyed in several threads at once."""
    plain = interpreter()
    expected = {seed: invoke(plain, seed) for seed in range(8)}
    distances, errors = [], []

    def work(number):
        try:
            for _ in range(2):
                made = interpreter([delegate()])
                distances.extend(apart(invoke(made, seed), expected[seed]) for seed in range(number, number + 4))
        except Exception as error:
            errors.append(repr(error))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"apart": distances, "errors": errors}


def rounds():
    """Create, run, destroy, many times; memory and open files after a start and at the end."""
    plain = interpreter()
    expected = invoke(plain, 1)
    distance, start = 0, None
    for number in range(ARGS["rounds"]):
        made = interpreter([delegate()] if ARGS.get("delegate", True) else None)
        distance = max(distance, apart(invoke(made, 1), expected))
        partitions = delegated(made)
        del made
        gc.collect()
        if number == ARGS["rounds"] // 4:
            start = (status("VmRSS"), len(os.listdir("/proc/self/fd")), status("Threads"))
    end = (status("VmRSS"), len(os.listdir("/proc/self/fd")), status("Threads"))
    return {"apart": [distance], "partitions": partitions, "kilobytes": [start[0], end[0]], "files": [start[1], end[1]],
            "threads": [start[2], end[2]]}


def text_of(library):
    """Address and size of a loaded library's mapping."""
    real = os.path.realpath(library)
    with open("/proc/self/maps") as file:
        spans = [line.split()[0].split("-") for line in file if line.rstrip().endswith(real)]
    addresses = [int(address, 16) for span in spans for address in span]
    return min(addresses), max(addresses) - min(addresses)


def allocation_failures():
    """The n-th allocation of the library fails, for every n (step: every step-th) until none fails any more."""
    plain = interpreter()
    expected = invoke(plain, 1)
    faults = ctypes.CDLL(None)
    kept = ctypes.CDLL(ARGS["library"])  # stays loaded, so that its address stays the same
    faults.fault_watch.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    faults.fault_watch(*text_of(ARGS["library"]))
    faults.fault_count.restype = ctypes.c_long
    faults.fault_at.argtypes = [ctypes.c_long]
    distances, refused, fallen_back, number = [], 0, 0, 1
    end = time.monotonic() + ARGS["seconds"]
    while time.monotonic() < end:
        faults.fault_at(number)
        try:
            made = interpreter([delegate()])
            distances.append(apart(invoke(made, 1), expected))
            fallen_back += delegated(made) == 0
            del made
        except (ValueError, RuntimeError, MemoryError) as error:
            refused += 1
            last = str(error)[:200]
        gc.collect()
        reached = faults.fault_count() >= number
        faults.fault_at(-1)
        if not reached:
            break
        number += ARGS["step"]
    del kept
    return {"apart": distances, "allocations": number - 1, "fallenBack": fallen_back, "refused": refused,
            "lastError": last if refused else "", "complete": not reached}


result = globals()[NAME]()
gc.collect()
print(json.dumps({**result, "children": children()}))
