"""Data of a run that are edited by hand before its first reading: points moved, cells painted."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax

from curvkit.core import tree

# The numbers edited by hand before the first reading: field, item, and values by name.
Edits = Sequence[tuple[str, int, Mapping[str, float]]]
Edit = Callable[[Any, Any, str, int, Mapping[str, float]], Any]
# `sound(settings, state)`, whether a run can begin so, and the sentence where it cannot.
Sound = tuple[Callable[[Any, Any], jax.Array], str]


class Hand:
    """What a hand may do to the data of a room.

    Args:
        name: the room's.
        edit: one edit of the state that a run starts from; None where nothing can be edited.
        sound: asked once all edits are made; None where each edit can be judged by itself.
    """

    def __init__(self, name: str, edit: Edit | None, sound: Sound | None):
        self.name, self._edit, self.sound = name, edit, sound

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
        if edits and self._edit is None:
            raise ValueError(f"The data of {self.name} cannot be edited by hand.")
        for field, item, values in edits:
            assert self._edit is not None
            state = tree.typed(self._edit(settings, state, field, item, values), state)
        if edits and self.sound is not None and not self._holds(settings, state):
            raise ValueError(self.sound[1])
        return state
