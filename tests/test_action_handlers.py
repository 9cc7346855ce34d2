"""Every action of the bindings has one handler of its kind; what is wrong with a table shows when it is written."""

from __future__ import annotations

from typing import ClassVar

import pytest

from game.app.game import Game
from game.app.window import GameWindow
from game.input.action_handlers import ActionHandlers, ActionTable
from game.input.bindings import ACTIONS
from game.input.session_actions import SessionActions
from game.input.steering import Steering
from game.input.world_actions import WorldActions


class Lamp:
    """Does three actions."""

    actions: ClassVar[ActionTable[Lamp]] = ActionTable()

    def __init__(self) -> None:
        self.log: list[object] = []

    @actions.does("quit")
    def off(self) -> str:
        return "off"

    @actions.chooses("shove")
    def turn(self, choice: int) -> None:
        self.log.append(choice)

    @actions.does("limp")
    def dim(self) -> None:
        self.log.append("dim")

    @actions.releases("limp")
    def bright(self) -> None:
        self.log.append("bright")


def test_every_action_has_one_handler() -> None:
    tables = (WorldActions.actions, Steering.actions, SessionActions.actions, Game.actions, GameWindow.actions)
    begins = sorted(name for table in tables for name in table.begins)
    assert begins == sorted(action.name for action in ACTIONS)
    ends = sorted(name for table in tables for name in table.ends)
    assert ends == sorted(action.name for action in ACTIONS if action.held)


def test_an_object_does_its_actions() -> None:
    lamp, handlers = Lamp(), ActionHandlers()
    handlers.add(Lamp.actions, lamp, before=lambda: lamp.log.append("before"))
    assert "quit" in handlers and "pause" not in handlers
    assert handlers.begin("quit") == "off"
    assert handlers.begin("shove", 3) is None
    handlers.begin("limp")
    handlers.end("limp")
    assert lamp.log == ["before", "before", 3, "before", "dim", "bright"]
    missing = handlers.without_handler()
    assert "pause" in missing and not {"quit", "shove", "limp"} & set(missing)
    with pytest.raises(TypeError, match="'quit' has two handlers"):
        handlers.add(Lamp.actions, Lamp())


def test_a_wrong_table_is_refused() -> None:
    table: ActionTable[Lamp] = ActionTable()
    with pytest.raises(TypeError, match="no action is called 'fly'; there are policy, "):
        table.does("fly")
    with pytest.raises(TypeError, match="'shove' has a choice"):
        table.does("shove")
    with pytest.raises(TypeError, match="'quit' has no choice"):
        table.chooses("quit")
    with pytest.raises(TypeError, match="'quit' is not held"):
        table.releases("quit")
    table.does("quit")(Lamp.off)
    with pytest.raises(TypeError, match="'quit' has two handlers"):
        table.does("quit")(Lamp.off)


def test_an_end_that_nobody_handles_is_missed() -> None:
    table: ActionTable[Lamp] = ActionTable()
    table.does("limp")(Lamp.dim)
    handlers = ActionHandlers()
    handlers.add(table, Lamp())
    assert "limp" in handlers.without_handler()


def test_each_key_of_a_held_choice_ends_by_itself() -> None:
    log: list[int] = []

    class Legs:
        actions: ClassVar[ActionTable[Legs]] = ActionTable()

        @actions.chooses("walk")
        def begin(self, choice: int) -> None:
            log.append(choice)

        @actions.lets_go("walk")
        def end(self, choice: int) -> None:
            log.append(-choice)

    handlers = ActionHandlers()
    handlers.add(Legs.actions, Legs())
    handlers.begin("walk", 1)
    handlers.begin("walk", 2)
    handlers.end("walk", 1)
    assert log == [1, 2, -1]
    with pytest.raises(TypeError, match="'shove' is not held"):
        Legs.actions.lets_go("shove")
