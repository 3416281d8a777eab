"""Trains the demo's network on scikit-learn's digits (1,797 pieces of real handwriting, 8x8) and quantizes it.

    python3 -m venv /tmp/train && /tmp/train/bin/pip install "tensorflow-cpu==2.18.1" "scikit-learn==1.9.1" "pillow==13.0.0"
    /tmp/train/bin/python examples/train_digits.py

TensorFlow is needed here only, not for the demo or the tests. Seeds are fixed; another TensorFlow, another processor or
another number of threads still rounds differently, so a second run gives a network of the same kind, not the same
bytes. It writes, beside itself: digits_int8.tflite (weights per channel), digits_uint8.tflite (weights per tensor),
digits_labels.txt, pictures/digit_<N>.png from the held-out fifth, and digits_accuracy.json: both models measured on all
held-out pictures with TFLite's reference kernels.
"""

import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import flatbuffers
import numpy as np
import tensorflow as tf
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

SEED = 8
SIZE = 32
EPOCHS = 60
HERE = pathlib.Path(__file__).resolve().parent


def pictures_of(digits):
    """8x8 values 0..16 as SIZE x SIZE pictures, 0..255: what the committed .png files hold."""
    scaled = np.rint(digits * (255 / 16)).astype(np.uint8)
    enlarged = [np.asarray(Image.fromarray(d).resize((SIZE, SIZE), Image.BICUBIC)) for d in scaled]
    return np.stack(enlarged)[..., None]


def batch_norm(x, activation):
    x = tf.keras.layers.BatchNormalization(momentum=0.9)(x)
    return tf.keras.layers.ReLU(6.0)(x) if activation else x


def convolution(x, channels, kernel=1, stride=1, activation=True):
    x = tf.keras.layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False)(x)
    return batch_norm(x, activation)


def bottleneck(x, channels, stride):
    """MobileNetV2's block: widen 1x1, depthwise 3x3, narrow 1x1, and a residual add where the shapes are equal."""
    inside = convolution(x, 3 * x.shape[-1])
    inside = tf.keras.layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(inside)
    inside = convolution(batch_norm(inside, True), channels, activation=False)
    return tf.keras.layers.Add()([x, inside]) if x.shape == inside.shape else inside


def build_network():
    image = tf.keras.Input((SIZE, SIZE, 1))
    x = convolution(image, 16, kernel=3, stride=2)
    for channels, stride in ((16, 1), (24, 2), (24, 1), (40, 2), (40, 1), (40, 1)):
        x = bottleneck(x, channels, stride)
    x = convolution(x, 96)
    x = tf.keras.layers.Conv2D(10, 1)(x)  # one score map a digit; the average of each is the score
    x = tf.keras.layers.AveragePooling2D(SIZE // 8)(x)
    return tf.keras.Model(image, tf.keras.layers.Softmax()(tf.keras.layers.Reshape((10,))(x)))


def train(pictures, labels):
    inputs = pictures.astype(np.float32) / 255
    network = build_network()
    augment = tf.keras.Sequential(
        [
            tf.keras.layers.RandomRotation(0.03, fill_mode="constant", seed=SEED),
            tf.keras.layers.RandomTranslation(0.08, 0.08, fill_mode="constant", seed=SEED + 1),
            tf.keras.layers.RandomZoom(0.1, fill_mode="constant", seed=SEED + 2),
        ]
    )
    batches = (
        tf.data.Dataset.from_tensor_slices((inputs, labels))
        .shuffle(len(inputs), seed=SEED)
        .batch(48, drop_remainder=True)
        .map(lambda image, label: (augment(image, training=True), tf.one_hot(label, 10)))
    )
    steps = EPOCHS * (len(inputs) // 48)
    network.compile(
        tf.keras.optimizers.AdamW(tf.keras.optimizers.schedules.CosineDecay(4e-3, steps), weight_decay=1e-3),
        tf.keras.losses.CategoricalCrossentropy(label_smoothing=0.1),  # scores that differ, not all 0 or 1
        metrics=["accuracy"],
    )
    network.fit(batches, epochs=EPOCHS, verbose=2)
    return network


def quantize(network, pictures, per_channel):
    """Post-training int8 quantization, calibrated on training pictures. Pixel p is the code p - 128."""

    def calibration():
        for picture in pictures:
            yield [picture[None].astype(np.float32) / 255]

    signature = tf.TensorSpec((1, SIZE, SIZE, 1), tf.float32)
    function = tf.function(lambda image: network(image, training=False)).get_concrete_function(signature)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(function)])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = calibration
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel = not per_channel
    return converter.convert()


def to_uint8(model_bytes):
    """The uint8 form of an int8 per-tensor model: each code and zero-point moved up by 128, the same real values."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model_bytes))
    buffers_done = set()
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            if tensor.type != schema.TensorType.INT8:
                continue
            assert len(tensor.quantization.scale) == 1, "only per-tensor weights have a uint8 form"
            tensor.type = schema.TensorType.UINT8
            tensor.quantization.zeroPoint = np.asarray(tensor.quantization.zeroPoint) + 128
            buffer = model.buffers[tensor.buffer]
            if buffer.data is not None and tensor.buffer not in buffers_done:
                buffer.data = np.asarray(buffer.data, np.uint8) ^ 0x80
                buffers_done.add(tensor.buffer)
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def predictions(model_bytes, pictures):
    """Class and output of each picture, by TFLite's reference kernels."""
    interpreter = tf.lite.Interpreter(
        model_content=model_bytes, experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    [source], [result] = interpreter.get_input_details(), interpreter.get_output_details()
    outputs = []
    for picture in pictures:
        codes = picture if source["dtype"] == np.uint8 else (picture ^ 0x80).view(np.int8)
        interpreter.set_tensor(source["index"], codes[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result["index"])[0].astype(np.int32))
    return np.argmax(outputs, axis=1), np.stack(outputs)


def main():
    tf.keras.utils.set_random_seed(SEED)
    tf.config.threading.set_intra_op_parallelism_threads(2)
    digits = load_digits()
    pictures = pictures_of(digits.images)
    train_set, test_set, train_labels, test_labels = train_test_split(
        pictures, digits.target, test_size=0.2, random_state=SEED, stratify=digits.target
    )
    network = train(train_set, train_labels)

    calibration = train_set[:300]
    models = {
        "digits_int8": quantize(network, calibration, per_channel=True),
        "digits_uint8": to_uint8(quantize(network, calibration, per_channel=False)),
    }
    in_float = np.argmax(network.predict(test_set.astype(np.float32) / 255, verbose=0), axis=1)
    report = {"held_out_pictures": len(test_labels), "right": {"float": int((in_float == test_labels).sum())}}
    for name, model_bytes in models.items():
        (HERE / f"{name}.tflite").write_bytes(model_bytes)
        classes, _ = predictions(model_bytes, test_set)
        report["right"][name] = int((classes == test_labels).sum())
    (HERE / "digits_labels.txt").write_text("".join(f"{digit}\n" for digit in range(10)))
    (HERE / "digits_accuracy.json").write_text(json.dumps(report, indent=2) + "\n")
    (HERE / "pictures").mkdir(exist_ok=True)
    for digit in range(10):  # the first of each digit in the held-out part, right or wrong
        picture = test_set[np.flatnonzero(test_labels == digit)[0], :, :, 0]
        Image.fromarray(picture).save(HERE / "pictures" / f"digit_{digit}.png")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
