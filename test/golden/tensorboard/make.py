"""Writes events.bin beside this file with TensorBoard's own writer, from its source (2.x): PYTHONPATH=tensorboard's folder."""
import io
import os

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d0000000c4944415478da63601811000000d20001dd1dc1ab0000000049454e44ae426082"
)


class Kept(io.BytesIO):
    def close(self):
        pass


def main():
    file = Kept()
    writer = RecordWriter(file)

    def write(**fields):
        writer.write(event_pb2.Event(**fields).SerializeToString())

    write(wall_time=1764000000.25, file_version="brain.Event:2")
    write(wall_time=1764000000.25, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START))
    values = [("train/mse", 0.1), ("train/kl", 0.0), ("train/channelKl/0", -3.5e-7)]
    summary = summary_pb2.Summary(
        value=[summary_pb2.Summary.Value(tag=tag, simple_value=value) for tag, value in values]
    )
    write(wall_time=1764000001.5, step=70000, summary=summary)
    image = summary_pb2.Summary.Image(width=3, height=2, colorspace=3, encoded_image_string=PNG)
    summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="samples", image=image)])
    write(wall_time=1764000002, step=70000, summary=summary)
    writer.flush()
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "events.bin"), "wb") as out:
        out.write(file.getvalue())


main()
