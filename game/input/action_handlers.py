"""ActionTable, ActionHandlers: which method does which action of `game.input.bindings`.

As in

    class Lights:
        actions: ClassVar[ActionTable[Lights]] = ActionTable()

        @actions.does("lights_off")
        def off(self) -> str: ...

A new key is a row of `bindings.ACTIONS` and such a method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, TypeVar

from game.input.bindings import ACTIONS, Action

Owner = TypeVar("Owner")
_BY_NAME = {action.name: action for action in ACTIONS}


class ActionTable(Generic[Owner]):
    """The actions that the methods of one class do.

    Its decorators make a method an action's handler; mypy checks the method's type. Every handler returns a message for
    the screen, or None where the picture says enough. TypeError: there is no such action, it has another kind of
    handler, or it has one already.
    """

    def __init__(self) -> None:
        self.begins: dict[str, Callable[[Owner, int], str | None]] = {}
        self.ends: dict[str, Callable[[Owner, int], None]] = {}

    def does(self, name: str) -> Callable[[Callable[[Owner], str | None]], Callable[[Owner], str | None]]:
        """For an action whose keys all mean the same."""
        _action(name, choice=False)

        def register(method: Callable[[Owner], str | None]) -> Callable[[Owner], str | None]:
            _add(self.begins, name, lambda owner, _: method(owner))
            return method

        return register

    def chooses(self, name: str) -> Callable[[Callable[[Owner, int], str | None]], Callable[[Owner, int], str | None]]:
        """For an action whose keys each mean another choice: the method takes the key's place among them, from 0."""
        _action(name, choice=True)

        def register(method: Callable[[Owner, int], str | None]) -> Callable[[Owner, int], str | None]:
            _add(self.begins, name, method)
            return method

        return register

    def releases(self, name: str) -> Callable[[Callable[[Owner], None]], Callable[[Owner], None]]:
        """For the end of an action that goes on while its key is held."""
        if not _action(name, choice=False).held:
            raise TypeError(f"the action {name!r} is not held: nothing ends it")

        def register(method: Callable[[Owner], None]) -> Callable[[Owner], None]:
            _add(self.ends, name, lambda owner, _: method(owner))
            return method

        return register

    def lets_go(self, name: str) -> Callable[[Callable[[Owner, int], None]], Callable[[Owner, int], None]]:
        """For the end of one choice of an action whose keys are held: the method takes the key's place, from 0."""
        if not _action(name, choice=True).held:
            raise TypeError(f"the action {name!r} is not held: nothing ends it")

        def register(method: Callable[[Owner, int], None]) -> Callable[[Owner, int], None]:
            _add(self.ends, name, method)
            return method

        return register


class ActionHandlers:
    """The handlers of several objects together, by action."""

    def __init__(self) -> None:
        self._begins: dict[str, Callable[[int], str | None]] = {}
        self._ends: dict[str, Callable[[int], None]] = {}

    def add(self, table: ActionTable[Owner], owner: Owner, *, before: Callable[[], None] | None = None) -> None:
        """Adds an object's handlers; `before` is called before each of them. TypeError: one action has two."""
        for name, method in table.begins.items():
            _add(self._begins, name, _bound(method, owner, before))
        for name, ending in table.ends.items():
            end: Callable[[int], None] = partial(ending, owner)
            _add(self._ends, name, end)

    def without_handler(self, actions: Iterable[Action] = ACTIONS) -> list[str]:
        """Names of the actions that nobody does, or whose end nobody does."""
        return [a.name for a in actions if a.name not in self._begins or (a.held and a.name not in self._ends)]

    def __contains__(self, name: object) -> bool:
        return name in self._begins

    def begin(self, name: str, choice: int = 0) -> str | None:
        """Does an action; returns a message for the screen. KeyError: nobody does it."""
        return self._begins[name](choice)

    def end(self, name: str, choice: int = 0) -> None:
        """Ends an action whose key was let go. KeyError: it is not one that is held."""
        self._ends[name](choice)


Handler = TypeVar("Handler")


def _add(handlers: dict[str, Handler], name: str, handler: Handler) -> None:
    if name in handlers:
        raise TypeError(f"the action {name!r} has two handlers: {handlers[name]} and {handler}")
    handlers[name] = handler


def _action(name: str, *, choice: bool) -> Action:
    if name not in _BY_NAME:
        raise TypeError(f"no action is called {name!r}; there are {', '.join(_BY_NAME)}")
    action = _BY_NAME[name]
    if action.choice != choice:
        raise TypeError(f"the action {name!r} has {'a' if action.choice else 'no'} choice")
    return action


def _bound(
    method: Callable[[Owner, int], str | None], owner: Owner, before: Callable[[], None] | None
) -> Callable[[int], str | None]:
    def begin(choice: int) -> str | None:
        if before is not None:
            before()
        return method(owner, choice)

    return begin
