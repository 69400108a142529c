"""Places in memory: arrays that are needed at one time never share one."""

import random

import pytest

from curvkit.browser import memory
from curvkit.browser.values import ElementType
from curvkit.browser.writer import Array, CodeLine


def program(seed):
    """A random program of nested loops that reads and writes arrays, and what each line touches."""
    pick = random.Random(seed)
    arrays = {
        f"b{k}": Array(f"b{k}", pick.choice([1, 4, 100, 1000]), ElementType("F")) for k in range(12)
    }
    known, lines = [], []

    def block(depth):
        made = []
        for _ in range(pick.randint(2, 6)):
            if depth < 2 and pick.random() < 0.3:
                lines.append(CodeLine("for(;;){", opens=True))
                block(depth + 1)
                lines.append(CodeLine("}", closes=True))
            else:
                new = pick.choice(sorted(arrays))
                if new not in known:
                    known.append(new)
                    made.append(new)
                read = [each for each in pick.sample(known, min(2, len(known)))]
                lines.append(CodeLine(" ".join([new, *read])))
        for each in made if depth else ():  # what a loop makes is nobody's outside of it
            known.remove(each)
            arrays[f"{each}0"] = Array(f"{each}0", arrays.pop(each).size, ElementType("F"))

    block(0)
    return arrays, lines


@pytest.mark.parametrize("seed", range(40))
def test_arrays_that_live_together_lie_apart(seed):
    arrays, lines = program(seed)
    spans = memory.lives(lines, {})
    named = {name: Array(name, 10, ElementType("F")) for name in spans}
    shared = []
    taken = memory.places(spans, named, shared)
    for one, (first, last) in spans.items():
        for other, (begin, end) in spans.items():
            if one < other and first <= end and begin <= last:
                assert taken[one] != taken[other], (one, other)
    assert len(shared) <= len(spans)


def test_what_a_loop_reads_from_before_it_lives_to_its_end():
    lines = [
        CodeLine("b0"), CodeLine("for(;;){", opens=True), CodeLine("b0 b1"), CodeLine("b2 b1"),
        CodeLine("}", closes=True), CodeLine("b3"),
    ]  # fmt: skip
    spans = memory.lives(lines, {})
    assert spans["b0"] == (0, 4), "the next turn reads it again"
    assert spans["b1"] == (2, 3) and spans["b3"] == (5, 5)


def test_what_a_function_touches_counts_where_it_is_called():
    lines = [CodeLine("/* b0 */"), CodeLine("f1();"), CodeLine("f2(k1);")]
    spans = memory.lives(lines, {"f1": "b0[i]=1;", "f2": "b9[i]=b0[i];"})
    assert spans == {"b0": (0, 2), "b9": (2, 2)}


def test_pinned_arrays_have_a_place_of_their_own():
    arrays = {
        "b0": Array("b0", 4, ElementType("F"), pinned=True),
        "b1": Array("b1", 4, ElementType("D")),
    }
    shared = []
    assert memory.places({"b0": (0, 1), "b1": (0, 1)}, arrays, shared) == {"b1": 0}
    assert shared[0].bytes == 32 and memory.total(shared, arrays.values()) == 48
