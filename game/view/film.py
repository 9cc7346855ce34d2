"""FilmWriter: films that survive a crash: a fragmented MP4 while it grows, a plain one when it is closed."""

import os
import queue
import threading
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Sound = NDArray[np.float32]

BT709 = 1  # the number of ITU-R BT.709 in libav's colour enumerations
FRAGMENT_US = 100_000
"""of pictures and sound that are written together"""
INTERLEAVE_US = 100_000
"""that a picture waits for its sound; 0 would be for ever, and far less than a fragment aborts inside libav"""
QUEUED_FRAMES = 8
AAC_DELAY = 1024
"""samples by which the AAC encoder delays the sound; so many are left out at the start, so that the rest is in time"""
FRAGMENTED = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": str(FRAGMENT_US),
    "flush_packets": "1",
    # write pictures at once, even if the sound that belongs to them comes late
    "max_interleave_delta": str(INTERLEAVE_US),
}


class FilmError(Exception):
    """The film could not be written; the message says what remains of it."""


class FilmWriter:
    """Writes pictures, and sound if `sound_hz` is given, into an MP4 file, in a thread of its own.

    The file on disk can be played at every moment: a process that is killed loses only the last fragment
    (0.1 s) and what is still queued. `close` turns it into a plain MP4 that any editor opens.

    Args:
        path: the file to write, its folder is made.
        size: width and height in pixels, both even (2x2 pixels share one colour sample).
        fps: frames a second; a Fraction for 30000/1001, which is 29.97.
        crf: x264's constant rate factor, 0 (lossless) to 51 (worst).
        preset: x264's speed, "ultrafast" to "veryslow".
        sound_hz: samples a second of the sound track; None: no sound track.
        channels: of the sound, 1 or 2.

    Raises FilmError.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: int | Fraction,
        *,
        crf: int = 18,
        preset: str = "superfast",
        sound_hz: int | None = None,
        channels: int = 2,
    ) -> None:
        if size[0] % 2 or size[1] % 2 or min(size) <= 0:
            raise FilmError(f"a film's width and height are even and positive, found {size[0]}x{size[1]}")
        self.path = path
        self.size = size
        self.fps = fps
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(path), "w", format="mp4", options=dict(FRAGMENTED))
            self._video = _add_video(self._container, size, fps, crf, preset)
            self._audio = _add_audio(self._container, sound_hz, channels) if sound_hz else None
            self._container.start_encoding()
        except (av.FFmpegError, OSError) as error:
            raise FilmError(f"cannot film into {path}: {error}") from error
        self._next_frame = 0
        self._next_sample = 0
        self._early = AAC_DELAY
        self._error: Exception | None = None
        self._closed = False
        self._queue: queue.Queue[av.VideoFrame | av.AudioFrame | None] = queue.Queue(QUEUED_FRAMES)
        self._thread = threading.Thread(target=self._work, name=f"film {path.name}", daemon=True)
        self._thread.start()

    @property
    def is_behind(self) -> bool:
        """Whether the next `write` would wait for the encoder."""
        return self._queue.full()

    @property
    def seconds(self) -> float:
        """How long the film is so far."""
        return float(self._next_frame / self.fps)

    def write(self, frame: Frame, number: int | None = None) -> None:
        """Adds a copy of a picture. Blocks while the encoder is behind. Raises FilmError.

        Args:
            frame: (height, width, 4) BGRA or (height, width, 3) RGB, top row first.
            number: which frame of the film it is, the next one by default. If numbers are left out,
                the picture before them stays.
        """
        width, height = self.size
        forms = {(height, width, 4): "bgra", (height, width, 3): "rgb24"}
        if frame.shape not in forms:
            raise FilmError(f"expected a picture of shape {(height, width, 4)}, found {frame.shape}")
        number = self._next_frame if number is None else number
        if number < self._next_frame:
            raise FilmError(f"frame {number} comes after frame {self._next_frame - 1}")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format=forms[frame.shape])
        picture.pts = number
        picture.time_base = 1 / Fraction(self.fps)
        self._next_frame = number + 1
        self._put(picture)

    def write_sound(self, samples: Sound) -> None:
        """Adds sound (num_samples, channels) in [-1, 1] after what was added before. Raises FilmError."""
        if self._audio is None:
            raise FilmError("this film was opened without a sound track")
        if samples.ndim != 2 or samples.shape[1] != self._audio.layout.nb_channels:
            expected = f"(num_samples, {self._audio.layout.nb_channels})"
            raise FilmError(f"expected sound of shape {expected}, found {samples.shape}")
        skipped = min(self._early, len(samples))
        self._early, self._next_sample = self._early - skipped, self._next_sample + skipped
        samples = samples[skipped:]
        if not len(samples):
            return
        block = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T, np.float32), format="fltp", layout=self._audio.layout.name
        )
        block.sample_rate = self._audio.rate
        block.pts = self._next_sample
        block.time_base = Fraction(1, self._audio.rate)
        self._next_sample += len(samples)
        self._put(block)

    def close(self) -> None:
        """Finishes the film and turns it into a plain MP4.

        Raises:
            FilmError: encoding failed, or the plain file could not be written. What was filmed stays
                playable at `path`.
        """
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        try:
            self._container.close()
        except (av.FFmpegError, OSError) as error:
            self._error = self._error or error
        if self._error is not None:
            _cut_to_whole_boxes(self.path)
        self._raise_error()
        if self._next_frame:
            _remux(self.path)
        else:
            self.path.unlink()  # there was no picture

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, item: av.VideoFrame | av.AudioFrame) -> None:
        if self._closed:
            raise FilmError(f"{self.path} is closed")
        self._raise_error()
        self._queue.put(item)

    def _raise_error(self) -> None:
        if self._error is not None:
            raise FilmError(
                f"filming into {self.path} failed: {self._error}; what came before is playable"
            ) from self._error

    def _work(self) -> None:
        """Encodes items until None. After an error it still empties the queue, so that no `write` blocks forever."""
        while (item := self._queue.get()) is not None:
            if self._error is None:
                self._encode(item)
        if self._error is None:
            self._encode(None)

    def _encode(self, item: av.VideoFrame | av.AudioFrame | None) -> None:
        """Encodes one picture or block of sound; None flushes both tracks."""
        try:
            if item is None or isinstance(item, av.VideoFrame):
                self._container.mux(self._video.encode(_to_yuv(item)))
            if self._audio is not None and not isinstance(item, av.VideoFrame):
                self._container.mux(self._audio.encode(item))
        except (av.FFmpegError, OSError, ValueError) as error:
            self._error = error


def save_picture(path: Path, frame: Frame) -> None:
    """Writes a picture (height, width, 4) BGRA, top row first, as PNG. Raises FilmError."""
    height, width = frame.shape[:2]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w", format="image2", options={"update": "1"}) as file:
            stream = file.add_stream("png", rate=1)
            stream.width, stream.height, stream.pix_fmt = width, height, "rgb24"
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="bgra").reformat(format="rgb24")
            file.mux(stream.encode(picture))
            file.mux(stream.encode(None))
    except (av.FFmpegError, OSError) as error:
        raise FilmError(f"the picture {path} cannot be written: {error}") from error


def _add_video(
    container: OutputContainer, size: tuple[int, int], fps: int | Fraction, crf: int, preset: str
) -> VideoStream:
    stream = container.add_stream("libx264", rate=fps)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    # without zerolatency x264 keeps dozens of frames in memory, and a crash would lose them
    stream.options = {"preset": preset, "crf": str(crf), "tune": "zerolatency"}
    context = stream.codec_context
    context.gop_size = max(1, round(fps))
    context.color_range = context.colorspace = context.color_primaries = context.color_trc = BT709
    return stream


def _add_audio(container: OutputContainer, sound_hz: int, channels: int) -> AudioStream:
    layout = {1: "mono", 2: "stereo"}.get(channels)
    if layout is None:
        raise FilmError(f"a sound track has 1 or 2 channels, found {channels}")
    return container.add_stream("aac", rate=sound_hz, layout=layout)


def _to_yuv(picture: av.VideoFrame | None) -> av.VideoFrame | None:
    if picture is None:
        return None
    return picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")


def _cut_to_whole_boxes(path: Path) -> None:
    """Takes the last fragment off an MP4 where it is not whole, as on a full disk: some players refuse it otherwise."""
    at, whole = 0, 0
    with suppress(OSError), path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while at + 8 <= end:
            file.seek(at)
            head = file.read(8)
            size = int.from_bytes(head[:4], "big")
            if size < 8 or at + size > end:
                break
            at += size
            if head[4:] != b"moof":  # it is nothing without the data that follow it
                whole = at
        file.truncate(whole)


def _remux(path: Path) -> None:
    """Replaces a fragmented MP4 by a plain one with its index at the start, not encoded again. Raises FilmError."""
    plain = path.with_name(f".{path.name}.plain")
    try:
        with (
            av.open(str(path)) as source,
            av.open(str(plain), "w", format="mp4", options={"movflags": "faststart"}) as target,
        ):
            copies = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = copies[packet.stream.index]
                    target.mux(packet)
        plain.replace(path)
    except (av.FFmpegError, OSError) as error:
        plain.unlink(missing_ok=True)
        raise FilmError(f"{path} could not be turned into a plain MP4 ({error}); it is playable as it is") from error
