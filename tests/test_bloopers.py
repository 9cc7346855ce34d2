"""The score is arithmetic, the luck is the seed's, and the reel comes out."""

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from game.play.events import Strength, Timed
from game.play.fall_counter import FallCounter, lateral_rates, touches_of
from game.policy.library import PolicyLibrary
from game.record.playback import verify
from game.record.take import Take
from game.scene.set_file import load_prop
from game.scene.set_spec import ItemSpec, PartSpec, SetSpec
from game.sim import rotation
from game.sim.bullet import open_world
from game.sim.contact import FLOOR, Contact
from game.sim.model import CharacterModel
from game.sim.snapshot import PropPoses, Snapshot
from tools.bloopers.__main__ import main
from tools.bloopers.blooper_attempts import GIVE_UP_TICKS, BlooperAttempt, best, run
from tools.bloopers.cards import Cards
from tools.bloopers.luck import Luck, draw
from tools.bloopers.reel import SLOW, Cut, timing_of
from tools.bloopers.score import Judge, Measures, airtime, head_value, pratfall_score

MODEL = CharacterModel.load()


@cache
def standing() -> Snapshot:
    with open_world(MODEL) as world:
        world.add_character()
        return world.snapshot()


def touch(body: str, impulse: float, kind: str = "floor", other: int = FLOOR) -> Contact:
    return Contact(0, MODEL.body(body), kind, other, -1, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), impulse, 9e3)


def watch(judge: Judge, snapshots: Iterable[Snapshot], *, hands_may_touch: bool = False) -> Measures:
    """What a judge says of these ticks, and the counter that it is given."""
    allowed = [body.endswith(("foot", "hand", "forearm") if hands_may_touch else "foot") for body in MODEL.body_names]
    counter = FallCounter()
    for snapshot in snapshots:
        [touches] = touches_of(snapshot.contacts, [~np.array(allowed)], MODEL.feet)
        [rate] = lateral_rates(snapshot.state.root_rot, snapshot.state.root_ang_vel)
        counter.add(touches, rate, 1.0 / MODEL.control_hz)
        judge.add(snapshot, counter)
    return judge.measures()


def judged(contacts: list[tuple[Contact, ...]], *, hands_may_touch: bool = False) -> Measures:
    """Measures of a character to whom this happens, tick by tick."""
    ticks = [replace(standing(), tick=tick, contacts=touching) for tick, touching in enumerate(contacts, 1)]
    return watch(Judge(MODEL, {}), ticks, hands_may_touch=hands_may_touch)


def test_the_score_by_hand() -> None:
    fall = Measures(fell=True, head=0.5, tumbles=2.0, airtime=0.8, hardness=1.2, near_misses=1)
    assert pratfall_score(fall) == pytest.approx(4 * 0.5 + 3 * 2 + 2 * 0.8 + 1.2 + 1.5)
    assert pratfall_score(replace(fall, fell=False)) == pytest.approx(2 * 0.5 + 1.5)
    assert pratfall_score(Measures()) == 0.0


def test_head_values() -> None:
    assert [head_value(j) for j in (0.0, 5.9, 6.0, 20.0, 400.0)] == pytest.approx([0.0, 0.0, 0.15, 0.5, 1.0])


def test_airtime_by_hand() -> None:
    """0.1 s does not count, 0.5 s does; half of gravity is half of a feat; 3 s is all there is."""
    air = [False] * 5 + [True] * 3 + [False] * 2 + [True] * 15 + [False]
    assert airtime(air, [9.8] * len(air), 30) == pytest.approx(0.5)
    assert airtime(air, [4.9] * len(air), 30) == pytest.approx(0.25)
    assert airtime(air, [19.6] * len(air), 30) == pytest.approx(0.5)
    assert airtime([True] * 300, [9.8] * 300, 30) == pytest.approx(3.0)


def test_a_fall_on_the_head() -> None:
    on_feet = (touch("left_foot", 7.0), touch("right_foot", 7.0))
    m = judged([on_feet] * 10 + [()] * 12 + [(touch("head", 30.0),), (touch("torso", 45.0),)])
    assert m.airtime == pytest.approx(0.4)
    assert replace(m, airtime=0.4) == Measures(True, 0.75, 0.0, 0.4, 0.75, 0, 23, 23)


def test_what_the_policy_puts_down_is_no_fall() -> None:
    ticks = [(), (touch("left_hand", 20.0), touch("right_foot", 60.0)), (touch("left_forearm", 9.0),)]
    assert judged(ticks).fall_tick == 2
    m = judged(ticks, hands_may_touch=True)
    assert not m.fell
    assert m.fall_tick == -1
    assert m.hardness == pytest.approx(9.0 / 60.0)


def test_a_head_bounces_but_counts_once() -> None:
    rest: list[tuple[Contact, ...]] = [()]
    hit: list[tuple[Contact, ...]] = [(touch("head", 80.0),)]
    assert judged(rest * 2 + hit + rest * 3 + hit + rest * 40 + hit).head == pytest.approx(2.0)


def test_flips_that_land_are_no_tumbles() -> None:
    """Two turns in a second, about his own side; then his feet come down."""
    spin = replace(standing().state, root_ang_vel=np.array([[0.0, -4.0 * math.pi, 0.0]]))
    ticks = [replace(standing(), tick=tick, state=spin, contacts=()) for tick in range(1, 31)]
    assert watch(Judge(MODEL, {}), ticks).tumbles == 2.0
    landing = replace(standing(), tick=31, contacts=(touch("left_foot", 90.0),))
    assert watch(Judge(MODEL, {}), [*ticks, landing]).tumbles == 1.0


def test_near_misses() -> None:
    """His head flies past a lamp at 3 m/s: 5 cm away counts, 50 cm does not, nor does a hit, nor a rug."""
    head = MODEL.body("head")
    center = standing().body_pos[0, head] + rotation.rotate(standing().body_rot[0, head], np.array([0, 0, 0.175]))
    velocity = np.full((1, 15, 3), [3.0, 0.0, 0.0])
    lamp = ItemSpec("lamp", mass=1.0, parts=(PartSpec("sphere", (0.1,)),))

    def misses(gap: float, *contacts: Contact, item: ItemSpec = lamp) -> int:
        judge = Judge(MODEL, {4: item})
        at = center + np.array([0.0, 0.1 + 0.1025 + gap, 0.0])
        props = PropPoses((4,), at[None], np.array([[0.0, 0.0, 0.0, 1.0]]))
        there = replace(standing(), props=props, body_vel=velocity, contacts=contacts)
        return watch(judge, [replace(there, tick=tick) for tick in (1, 2)]).near_misses

    assert misses(0.05) == 1
    assert misses(0.5) == 0
    assert misses(0.0, touch("head", 9.0, "prop", 4)) == 0
    low = ItemSpec("rug", parts=(PartSpec("box", (0.2, 0.2, 0.01), (0.0, 0.0, -float(center[2]))),))
    assert misses(-0.2, item=low) == 0


def test_luck_is_the_seeds() -> None:
    ages = ("young", "old")
    lots = [draw(number, 3, ages) for number in range(1, 60)]
    assert lots == [draw(number, 3, ages) for number in range(1, 60)]
    assert lots != [draw(number, 4, ages) for number in range(1, 60)]
    assert {luck.policy for luck in lots} == set(ages)
    assert len({word for luck in lots for word in luck.words}) > 12
    assert all(luck.words and not any("!" in word for word in luck.words) for luck in lots)
    assert all(luck.events == tuple(sorted(luck.events, key=lambda t: t.tick)) for luck in lots)


def attempt(number: int, head: float, *words: str) -> BlooperAttempt:
    return BlooperAttempt(Luck(number, "p", (), words), Measures(fell=True, head=head), 0, 0)


def test_the_best_are_not_all_the_same_joke() -> None:
    chosen = best([attempt(1, 1.0, "A ball."), attempt(2, 0.9, "A ball."), attempt(3, 0.5, "Mars."),
                   attempt(4, 0.2, "An anvil.")], 3)  # fmt: skip
    assert [a.luck.number for a in chosen] == [1, 3, 2]
    assert best([BlooperAttempt(Luck(1, "p", (), ()), Measures(), 0, 0)], 3) == []


def test_the_film_is_slow_where_it_hurts() -> None:
    cut = Cut(Take(0, 180, (), {}), Measures(moment=90), "", (), "side")
    timing = timing_of(cut)
    assert {p.speed for p in timing.pieces if p.begin <= 3.0 < p.end} == {SLOW}
    assert timing.begin < 1.5
    assert timing.end > 4.0
    early = timing_of(replace(cut, measures=Measures(moment=4)))
    assert early.begin < 4 / 30 < early.end
    late = timing_of(replace(cut, measures=Measures(moment=179)))
    assert late.end == pytest.approx(6.0)


def test_every_prop_that_luck_knows_is_there() -> None:
    for number in range(1, 200):
        draw(number, 0, ("p",))
    assert load_prop("anvil").mass > 10


def test_a_reel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "reel"
    assert main(["--policy", "deepmimic_backflip", "--attempts", "2", "--best", "1", "--seconds", "3",
                 "--size", "96x64", "--fps", "6", "--quality", "lite", "--seed", "5", "--set", "park",
                 "--out", str(out)]) == 0  # fmt: skip
    assert "of 2 attempts were falls" in capsys.readouterr().out
    cards = json.loads((out / "attempts.json").read_text())
    assert [card["number"] for card in cards] == [1, 2]
    (saved,) = (out / "takes").iterdir()
    assert verify(Take.load(saved)) is None
    with av.open(str(out / "reel.mp4")) as film:
        pictures = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    with av.open(str(out / "reel.mp4")) as film:
        samples = sum(frame.samples for frame in film.decode(audio=0))
    assert samples / 48000 == pytest.approx(len(pictures) / 6, abs=0.1)
    assert pictures[0].mean() < 30 < pictures[12].mean()  # a card, then the room
    with av.open(str(out / "sheet.png")) as sheet:
        assert next(sheet.decode(video=0)).to_ndarray().shape == (64, 6 * 96, 3)


def test_nonsense_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more, words in (
        (["--policy", "ballet"], "no policy 'ballet'"),
        (["--attempts", "0"], "expected --attempts"),
        (["--set", "moon"], "sets has no 'moon'"),
    ):
        assert main(["--out", str(tmp_path / "x"), *more]) == 1
        assert words in capsys.readouterr().err


def test_a_card_can_be_read() -> None:
    with Cards((320, 180)) as cards:
        empty, full = cards.draw(""), cards.draw("BlooperAttempt 14", ("Mars.", "A chair on castors."))
    assert empty[:, :, :3].max() < 30
    lit = (full[:, :, :3].max(axis=2) > 90).any(axis=1)
    assert (np.diff(lit.astype(int)) == 1).sum() == 3  # three lines
    assert full[:, :, :3].max() > 200


def test_who_gives_up_goes_limp() -> None:
    """With weak knees he falls, and is limp soon after he is down; the take tells it, and repeats."""
    library = PolicyLibrary(MODEL)
    weak = Luck(1, "deepmimic_backflip", (Timed(8, Strength(0.3)),), ("No reason.",), gives_up=True)
    attempt, take = run(weak, library, SetSpec("bare"), 2.5, 0)
    library.close()
    assert attempt.measures.fell
    limp = [t.tick for t in take.events if t.event == Strength(0.06)]
    assert limp == [attempt.measures.fall_tick + GIVE_UP_TICKS]
    assert verify(take) is None
