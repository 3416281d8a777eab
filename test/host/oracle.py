"""Runs TFLite models with the reference kernels, with or without an external delegate, many in one process.

A frame on stdin and stdout is: u32 length of a JSON header, the header, then the bytes that the header counts.
Request:  model (bytes of the file), modelPath instead of it, inputs: for each invoke the byte counts of the graph's
          inputs, shapes: for each invoke those that the inputs are resized to before, or null, delegate: {library, options} or null, threads, everything: true for the outputs of all nodes.
Reply:    error, or outputs: for each invoke [{index, name, type, shape, bytes}], nodes, stderr, seconds.
"""
import json
import os
import signal
import struct
import sys
import time

try:
    from tflite_runtime import interpreter as tflite
except ImportError:
    from ai_edge_litert import interpreter as tflite
import numpy


# The reference kernels lack a few operators.
RESOLVERS = {"reference": tflite.OpResolverType.BUILTIN_REF,
             "optimized": tflite.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
             "default": tflite.OpResolverType.BUILTIN}


def delegated_nodes(details):
    """Indices of the original nodes that a delegate took: those between each delegate node's outputs and inputs."""
    delegates = [d for d in details if d["op_name"].lower().startswith(("delegate", "ptfe"))]
    first = min((d["index"] for d in delegates), default=len(details))
    producer = {int(t): d for d in details if d["index"] < first for t in d["outputs"]}
    taken = set()
    for delegate in delegates:
        known = {int(t) for t in delegate["inputs"]}
        todo = [int(t) for t in delegate["outputs"]]
        while todo:
            tensor = todo.pop()
            node = None if tensor in known else producer.get(tensor)
            if node is not None and node["index"] not in taken:
                taken.add(node["index"])
                todo.extend(int(t) for t in node["inputs"])
    return first, len(delegates), taken


def describe_nodes(interpreter):
    details = interpreter._get_ops_details()
    first, partitions, taken = delegated_nodes(details)
    nodes = [{"index": d["index"], "op": d["op_name"], "delegated": d["index"] in taken}
             for d in details if d["index"] < first]
    return nodes, partitions


def children():
    """Child processes of this one, ended ones that nobody waited for too."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.append(int(name))
    return found


def wanted_details(interpreter, everything):
    if not everything:
        return interpreter.get_output_details()
    made = {int(t) for node in interpreter._get_ops_details() for t in node["outputs"]}
    return [detail for detail in interpreter.get_tensor_details() if detail["index"] in made]


def resize_inputs(interpreter, shapes):
    if shapes is None:
        return
    for detail, shape in zip(interpreter.get_input_details(), shapes, strict=True):
        interpreter.resize_tensor_input(detail["index"], shape)
    interpreter.allocate_tensors()


def run(header, payload):
    start = time.perf_counter()
    delegates = []
    if header.get("delegate"):
        chosen = header["delegate"]
        delegates = [tflite.load_delegate(chosen["library"], chosen["options"])]
    path = header.get("modelPath")
    source = {"model_path": path} if path else {"model_content": bytes(payload[: header["model"]])}
    interpreter = tflite.Interpreter(
        **source,
        experimental_delegates=delegates or None,
        experimental_op_resolver_type=RESOLVERS[header.get("kernels", "reference")],
        num_threads=header.get("threads", 1),
        experimental_preserve_all_tensors=header.get("everything", False),
    )
    interpreter.allocate_tensors()
    prepared = time.perf_counter()
    at = 0 if path else header["model"]
    answers, data = [], []
    shapes = header.get("shapes", [])
    for turn, sizes in enumerate(header["inputs"]):
        resize_inputs(interpreter, shapes[turn] if turn < len(shapes) else None)
        for detail, size in zip(interpreter.get_input_details(), sizes, strict=True):
            value = numpy.frombuffer(payload[at : at + size], dtype=detail["dtype"]).reshape(detail["shape"])
            interpreter.set_tensor(detail["index"], value)
            at += size
        interpreter.invoke()
        answer = []
        for detail in wanted_details(interpreter, header.get("everything", False)):
            value = interpreter.get_tensor(detail["index"])
            data.append(value.tobytes())
            scale, zero_point = detail["quantization"]
            answer.append({"index": int(detail["index"]), "name": detail["name"], "type": value.dtype.name,
                           "shape": list(value.shape), "bytes": len(data[-1]),
                           "scale": float(scale), "zeroPoint": int(zero_point)})
        answers.append(answer)
    invoked = time.perf_counter()
    nodes, partitions = describe_nodes(interpreter)
    return {"outputs": answers, "nodes": nodes, "partitions": partitions,
            "children": children(), "prepareSeconds": prepared - start, "invokeSeconds": invoked - prepared}, data


def take_stderr():
    sys.stderr.flush()
    text = os.pread(2, 1 << 20, 0).decode(errors="replace")
    os.ftruncate(2, 0)
    return text


def main():
    source = os.fdopen(0, "rb", buffering=1 << 20)
    sink = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as in a C program: a broken pipe to the engine would end it
    os.dup2(2, 1)  # what libraries print must not get between the frames
    while len(prefix := source.read(4)) == 4:
        header = json.loads(source.read(struct.unpack("<I", prefix)[0]))
        size = header.get("model", 0) + sum(sum(sizes) for sizes in header["inputs"])
        payload = memoryview(source.read(size))
        try:
            reply, data = run(header, payload)
        except Exception as error:
            reply, data = {"error": f"{type(error).__name__}: {error}"}, []
        reply["stderr"] = take_stderr()
        text = json.dumps(reply).encode()
        sink.write(struct.pack("<I", len(text)) + text)
        for chunk in data:
            sink.write(chunk)
        sink.flush()


main()
