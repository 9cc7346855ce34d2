"""BVH files as programs really write them: what is odd is understood, with a word about it."""

from pathlib import Path

import numpy as np
import pytest

from game.sim.motion import ClipError, MotionClip
from tests.support.foreign_rigs import bvh_text, rig
from tools.clip_clinic.edit import cut
from tools.import_motion import bvh
from tools.import_motion.source import SourceMotion

GOOD = bvh_text(rig(cut(MotionClip.load("walk"), 0.0, 0.2), "cmu"))
FRAMES = int(GOOD.split("Frames: ")[1].split()[0])


def read(data: str | bytes, folder: Path) -> SourceMotion:
    (folder / "a.bvh").write_bytes(data if isinstance(data, bytes) else data.encode())
    return bvh.read(folder / "a.bvh")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (GOOD, ""),
        (GOOD.replace("HIERARCHY", "\n\n  \nHIERARCHY\n"), ""),
        (GOOD.replace("Frames:", "Frames :").replace("Frame Time:", "FRAME TIME"), ""),
        (GOOD.replace("\n", "\r\n").replace("\t", "   "), ""),
        (b"\xef\xbb\xbf" + GOOD.encode(), ""),
        (GOOD.encode("utf-16"), "the file is UTF-16"),
        (GOOD.encode("utf-16-be"), "the file is UTF-16"),
        (GOOD.replace(".", ","), "decimal commas"),
        (GOOD.replace(f"Frames: {FRAMES}", "Frames: 3"), f"announces 3 frames and has {FRAMES}: all"),
        (GOOD.replace(f"Frames: {FRAMES}", "Frames: 99"), f"it announces 99 frames and has {FRAMES}"),
    ],
)  # fmt: skip
def test_the_same_motion(data: str | bytes, said: str, tmp_path: Path) -> None:
    good, got = read(GOOD, tmp_path), read(data, tmp_path)
    assert got.joints == good.joints
    assert np.abs(got.pos - good.pos).max() < 1e-9
    assert got.fps == pytest.approx(good.fps)
    assert [said in remark for remark in got.remarks] == ([True] if said else [])


def test_a_file_that_ends_in_the_middle_of_a_frame(tmp_path: Path) -> None:
    good, got = read(GOOD, tmp_path), read(GOOD[: len(GOOD) - 40], tmp_path)
    assert got.num_frames == good.num_frames - 1
    assert np.abs(got.pos - good.pos[:-1]).max() < 1e-9
    assert "ends in the middle of frame 6, which is left out" in got.remarks[0]


def test_a_line_too_short_in_the_middle_is_refused(tmp_path: Path) -> None:
    lines = GOOD.rstrip().split("\n")
    lines[-3] = "1 2 3"
    with pytest.raises(ClipError, match=r"line \d+: 3 numbers, expected 48"):
        read("\n".join(lines), tmp_path)


@pytest.mark.parametrize("time", ["0", "", "0.0"])
def test_no_frame_rate(time: str, tmp_path: Path) -> None:
    start = GOOD.index("Frame Time: ") + len("Frame Time: ")
    got = read(GOOD[:start] + time + GOOD[GOOD.index("\n", start) :], tmp_path)
    assert got.fps == bvh.DEFAULT_FPS
    assert "--source-fps" in got.remarks[0]


def test_a_strange_frame_rate_is_kept_and_pointed_out(tmp_path: Path) -> None:
    start = GOOD.index("Frame Time: ") + len("Frame Time: ")
    got = read(GOOD[:start] + "0.25" + GOOD[GOOD.index("\n", start) :], tmp_path)
    assert got.fps == 4.0
    assert "4 frames a second are unusual" in got.remarks[0]


def test_no_end_sites(tmp_path: Path) -> None:
    text = GOOD
    while "End Site" in text:
        start = text.index("End Site")
        text = text[:start] + text[text.index("}", start) + 1 :]
    good, got = read(GOOD, tmp_path), read(text, tmp_path)
    kept = [good.joints.index(joint) for joint in got.joints]
    assert len(kept) == 15
    assert np.abs(got.pos - good.pos[:, kept]).max() < 1e-9
