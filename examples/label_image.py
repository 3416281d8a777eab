"""Classifies a picture with a TFLite model: prints the five best labels and the time of the inference.

    python label_image.py -i picture.png -m model.tflite -l labels.txt [-e delegate.so] [-o "key: value; key: value"]

Runs with tflite_runtime, ai_edge_litert or tensorflow, whichever is installed; needs numpy and Pillow. `-e` takes any
TFLite external delegate.
"""

import argparse
import importlib
import os
import sys
import time
import types

import numpy as np
from PIL import Image

RUNTIMES = ("tflite_runtime.interpreter", "ai_edge_litert.interpreter", "tensorflow.lite")


def load_runtime():
    """The first TFLite runtime that can be imported: Interpreter, load_delegate and OpResolverType."""
    for name in RUNTIMES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        place = module.experimental if name == "tensorflow.lite" else module
        return types.SimpleNamespace(
            Interpreter=module.Interpreter, load_delegate=place.load_delegate, OpResolverType=place.OpResolverType
        )
    sys.exit("label_image: no TFLite runtime is installed (pip install ai-edge-litert)")


def parse_options(text):
    """"key: value; key: value" as a dictionary."""
    options = {}
    for pair in text.split(";"):
        if not pair.strip():
            continue
        key, colon, value = pair.partition(":")
        if not colon:
            sys.exit(f'label_image: option "{pair.strip()}" is not of the form "key: value"')
        options[key.strip()] = value.strip()
    return options


def read_picture(path, detail, mean, std):
    """The picture as the input tensor wants it: size, one or three channels, type."""
    shape, dtype = detail["shape"], detail["dtype"]
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3):
        sys.exit(f"label_image: the model's input {shape.tolist()} is not one picture with 1 or 3 channels")
    _, height, width, channels = (int(size) for size in shape)
    try:
        picture = Image.open(path).convert("L" if channels == 1 else "RGB")
    except (OSError, ValueError) as error:
        sys.exit(f"label_image: cannot read {path}: {error}")
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.BILINEAR)
    pixels = np.asarray(picture, np.uint8).reshape(1, height, width, channels)
    if dtype == np.uint8:
        return pixels
    if dtype == np.int8:  # 0..255 as -128..127
        return (pixels ^ 0x80).view(np.int8)
    if dtype == np.float32:
        return (pixels.astype(np.float32) - mean) / std
    sys.exit(f"label_image: inputs of type {np.dtype(dtype).name} are not known here")


def scores_of(values, detail):
    """The output as real numbers: quantized values through the tensor's scale and zero-point."""
    values = values.reshape(-1)
    scale, zero_point = detail["quantization"]
    if np.issubdtype(values.dtype, np.integer) and scale != 0:
        return (values.astype(np.float32) - zero_point) * np.float32(scale)
    return values.astype(np.float32)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Classifies a picture with a TFLite model.")
    parser.add_argument("-i", "--image", required=True, help="the picture")
    parser.add_argument("-m", "--model_file", required=True, help="the .tflite model")
    parser.add_argument("-l", "--label_file", required=True, help="text file, one label a line")
    parser.add_argument("-e", "--ext_delegate", help="library of an external delegate")
    parser.add_argument("-o", "--ext_delegate_options", default="", help='options for it: "key: value; key: value"')
    parser.add_argument("--num_threads", type=int, default=None, help="threads of TFLite's own kernels")
    parser.add_argument("--input_mean", type=float, default=127.5, help="for float models: (pixel - mean) / std")
    parser.add_argument("--input_std", type=float, default=127.5)
    parser.add_argument("--reference", action="store_true", help="TFLite's reference kernels, not the fast ones")
    parser.add_argument("--dump", metavar="PREFIX", help="also write each output tensor to PREFIX<n>.npy")
    return parser.parse_args()


def make_interpreter(arguments):
    runtime = load_runtime()
    settings = {"model_path": arguments.model_file, "num_threads": arguments.num_threads}
    if arguments.reference:
        settings["experimental_op_resolver_type"] = runtime.OpResolverType.BUILTIN_REF
    if not os.path.isfile(arguments.model_file):
        sys.exit(f"label_image: no model {arguments.model_file}")
    if arguments.ext_delegate:
        options = parse_options(arguments.ext_delegate_options)
        try:
            settings["experimental_delegates"] = [runtime.load_delegate(arguments.ext_delegate, options)]
        except (OSError, ValueError) as error:
            sys.exit(f"label_image: cannot load the delegate {arguments.ext_delegate}: {error}")
    try:
        interpreter = runtime.Interpreter(**settings)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        sys.exit(f"label_image: TFLite refuses {arguments.model_file}: {error}")
    return interpreter


def main():
    arguments = parse_arguments()
    interpreter = make_interpreter(arguments)
    [input_detail, *others] = interpreter.get_input_details()
    if others:
        sys.exit("label_image: the model has more than one input")
    picture = read_picture(arguments.image, input_detail, arguments.input_mean, arguments.input_std)
    interpreter.set_tensor(input_detail["index"], picture)

    start = time.perf_counter()
    interpreter.invoke()
    elapsed = (time.perf_counter() - start) * 1000

    outputs = interpreter.get_output_details()
    scores = scores_of(interpreter.get_tensor(outputs[0]["index"]), outputs[0])
    try:
        with open(arguments.label_file, encoding="utf-8") as file:
            labels = file.read().splitlines()
    except OSError as error:
        sys.exit(f"label_image: cannot read {arguments.label_file}: {error.strerror}")
    for place in np.argsort(-scores, kind="stable")[:5]:
        label = labels[place] if place < len(labels) else f"class {place}"
        print(f"{scores[place]:08.6f}: {label}")
    print(f"time: {elapsed:.3f} ms")

    if arguments.dump:
        for number, detail in enumerate(outputs):
            np.save(f"{arguments.dump}{number}.npy", interpreter.get_tensor(detail["index"]))


if __name__ == "__main__":
    main()
