"""Data of a run that are edited by hand before its first reading: points moved, cells painted."""

import contextlib
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax

from curvkit.core import fingerprint, tree

# The numbers edited by hand before the first reading: field, item, and values by name.
Edits = Sequence[tuple[str, int, Mapping[str, float]]]
Edit = Callable[[Any, Any, str, int, Mapping[str, float]], Any]
# `sound(settings, state)`, whether a run can begin so, and the sentence where it cannot.
Sound = tuple[Callable[[Any, Any], jax.Array], str]


# So many edited states are kept, the newest: a stroke adds to what was edited before it.
KEPT = 6
# Some edit that changes little, of any field: the first that a room does not refuse.
LIGHTEST: Sequence[Mapping[str, float]] = ({}, {"y": 0.0}, {"value": 1.0})


class Editor:
    """What a hand may do to the data of a room.

    Args:
        name: the room's.
        edit: one edit of the state that a run starts from; None where nothing can be edited.
        sound: asked once all edits are made; None where each edit can be judged by itself.
    """

    def __init__(self, name: str, edit: Edit | None, sound: Sound | None):
        self.name, self._edit, self.sound = name, edit, sound
        # A start, and states by the edits that made them of it, the newest last.
        self._held: tuple[Any, dict[tuple[Any, ...], Any]] = (None, {})

    @functools.cached_property
    def _holds(self) -> Callable[[Any, Any], jax.Array]:
        assert self.sound is not None
        return jax.jit(self.sound[0])

    def edited(self, settings: Any, state: Any, edits: Edits) -> Any:
        """The state with all edits made, one after the other; nothing is compiled anew.

        Raises:
            ValueError: with one sentence, if the room takes no edits, refuses one, or cannot run
                on what they make together.
        """
        if not edits:
            return state
        if self._edit is None:
            raise ValueError(f"The data of {self.name} cannot be edited by hand.")
        state = self._after(settings, state, edits)
        if self.sound is not None and not self._holds(settings, state):
            raise ValueError(self.sound[1])
        return state

    def _after(self, settings: Any, state: Any, edits: Edits) -> Any:
        """The state after the edits; the first of them that were made before are not made again."""
        assert self._edit is not None
        keys = [(field, item, tuple(sorted(values.items()))) for field, item, values in edits]
        states = self._from(settings, state)
        done = next((k for k in range(len(keys), 0, -1) if tuple(keys[:k]) in states), 0)
        state = states[tuple(keys[:done])] if done else state
        for k, (field, item, values) in enumerate(edits[done:], done + 1):
            state = tree.typed(self._edit(settings, state, field, item, values), state)
            # Also the one before the newest, which is what is edited again most often.
            if k >= len(keys) - 1:
                states[tuple(keys[:k])] = state
        while len(states) > KEPT:
            states.pop(next(iter(states)), None)
        return state

    def _from(self, settings: Any, state: Any) -> dict[tuple[Any, ...], Any]:
        """What was made of this start before; of another one nothing is kept."""
        start = (
            settings,
            jax.tree.structure(state),
            [fingerprint.plain(x) for x in jax.tree.leaves(state)],
        )
        held = self._held
        if held[0] != start:
            self._held = held = (start, {})
        return held[1]

    def warm(self, settings: Any, state: Any, fields: Iterable[str]) -> None:
        """Compiles what an edit of each of `fields` takes, and leaves everything as it is."""
        if self._edit is None:
            return
        for field in fields:
            for values in LIGHTEST:
                with contextlib.suppress(ValueError):
                    after = tree.typed(self._edit(settings, state, field, 0, values), state)
                    if self.sound is not None:
                        self._holds(settings, after)
                    break
