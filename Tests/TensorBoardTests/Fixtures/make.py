"""Writes events.txt: events as Python's tensorboard makes them, in hexadecimal, one a line.

    python3 -m venv venv && venv/bin/pip install tensorboard==2.21.0
    venv/bin/python make.py > events.txt
"""
import io
import math

from tensorboard.compat.proto.event_pb2 import Event, SessionLog, SourceMetadata
from tensorboard.compat.proto.summary_pb2 import (
    HistogramProto, Summary, SummaryMetadata)
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.summary.writer.record_writer import RecordWriter

TIME = 1700000000.25


def summary(step, *values):
    return Event(wall_time=TIME, step=step, summary=Summary(value=values))


def scalar(tag, number):
    return Summary.Value(tag=tag, simple_value=number)


def limit(bucket):
    return math.exp(math.log(1e-12) + bucket * math.log(1.1))


EVENTS = {
    "file": Event(
        wall_time=TIME, file_version="brain.Event:2",
        source_metadata=SourceMetadata(writer="coca-train")),
    "session": Event(
        wall_time=TIME, step=300, session_log=SessionLog(status=SessionLog.START)),
    "scalars": summary(
        1, scalar("train/loss", 2.5), scalar("train/lr", 0.0), scalar("train/nan", float("nan")),
        scalar("train/infinity", float("-inf"))),
    "text": summary(70000, Summary.Value(
        tag="val/captions",
        metadata=SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text")),
        tensor=TensorProto(
            dtype=DT_STRING, tensor_shape=TensorShapeProto(), string_val=["é|".encode()]))),
    "image": summary(2, Summary.Value(
        tag="val/picture",
        image=Summary.Image(
            height=200, width=3, colorspace=3, encoded_image_string=bytes(range(200))))),
    "histogram": summary(3, Summary.Value(
        tag="gradients",
        histo=HistogramProto(
            min=2, max=2.5, num=3, sum=6.75, sum_squares=15.3125,
            bucket_limit=[limit(bucket) for bucket in range(298, 301)],
            bucket=[1, 1, 1]))),
}


def record(event):
    """The event in its frame."""
    file = io.BytesIO()
    RecordWriter(file).write(event.SerializeToString(deterministic=True))
    return file.getvalue()


for name, event in EVENTS.items():
    print(name, record(event).hex())
