"""Turns sample pictures and arrays into model inputs.

stdin: JSON list of {path, shape, type}; stdout: the inputs' bytes, one after another. A picture is resized to the
model's plane; uint8 takes the bytes, int8 the bytes less 128, float32 the range -1 to 1. Shapes are NHWC or 1x3xHxW.
"""
import json
import sys

import numpy
from PIL import Image


def tensor(request):
    path, shape, kind = request["path"], request["shape"], request["type"]
    if path.endswith(".npy"):
        value = numpy.load(path)
        if kind == "int8" and value.dtype == numpy.uint8:
            value = (value.astype(numpy.int16) - 128).astype(numpy.int8)
        return value.reshape(shape).astype(kind)
    planar = shape[1] == 3 and shape[3] != 3
    height, width, channels = (shape[2], shape[3], 3) if planar else shape[1:]
    picture = Image.open(path).convert("L" if channels == 1 else "RGB").resize((width, height), Image.BILINEAR)
    value = numpy.asarray(picture).reshape(1, height, width, channels)
    if planar:
        value = value.transpose(0, 3, 1, 2)
    if kind == "uint8":
        return value
    return (value.astype(numpy.int16) - 128).astype(numpy.int8) if kind == "int8" else (value / 127.5 - 1).astype(kind)


for request in json.load(sys.stdin):
    sys.stdout.buffer.write(numpy.ascontiguousarray(tensor(request)).tobytes())
