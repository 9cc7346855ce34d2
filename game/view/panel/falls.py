"""Falls: what happens after a fall, and how long he lies before he gets up."""

from __future__ import annotations

from game.view.panel import widgets as w
from game.view.panel.look import Look
from game.view.panel.panel_data import PanelModel

WORDS = {"get_up": "He gets up", "retry": "Next attempt", "stay": "He stays"}
"""text on the button of each choice"""


class Falls:
    """The choice of what happens after a fall, and a slider."""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws the choice, and the slider if he gets up."""
        key = model.key_of("after_fall")
        w.heading(look, "After a fall", f"key {key}" if key else "")
        names = {WORDS.get(name, name): name for name in model.after_fall_names}
        now = next((words for words, name in names.items() if name == model.after_fall), None)
        choice = w.chips(look, "after_fall", tuple(names), now, even=True)
        if choice is not None and choice != now:
            model.choose_after_fall(names[choice])
        if model.after_fall != "get_up":
            return
        seconds = model.limp_seconds
        moved = w.slider(look, "limp_seconds", "lies limp for", seconds, 0.0, model.max_limp_seconds,
                         value_text=f"{seconds:.1f} s", step=0.1, default=model.usual_limp_seconds)  # fmt: skip
        if moved is not None:
            model.set_limp_seconds(round(moved, 1))
