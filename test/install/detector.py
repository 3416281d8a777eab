"""The calls of Frigate's detector teflon_tfl, in its order: LIBRARY MODEL PICTURE RUNTIME, or - for no library. Prints the detections as JSON.

An SSD with TFLite's post-processing op: boxes, classes, scores and their number are the outputs.
"""

import importlib
import json
import sys

import numpy as np
from PIL import Image

library, model, picture, runtime = sys.argv[1:5]
tflite = importlib.import_module(runtime)
delegates = [] if library == "-" else [tflite.load_delegate(library, {})]
interpreter = tflite.Interpreter(model_path=model, experimental_delegates=delegates)
interpreter.allocate_tensors()
inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()

_, height, width, _ = inputs[0]["shape"]
frame = np.asarray(Image.open(picture).convert("RGB").resize((width, height)), dtype=np.uint8)[None]
found = []
for _ in range(2):  # a detector is asked again and again
    interpreter.set_tensor(inputs[0]["index"], frame)
    interpreter.invoke()
    boxes, classes, scores = (interpreter.tensor(outputs[n]["index"])()[0] for n in range(3))
    count = int(interpreter.tensor(outputs[3]["index"])()[0])
    found = [
        {"class": int(classes[n]), "score": float(scores[n]), "box": [float(edge) for edge in boxes[n]]}
        for n in range(min(count, 20))
        if scores[n] >= 0.4
    ]
    del boxes, classes, scores
print(json.dumps(found))
