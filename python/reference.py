"""What TFLite's reference kernels make of a model, tensor by tensor: for `ptfe compare`.

    reference.py MODEL [INPUT ...]

INPUT: the bytes of an input, a .npy file, or a picture (needs Pillow; resized to the input). Inputs that are not given are
noise from a fixed seed. Writes to stdout: u32 length of a JSON header, the header, then the tensors' bytes.
"""

import importlib
import importlib.metadata
import json
import os
import struct
import sys

import numpy as np

RUNTIMES = ("ai_edge_litert.interpreter", "tensorflow.lite", "tflite_runtime.interpreter")


def load_runtime():
    for name in RUNTIMES:
        try:
            return name, importlib.import_module(name)
        except ImportError:
            continue
    sys.exit("no TFLite runtime is installed in this Python (pip install ai-edge-litert)")


def version_of(runtime):
    package = runtime.split(".")[0].replace("_", "-")
    for name in (package, package + "-nightly", package + "-cpu"):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def noise(detail, seed):
    random = np.random.default_rng(seed)
    shape, dtype = detail["shape"], detail["dtype"]
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        return random.integers(limits.min, limits.max, size=shape, dtype=dtype, endpoint=True)
    if dtype == np.bool_:
        return random.integers(0, 2, size=shape).astype(dtype)
    return random.uniform(-1, 1, size=shape).astype(dtype)


def picture(path, detail):
    from PIL import Image

    shape, dtype = detail["shape"], detail["dtype"]
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3):
        sys.exit(f"{path}: the input {shape.tolist()} is no picture")
    image = Image.open(path).convert("L" if shape[3] == 1 else "RGB").resize((int(shape[2]), int(shape[1])), Image.BILINEAR)
    pixels = np.asarray(image, np.uint8).reshape(shape)
    if dtype == np.uint8:
        return pixels
    if dtype == np.int8:
        return (pixels ^ 0x80).view(np.int8)
    return (pixels.astype(np.float32) - 127.5) / 127.5


def read_input(path, detail):
    if path.endswith(".npy"):
        return np.load(path).astype(detail["dtype"]).reshape(detail["shape"])
    data = open(path, "rb").read()
    values = int(np.prod(detail["shape"])) * np.dtype(detail["dtype"]).itemsize
    if len(data) == values:
        return np.frombuffer(data, detail["dtype"]).reshape(detail["shape"])
    return picture(path, detail)


def overwritten_tensors(interpreter):
    """Tensors whose memory a later node got for its result: tflite_runtime does that even where all are to be kept."""
    owner, lost = {}, set()
    for node in interpreter._get_ops_details():
        for tensor in map(int, node["outputs"]):
            try:
                place = interpreter.tensor(tensor)().__array_interface__["data"][0]
            except (ValueError, RuntimeError):
                continue
            if owner.get(place, tensor) != tensor:
                lost.add(owner[place])
            owner[place] = tensor
    return lost


def main():
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the bytes
    model, *paths = sys.argv[1:]
    name, runtime = load_runtime()
    place = runtime.experimental if name == "tensorflow.lite" else runtime
    try:
        interpreter = runtime.Interpreter(
            model_path=model,
            experimental_op_resolver_type=place.OpResolverType.BUILTIN_REF,
            experimental_preserve_all_tensors=True,
            num_threads=1,
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        sys.exit(f"TFLite refuses the model: {str(error).splitlines()[0]}")
    details = interpreter.get_input_details()
    if len(paths) > len(details):
        sys.exit(f"{len(paths)} inputs given, the model has {len(details)}")
    for number, detail in enumerate(details):
        try:
            value = read_input(paths[number], detail) if number < len(paths) else noise(detail, number)
        except (OSError, ValueError) as error:
            sys.exit(f"{paths[number]}: {str(error).splitlines()[0]}")
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    overwritten = overwritten_tensors(interpreter)
    wanted = {int(detail["index"]) for detail in details}
    wanted |= {int(tensor) for node in interpreter._get_ops_details() for tensor in node["outputs"]}
    tensors, blobs = [], []
    for index in sorted(wanted - overwritten):
        try:
            blobs.append(interpreter.get_tensor(index).tobytes())
        except (ValueError, RuntimeError):
            continue  # resources and the like have no bytes
        tensors.append({"index": index, "bytes": len(blobs[-1])})
    header = json.dumps({"runtime": name, "version": version_of(name), "tensors": tensors}).encode()
    sink.write(struct.pack("<I", len(header)) + header)
    for blob in blobs:
        sink.write(blob)
    sink.close()


if __name__ == "__main__":
    main()
