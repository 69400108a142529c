"""A grid world by loops over cells and moves, as a person would write its rules down."""

import numpy as np

MOVES = [(0, 1), (1, 0), (0, -1), (-1, 0)]
FREE, WALL, GOAL, PIT = range(4)


def tables(kinds, noise, ending):
    """Transitions (S, 4, S) and mean rewards (S, 4) of a square of cells, row by row."""
    side = round(len(kinds) ** 0.5)
    P, r = np.zeros((side**2, 4, side**2)), np.zeros((side**2, 4))
    for y in range(side):
        for x in range(side):
            for wanted in range(4):
                for made, (right, up) in enumerate(MOVES):
                    chance = noise / 4 + (1 - noise if made == wanted else 0)
                    there = (x + right, y + up)
                    if not all(0 <= each < side for each in there):
                        there = (x, y)
                    cell = there[1] * side + there[0]
                    if kinds[cell] == WALL:
                        cell = y * side + x
                    here = y * side + x
                    r[here, wanted] += chance * {GOAL: 10.0, PIT: -10.0}.get(kinds[cell], 0.0)
                    if kinds[cell] == FREE:
                        P[here, wanted, cell] += chance * (1 - ending)
    return P, r


def play(kinds, noise, ending, policy, draws, length):
    """The cells of one episode from the middle, and what it gained."""
    side = round(len(kinds) ** 0.5)
    x = y = side // 2
    cells, gain = [y * side + x], 0.0
    for _ in range(length):
        move = draws.choice(4, p=policy[y * side + x])
        if draws.random() < noise:
            move = draws.integers(4)
        to_x, to_y = x + MOVES[move][0], y + MOVES[move][1]
        if 0 <= to_x < side and 0 <= to_y < side and kinds[to_y * side + to_x] != WALL:
            x, y = to_x, to_y
        kind = kinds[y * side + x]
        gain += {GOAL: 10.0, PIT: -10.0}.get(kind, 0.0)
        if kind != FREE or draws.random() < ending:
            break
        cells.append(y * side + x)
    return cells, gain
