"""The performer's training at toy size: tables, joins, balance, the environment, learning, and what it exports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from game.play.gait import Gait, GaitClips
from game.sim import rotation
from game.sim.kinematics import body_poses, standing_state
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState
from tests.support.followers import after
from tools.policy_file import random_inputs
from tools.train import checkpoint, quaternion
from tools.train.performer import gait_gate, step_search, training
from tools.train.performer.distillation import Distiller
from tools.train.performer.gait_gate import GaitGate
from tools.train.performer.gait_plans import GaitPlans
from tools.train.performer.joining import joined, met
from tools.train.performer.motion_table import QUARTERS, MotionTable, columns, state_of
from tools.train.performer.performer_config import PerformerConfig
from tools.train.performer.performer_environment import LONGEST, PerformerEnvironment
from tools.train.performer.performer_export import export_performer, load_performer
from tools.train.performer.performer_frames import PerformerFrames
from tools.train.performer.performer_graph import PerformerGraph
from tools.train.performer.performer_inputs import NUM_AHEAD, PerformerInputs, lookahead
from tools.train.performer.performer_mirror import PerformerMirror
from tools.train.performer.practice import Practice
from tools.train.performer.reference_manner import reference_manner
from tools.train.performer.repertoire import MotionSpec, Stages, load_expert, load_table, read_motions
from tools.train.performer.situations import Situations
from tools.train.performer.step_feedback import NUM_GAINS, Steps

MODEL = CharacterModel.load()
NAMES = ("walk", "run", "stand", "getup_faceup", "getup_facedown")
TICKS = 40
MIX = {"clip": 0.3, "hub": 0.2, "stand": 0.1, "leave": 0.1, "join": 0.0, "fallen": 0.15, "steer": 0.15}


@pytest.fixture(scope="module")
def motions() -> list[MotionSpec]:
    return [m for m in read_motions() if m.name in NAMES]


@pytest.fixture(scope="module")
def tables(motions: list[MotionSpec]) -> dict[str, MotionTable]:
    return {m.name: load_table(m, MODEL) for m in motions}


def situations(tables: dict[str, MotionTable]) -> Situations:
    return Situations(MODEL, tables, ["walk", "run", "stand"], TICKS, 0, Stages(0, MIX))


def test_a_table_goes_on_through_the_seam(tables: dict[str, MotionTable]) -> None:
    walk, cols = tables["walk"], columns(MODEL)
    seam = int(np.ceil(walk.cycle_rows))
    assert walk.rows[seam - 1, cols.cycle] == 0 and walk.rows[seam, cols.cycle] == 1
    assert np.abs(walk.rows[seam, cols.root_pos] - walk.rows[seam - 1, cols.root_pos]).max() < 0.05
    # the second cycle's own frame is where the first one ended
    np.testing.assert_allclose(walk.rows[seam, cols.origin][0], walk.rows[seam - 1, cols.root_pos][0], atol=0.05)


def test_a_join_begins_where_he_is_and_ends_in_the_motion(tables: dict[str, MotionTable]) -> None:
    run = state_of(tables["run"].rows[30:31], MODEL)[0].moved(np.array([3.0, -2.0, 0.0]), 2.0)
    rows = tables["stand"].rows
    state = met(run, rows[0], MODEL)
    bent = joined(rows, state, MODEL, 0.5)
    first = state_of(bent[:1], MODEL)[0]
    np.testing.assert_allclose(first.root_pos, state.root_pos, atol=1e-5)
    assert rotation.angle_between(first.joint_rot, state.joint_rot).max() < 1e-3
    cols, last = columns(MODEL), int(0.5 * QUARTERS * 30) + 3
    np.testing.assert_allclose(bent[last:, cols.joint_rot], rows[last:, cols.joint_rot], atol=1e-6)
    # he is carried on over the ground, and nothing jumps
    assert bent[-1, 0] - bent[0, 0] > 0.3
    assert np.abs(np.diff(bent[:, cols.body_pos], axis=0)).max() < 0.15


def test_a_lying_body_is_met_by_the_twist(tables: dict[str, MotionTable]) -> None:
    row = tables["getup_faceup"].rows[0]
    lying = state_of(row[None], MODEL)[0]
    turned = met(lying.moved(np.array([1.0, 1.0, 0.0]), 2.5), row, MODEL)
    np.testing.assert_allclose(turned.root_pos, lying.root_pos, atol=1e-5)
    assert rotation.angle_between(turned.root_rot, lying.root_rot) < 1e-3


def test_he_stands_by_the_balance_alone(tables: dict[str, MotionTable]) -> None:
    environment, graph = PerformerEnvironment(MODEL, 1, 2, 90), PerformerGraph(MODEL)
    drawn = situations(tables)
    environment.begin(np.arange(2), [drawn.of_clip("stand", 0, noise=0.0, ticks=90) for _ in range(2)])
    for _ in range(80):
        with torch.no_grad():
            _, pose = graph.sight(environment.inputs())
        step = environment.step(pose.double().numpy())
    assert not step.fell.any() and step.reward.min() > 0.9
    environment.close()


def test_the_balance_is_off_while_the_reference_moves(tables: dict[str, MotionTable]) -> None:
    environment = PerformerEnvironment(MODEL, 1, 3, TICKS)
    drawn = situations(tables)
    episodes = [drawn.of_clip(name, 0, noise=0.0) for name in ("stand", "walk", "getup_faceup")]
    environment.begin(np.arange(3), episodes)
    inputs = environment.inputs()
    stands, walks = reference_manner(inputs, PerformerFrames.of(inputs))
    assert stands[:, 0].tolist() == [1.0, 0.0, 0.0]
    assert walks[:2].min() > 0.9 and walks[2] == 0.0
    environment.close()


def test_what_he_sees_has_no_heading(tables: dict[str, MotionTable]) -> None:
    """The same body and plan in another frame give the same observation and targets."""
    environment, graph = PerformerEnvironment(MODEL, 1, 1, TICKS), PerformerGraph(MODEL)
    episode = situations(tables).of_clip("walk", 17)
    environment.begin(np.arange(1), [episode])
    inputs = environment.inputs()
    turn, shift = torch.tensor(rotation.from_heading(1.3)).float(), torch.tensor([2.0, -1.0, 0.0])
    values = []
    for name, value in zip(inputs._fields, inputs, strict=True):
        if name.endswith("root_rot") or name == "body_rot":
            value = quaternion.multiply(turn.expand_as(value), value)
        elif name in ("root_vel", "root_ang_vel", "body_vel", "body_ang_vel", "gravity"):
            value = quaternion.rotate(turn.expand(*value.shape[:-1], 4), value)
        elif name.endswith("_pos"):
            value = quaternion.rotate(turn.expand(*value.shape[:-1], 4), value) + shift
        values.append(value)
    with torch.no_grad():
        one, two = graph.sight(inputs), graph.sight(type(inputs)(*values))
    torch.testing.assert_close(one[0], two[0], atol=2e-4, rtol=1e-4)
    torch.testing.assert_close(one[1], two[1], atol=2e-4, rtol=1e-4)
    environment.close()


def test_a_cycle_is_put_under_him_anew(tables: dict[str, MotionTable]) -> None:
    environment = PerformerEnvironment(MODEL, 1, 1, TICKS)
    drawn, table = situations(tables), tables["walk"]
    episode = drawn.of_clip("walk", int(table.cycle_rows) - 6, noise=0.0)
    environment.begin(np.arange(1), [replace(episode, state=episode.state.moved(np.array([0.2, 0.1, 0.0])))])
    before = environment.anchor.copy()
    for _ in range(3):
        environment.step(state_of(episode.rows[:1], MODEL).joint_rot)
    assert np.abs(environment.anchor - before).max() > 0.05
    frame = environment.cycle_frames(np.arange(1))
    np.testing.assert_allclose(frame[0, :2], environment.crowd.state.root_pos[0, :2], atol=0.15)
    environment.close()


def test_situations_are_plans_of_the_right_length(tables: dict[str, MotionTable]) -> None:
    drawn = situations(tables)
    for group in ("hub", "stand", "steer"):
        episode, _, _ = drawn.of_group(group)
        assert episode.walk is not None and episode.ticks == drawn.ticks and not len(episode.rows)
    for group in ("clip", "leave", "join"):
        episode, name, _ = drawn.of_group(group)
        assert len(episode.rows) == len(episode.lead) == episode.ticks + LONGEST, (group, name)
        assert np.isfinite(episode.rows).all()
        np.testing.assert_allclose(episode.rows[0, :2], episode.state.root_pos[:2], atol=1e-4)


def test_a_failing_phase_is_begun_in_more_often(tables: dict[str, MotionTable]) -> None:
    drawn = situations(tables)
    drawn.failing["walk"][:] = 0.0
    drawn.failing["walk"][-1] = 0.9
    late = [drawn.start_row("walk") > 0.95 * tables["walk"].starts for _ in range(300)]
    assert 0.1 < np.mean(late) < 0.6


def test_distilling_lowers_the_loss(motions: list[MotionSpec], tables: dict[str, MotionTable]) -> None:
    walk = [m for m in motions if m.name == "walk"]
    environment, graph = PerformerEnvironment(MODEL, 1, 4, TICKS), PerformerGraph(MODEL, (32,))
    experts = {"walk": load_expert(walk[0], MODEL)}
    distiller = Distiller(MODEL, graph, environment, situations(tables), walk, experts, 0, capacity=400)
    distiller.led[:] = True
    distiller.collect(30, 1.0)
    distiller.settle()
    optimizer = torch.optim.Adam(graph.actor.parameters(), 3e-3)
    first = distiller.learn(optimizer, 1, 64)
    distiller.learn(optimizer, 60, 64)
    assert distiller.learn(optimizer, 5, 64) < 0.7 * first
    # the specialist keeps his feet when he leads
    assert environment.crowd.body_pos[:, MODEL.body("head"), 2].min() > 1.0
    environment.close()


def test_practice_learns_and_keeps_moments(motions: list[MotionSpec], tables: dict[str, MotionTable]) -> None:
    environment, graph = PerformerEnvironment(MODEL, 1, 8, 2 * TICKS), PerformerGraph(MODEL, (32,))
    experts = {m.name: load_expert(m, MODEL) for m in motions if m.name == "walk"}
    config = PerformerConfig(ticks=6, minibatch=16, advice_minibatch=4, memory=100)
    practice = Practice(MODEL, graph, environment, situations(tables), experts, config, 0)
    groups = {str(kind).partition(":")[0] for kind in environment.kind}
    assert {"clip", "hub", "steer", "fallen"} <= groups
    before = [p.detach().clone() for p in graph.actor.parameters()]
    practice.update(practice.collect(6), critic_only=True)
    assert all(torch.equal(a, b) for a, b in zip(before, graph.actor.parameters(), strict=True))
    learned = practice.update(practice.collect(6), critic_only=False)
    assert np.isfinite([learned.kl, learned.value_loss, learned.advice_loss]).all()
    assert not all(torch.equal(a, b) for a, b in zip(before, graph.actor.parameters(), strict=True))
    environment.close()


def test_a_run_goes_on_from_its_folder(
    tmp_path: Path, motions: list[MotionSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "read_motions", lambda: [m for m in motions if m.name in ("walk", "run", "stand")])
    small = PerformerConfig(
        out=tmp_path, ranks=1, gate_windows=20, worlds=1, characters=2, ticks=8, distil_samples=48, distil_steps=1,
        distil_minibatch=8,
        memory=64, seconds=1.0, minibatch=8, advice_minibatch=4, warm=1, minutes=0.2, progress_minutes=1e9,
    )  # fmt: skip
    monkeypatch.setattr(training.Run, "measure", lambda _: None)
    training.main(small)
    # the time is up while it practises
    first = training.Run(small)
    assert first.samples["distil"] == 48 and first.samples["ppo"] > 0 and first.averaged
    # an untrained one was kept as the youngest age
    assert first.ages.kept == [0.0] and load_performer(tmp_path / "ages" / "00.pt", MODEL)[1]["samples"]["distil"] == 0
    again = training.Run(small)
    for one, two in zip(first.graph.parameters(), again.graph.parameters(), strict=True):
        assert torch.equal(one, two)


def test_what_is_exported_is_what_was_trained(tmp_path: Path) -> None:
    torch.manual_seed(3)
    graph = PerformerGraph(MODEL, hidden=(24, 16), critic=(8, 8))
    source = tmp_path / "checkpoint.pt"
    checkpoint.save(source, {"graph": graph.state_dict(), "samples": {"distil": 5, "ppo": 0}, "minutes": 1.0})
    clip = MotionClip.load("walk")
    performer = export_performer(source, tmp_path / "performer.onnx", age=0.3)
    assert (performer.spec.family, performer.spec.age) == ("performer", 0.3)
    baked = export_performer(source, tmp_path / "walk.onnx", clip)
    assert performer.spec.repertoire["run"] == "run_mended" and not baked.spec.lookahead
    # the same reference, shown and baked in, gives the same targets
    inputs = random_inputs(MODEL, 3)
    inputs["time"] = np.array([0.1, 0.7, 1.1], np.float32)
    state = clip.placed().sample(inputs["time"][:, None] + np.array(lookahead(MODEL.control_hz)))
    names = ("root_pos", "root_rot", "joint_rot")
    inputs |= {f"reference_ahead_{name}": getattr(state, name).astype(np.float32) for name in names}
    np.testing.assert_allclose(performer.run(inputs).joint_target, baked.run(inputs).joint_target, atol=2e-3)


def test_he_is_steered_in_training_as_in_the_game() -> None:
    """Started, turned and let go, the plan has what the game's gait shows who follows it exactly."""
    stand = standing_state(MODEL)
    clips = GaitClips(MODEL, MotionClip.load("walk"), MotionClip.load("run_mended"), stand)
    plans = GaitPlans(MODEL, clips, np.zeros(MODEL.num_bodies, bool))
    ticks = 140
    speed, direction = np.zeros(ticks), np.zeros(ticks)
    speed[5:80] = clips.paces[0]
    direction[40:] = 1.2
    rows = plans.plan(np.repeat(speed, QUARTERS), np.repeat(direction, QUARTERS)).rows[::QUARTERS]
    gait, cols = Gait(clips, stand), columns(MODEL)
    for tick in range(ticks):
        gait.steer(speed[tick] * np.array([np.cos(direction[tick]), np.sin(direction[tick])]))
        shown = gait.poses(np.array([0.0, 1.0 / MODEL.control_hz]))
        joints = rows[tick, cols.joint_rot].reshape(-1, 4).astype(float)
        assert rotation.angle_between(shown.joint_rot[0], joints).max() < 1e-3
        np.testing.assert_allclose(shown.root_pos[0], rows[tick, cols.root_pos], atol=1e-4)
        gait.advance(after(gait, MODEL))


def test_what_the_performer_sees_of_mirrored_states_is_mirrored() -> None:
    graph, mirror, inputs = PerformerGraph(MODEL), PerformerMirror(MODEL), random_performer_inputs(32)
    graph.sight.steps.gains = torch.linspace(-0.3, 0.4, NUM_GAINS)
    # the gate learns to be the same for both sides; as it begins, it is not
    for parameter in graph.sight.gait.layers[-1].parameters():
        torch.nn.init.zeros_(parameter)
    seen, pose = graph.sight(inputs)
    image, image_pose = graph.sight(reflected(inputs))
    torch.testing.assert_close(image, mirror.observation(seen), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(mirror.observation(mirror.observation(seen)), seen)
    assert ((image - seen).abs().amax(0) > 1e-3).float().mean() > 0.75
    action = torch.randn(32, graph.residual.num_actions, generator=torch.Generator().manual_seed(1))
    expected = (graph.target(pose, action) * torch.tensor([-1.0, 1.0, -1.0, 1.0]))[:, MODEL.roles.opposite_joint]
    turned = graph.target(image_pose, mirror.action(action))
    aligned = turned * torch.where((turned * expected).sum(-1, keepdim=True) < 0.0, -1.0, 1.0)
    torch.testing.assert_close(aligned, expected, atol=1e-5, rtol=1e-5)


def test_the_gate_learns_to_tell_gaits_from_other_motions() -> None:
    torch.manual_seed(0)
    gate = GaitGate(MODEL)
    assert gait_gate.train(gate, *gait_gate.Windows(MODEL, 0).draw(1200), epochs=30) > 0.8


def test_a_slow_walker_has_gains_of_his_own() -> None:
    """Those of the second half count in full for who stands still."""
    torch.manual_seed(4)
    inputs, velocity = random_performer_inputs(4), torch.zeros(4, 3)
    still = inputs._replace(reference_ahead_root_pos=inputs.reference_ahead_root_pos[:, :1].repeat(1, NUM_AHEAD + 1, 1))
    half = 0.1 * torch.randn(NUM_GAINS // 2)
    one = Steps(MODEL, torch.cat([2.0 * half, torch.zeros_like(half)]))
    two = Steps(MODEL, torch.cat([half, half]))
    frames = PerformerFrames.of(still)
    torch.testing.assert_close(one(still, frames, velocity), two(still, frames, velocity))


def test_who_falls_forward_puts_the_swinging_leg_forward() -> None:
    """A gain of 1 from the lean onto the pitch of the swinging hip: 0.2 rad of lean turn it by sin 0.2, and only it."""
    gains = torch.zeros(NUM_GAINS)
    gains[2] = -1.0
    steps, stand = Steps(MODEL, gains), standing_state(MODEL)
    reference = np.repeat(stand.root_pos[None], NUM_AHEAD + 1, 0), np.repeat(stand.root_rot[None], NUM_AHEAD + 1, 0)
    leaning = rotation.from_axis_angle([0.0, 1.0, 0.0], 0.2)
    bodies = body_poses(MODEL, stand.root_pos, leaning, stand.joint_rot)
    lifted = bodies.pos.copy()
    lifted[list(MODEL.feet), 2] = 0.05, 0.35  # the second foot swings
    still, body = np.zeros(3), np.zeros_like(bodies.pos)
    arrays = (
        stand.root_pos, leaning, still, still, stand.joint_rot, np.zeros_like(stand.joint_vel), lifted, bodies.rot,
        body, body, np.array([0.0, 0.0, -9.8]), *reference, np.repeat(stand.joint_rot[None], NUM_AHEAD + 1, 0),
    )  # fmt: skip
    inputs = PerformerInputs(*(torch.tensor(a, dtype=torch.float32)[None] for a in arrays))
    turns = steps(inputs, PerformerFrames.of(inputs), torch.zeros(1, 3))[0]
    expected = torch.zeros(8)
    expected[4] = -np.sin(0.2)
    torch.testing.assert_close(turns, expected, atol=1e-4, rtol=1e-4)
    # a reference that lies is followed without any steps
    down = inputs._replace(reference_ahead_root_pos=inputs.reference_ahead_root_pos * 0.3)
    assert reference_manner(down, PerformerFrames.of(down))[1].item() == 0.0


def test_the_search_for_gains_keeps_its_mean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_search, "TICKS", 4)
    source = tmp_path / "checkpoint.pt"
    graph = PerformerGraph(MODEL)
    checkpoint.save(source, {"graph": graph.state_dict(), "samples": {"distil": 5, "ppo": 0}, "minutes": 1.0})
    trial = step_search.StepTrial(source, 2)
    scores = trial.scores([np.zeros(NUM_GAINS), np.full(NUM_GAINS, 2.0)])
    assert scores.shape == (2,) and 1.0 < scores[0] <= 1.0 + step_search.LIKENESS
    assert scores[1] < scores[0]
    trial.environment.close()


def random_performer_inputs(count: int) -> PerformerInputs:
    """States without any symmetry, with bodies where they belong, and references near them."""
    rng, ahead = np.random.default_rng(0), NUM_AHEAD + 1

    def turns(*shape: int) -> np.ndarray:
        return rotation.from_rotvec(rng.normal(scale=0.7, size=(*shape, 3)))

    pos, rot, joints = rng.normal(size=(count, 3)), turns(count), turns(count, MODEL.num_joints)
    bodies = body_poses(MODEL, pos, rot, joints)
    arrays = (
        pos, rot, rng.normal(size=(count, 3)), rng.normal(size=(count, 3)), joints,
        rng.normal(size=(count, MODEL.num_joints, 3)), bodies.pos, bodies.rot, rng.normal(size=bodies.pos.shape),
        rng.normal(size=bodies.pos.shape), rng.normal(size=(count, 3)),
        pos[:, None] + rng.normal(scale=0.2, size=(count, ahead, 3)), turns(count, ahead),
        turns(count, ahead, MODEL.num_joints),
    )  # fmt: skip
    return PerformerInputs(*(torch.tensor(a, dtype=torch.float32) for a in arrays))


def reflected(x: PerformerInputs) -> PerformerInputs:
    """The same states seen in a mirror that stands in the plane y = 0."""
    v, q = torch.tensor([1.0, -1.0, 1.0]), torch.tensor([-1.0, 1.0, -1.0, 1.0])
    joints, bodies = MODEL.roles.opposite_joint, MODEL.roles.opposite_body
    return PerformerInputs(
        x.root_pos * v, x.root_rot * q, x.root_vel * v, -x.root_ang_vel * v, (x.joint_rot * q)[:, joints],
        (-x.joint_vel * v)[:, joints], (x.body_pos * v)[:, bodies], (x.body_rot * q)[:, bodies],
        (x.body_vel * v)[:, bodies], (-x.body_ang_vel * v)[:, bodies], x.gravity * v, x.reference_ahead_root_pos * v,
        x.reference_ahead_root_rot * q, (x.reference_ahead_joint_rot * q)[:, :, joints],
    )  # fmt: skip


def _root(state: CharacterState) -> tuple[np.ndarray, np.ndarray]:
    return state.root_pos, state.root_rot
