#!/usr/bin/env python3
"""Decodes the models' outputs the plain way and writes the numbers to golden.json, which the tests compare with.

It shares no code with the crate. Needs: numpy, onnxruntime, opencv-python-headless, the `ffmpeg` command, and the folder
of real models and clips, which is not part of this repository (argument 1). No picture and no model is written anywhere.

Each model gets
  formula   a tensor made by a formula, low threshold: many boxes, none of which means anything
  clip      a tensor made from a video frame by taking the nearest pixel
  picture   the same frame resized by OpenCV (INTER_AREA) as the model wants it: boxes in 0..1 of the picture
"""
import hashlib
import json
import pathlib
import subprocess
import sys

import cv2
import numpy as np
import onnxruntime

HERE = pathlib.Path(__file__).parent
REAL = pathlib.Path(sys.argv[1])
CLIP, FRAME, WIDTH, HEIGHT = "neg_crowd_walking_720p.mp4", 0, 1280, 720

PLAIN = dict(scale=1.0, mean=[0, 0, 0], std=[1, 1, 1])
UNIT = dict(scale=0.003921569, mean=[0, 0, 0], std=[1, 1, 1])
CAFFE = dict(scale=1.0, mean=[103.53, 116.28, 123.675], std=[57.375, 57.12, 58.395])
REAL_MODELS = [
    ("yolox_nano_416_opencvzoo.onnx", "yolox", 416, "bgr", PLAIN, "corner"),
    ("deimv2_femto.onnx", "detr", 416, "rgb", UNIT, "stretch"),
    ("deimv2_atto.onnx", "detr", 320, "rgb", UNIT, "stretch"),
    ("picodet_s_416.onnx", "nanodet", 416, "bgr", CAFFE, "stretch"),
    ("nanodet_m_416.onnx", "nanodet", 416, "bgr", CAFFE, "stretch"),
    ("FastestDet.onnx", "fastestdet", 352, "bgr", UNIT, "stretch"),
]
TINY_MODELS = [
    ("yolov8_tiny.onnx", "yolov8", 64, "rgb", UNIT, "letterbox"),
    ("yolov8_places_first.onnx", "yolov8", 64, "rgb", UNIT, "letterbox"),
    ("yolov8_one_class.onnx", "yolov8", 64, "rgb", UNIT, "letterbox"),
    ("end2end_tiny.onnx", "end2end", 64, "rgb", UNIT, "letterbox"),
]


def formula(side):
    y, x = np.mgrid[0:side, 0:side].astype(np.float64)
    planes = []
    for c in range(3):
        p = 127.5 + 60 * np.sin(0.05 * x + c) + 50 * np.cos(0.035 * y - 0.5 * c) + 17 * np.sin(0.31 * (x + y))
        # Something with edges: a bright column with a dark foot.
        p[(x >= side // 3) & (x < side // 2) & (y >= side // 4)] = 200 - 30 * c
        p[(x >= side // 3) & (x < side // 2) & (y >= side // 2)] = 40 + 20 * c
        planes.append(p)
    return np.stack(planes)


def yuv_frame():
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(REAL / "clips" / CLIP), "-frames:v", str(FRAME + 1), "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"],
        check=True, capture_output=True).stdout
    each = WIDTH * HEIGHT * 3 // 2
    raw = np.frombuffer(raw[FRAME * each:(FRAME + 1) * each], np.uint8)
    luma = WIDTH * HEIGHT
    chroma = luma // 4
    return (raw[:luma].reshape(HEIGHT, WIDTH), raw[luma:luma + chroma].reshape(HEIGHT // 2, WIDTH // 2),
            raw[luma + chroma:].reshape(HEIGHT // 2, WIDTH // 2))


def to_rgb(y, u, v, kr, kb):
    """Limited range to 0..255 with the luma weights of red and blue."""
    y, u, v = (y.astype(np.float64) - 16) * 255 / 219, (u.astype(np.float64) - 128) * 255 / 224, (v.astype(np.float64) - 128) * 255 / 224
    kg = 1 - kr - kb
    r = y + 2 * (1 - kr) * v
    b = y + 2 * (1 - kb) * u
    g = (y - kr * r - kb * b) / kg
    return np.clip(np.stack([r, g, b]), 0, 255)


def nearest(frame, side):
    """601 on purpose, also for 720p: the tensor only has to be the same on both sides."""
    y, u, v = frame
    rows = ((np.arange(side) + 0.5) * HEIGHT / side).astype(int)
    columns = ((np.arange(side) + 0.5) * WIDTH / side).astype(int)
    return to_rgb(y[np.ix_(rows, columns)], u[np.ix_(rows // 2, columns // 2)], v[np.ix_(rows // 2, columns // 2)], 0.299, 0.114)


def picture(frame, side, resize):
    """BT.709, as for everything of 720 lines and more. Returns the tensor and the way back to 0..1."""
    y, u, v = frame
    u, v = u.repeat(2, 0).repeat(2, 1), v.repeat(2, 0).repeat(2, 1)
    rgb = np.round(to_rgb(y, u, v, 0.2126, 0.0722)).astype(np.uint8).transpose(1, 2, 0)
    if resize == "stretch":
        return cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA).transpose(2, 0, 1).astype(np.float64), (side, side)
    assert resize == "corner"
    scale = min(side / WIDTH, side / HEIGHT)
    w, h = round(WIDTH * scale), round(HEIGHT * scale)
    canvas = np.full((side, side, 3), 114, np.uint8)
    canvas[:h, :w] = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_AREA)
    return canvas.transpose(2, 0, 1).astype(np.float64), (w, h)


def normalised(planes, colour, spec):
    if colour == "bgr":
        planes = planes[::-1]
    mean, std = np.array(spec["mean"]).reshape(3, 1, 1), np.array(spec["std"]).reshape(3, 1, 1)
    return ((planes * spec["scale"] - mean) / std).astype(np.float32)[None]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def centred(cx, cy, w, h):
    return np.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], -1)


def decode_yolox(outputs, side):
    (out,) = outputs
    grids, strides = [], []
    for stride in (8, 16, 32):
        n = side // stride
        gy, gx = np.mgrid[0:n, 0:n]
        grids.append(np.stack([gx, gy], -1).reshape(-1, 2))
        strides.append(np.full((n * n, 1), stride))
    grid, stride = np.concatenate(grids), np.concatenate(strides)
    out = out[0].astype(np.float64)
    xy = (out[:, :2] + grid) * stride
    wh = np.exp(out[:, 2:4]) * stride
    scores = out[:, 4:5] * out[:, 5:]
    return centred(xy[:, 0], xy[:, 1], wh[:, 0], wh[:, 1]), scores.argmax(1), scores.max(1)


def decode_yolov8(outputs, side):
    (out,) = outputs
    out = out[0].astype(np.float64)
    if out.shape[0] == 64 and out.shape[1] != 64:
        out = out.T
    return centred(*out[:4]), out[4:].argmax(0), out[4:].max(0)


def decode_end2end(outputs, side):
    out = outputs[0][0].astype(np.float64)
    return out[:, :4], out[:, 5].astype(int), out[:, 4]


def decode_detr(outputs, side):
    labels, boxes, scores = outputs
    return boxes[0].astype(np.float64), labels[0], scores[0].astype(np.float64)


def decode_nanodet(outputs, side):
    half = len(outputs) // 2
    boxes, classes, scores = [], [], []
    for cls, dist in zip(outputs[:half], outputs[half:]):
        cls, dist = cls[0].astype(np.float64), dist[0].astype(np.float64)
        n = int(round(np.sqrt(len(cls))))
        stride = {52: 8, 26: 16, 13: 32, 7: 64}[n]
        gy, gx = np.mgrid[0:n, 0:n]
        cx, cy = (gx.ravel() + 0.5) * stride, (gy.ravel() + 0.5) * stride
        ltrb = (softmax(dist.reshape(-1, 4, 8)) * np.arange(8)).sum(-1) * stride
        boxes.append(np.stack([cx - ltrb[:, 0], cy - ltrb[:, 1], cx + ltrb[:, 2], cy + ltrb[:, 3]], -1))
        classes.append(cls.argmax(1))
        scores.append(cls.max(1))
    return np.concatenate(boxes), np.concatenate(classes), np.concatenate(scores)


def decode_fastestdet(outputs, side):
    out = outputs[0][0].astype(np.float64)
    n = out.shape[1]
    boxes, classes, scores = [], [], []
    for row in range(n):
        for column in range(n):
            cell = out[:, row, column]
            classes.append(int(cell[5:].argmax()))
            scores.append(cell[0] ** 0.6 * cell[5:].max() ** 0.4)
            cx, cy = (column + np.tanh(cell[1])) / n * side, (row + np.tanh(cell[2])) / n * side
            w, h = side / (1 + np.exp(-cell[3])), side / (1 + np.exp(-cell[4]))
            boxes.append([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
    return np.array(boxes), np.array(classes), np.array(scores)


def iou(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def detect(session, family, tensor, side, threshold, nms=0.5):
    inputs = {session.get_inputs()[0].name: tensor}
    if family == "detr":
        inputs[session.get_inputs()[1].name] = np.array([[side, side]], np.int64)
    boxes, classes, scores = globals()[f"decode_{family}"](session.run(None, inputs), side)
    if threshold is None:
        # About thirty boxes before suppression, and no two scores so near the threshold that rounding decides.
        best = np.sort(scores)[::-1]
        threshold = next(round(float((best[k] + best[k + 1]) / 2), 5) for k in range(30, len(best) - 1) if best[k] - best[k + 1] > 1e-4)
    boxes = np.clip(boxes, 0, side)
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        box, c, s = boxes[i], int(classes[i]), float(scores[i])
        if s < threshold or box[2] <= box[0] or box[3] <= box[1]:
            continue
        if family in ("detr", "end2end") or all(c != k[0] or iou(box, k[2]) <= nms for k in kept):
            kept.append((c, s, box))
    return threshold, kept


def rows(kept, scale=(1.0, 1.0), digits=3):
    w, h = scale
    return [[c, round(s, 5), *(round(float(v), digits) for v in (b[0] / w, b[1] / h, b[2] / w, b[3] / h))] for c, s, b in kept]


def main():
    frame = yuv_frame()
    golden = []
    for folder, models in ((REAL / "models", REAL_MODELS), (HERE, TINY_MODELS)):
        for file, family, side, colour, spec, resize in models:
            path = folder / file
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            cases = []
            threshold, kept = detect(session, family, normalised(formula(side), colour, spec), side, None)
            cases.append(dict(input="formula", score=threshold, boxes=rows(kept)))
            if folder != HERE:
                threshold, kept = detect(session, family, normalised(nearest(frame, side), colour, spec), side, 0.3)
                cases.append(dict(input="clip", score=threshold, boxes=rows(kept)))
                planes, scale = picture(frame, side, resize)
                threshold, kept = detect(session, family, normalised(planes, colour, spec), side, 0.3)
                kept = [k for k in kept if k[0] == 0]
                cases.append(dict(input="picture", score=threshold, boxes=rows(kept, scale, 5)))
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            golden.append(dict(file=file, sha256=sha256, family=family, side=side, cases=cases))
            print(file, [(case["input"], case["score"], len(case["boxes"])) for case in cases])
    lines = ",\n".join(json.dumps(model) for model in golden)
    (HERE / "golden.json").write_text(
        f'{{"onnxruntime": "{onnxruntime.__version__}", "clip": "{CLIP}", "frame": {FRAME}, "width": {WIDTH}, "height": {HEIGHT}, "models": [\n{lines}\n]}}\n')


main()
