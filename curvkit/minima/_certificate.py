"""Certificates: whether a claimed minimum is one, proved step by step or not proved.

A smooth network is treated in ball arithmetic (`balls`), a rectifier in rationals (`rationals`).
A certificate that says "proved" has proved every one of its steps; whenever one fails it says "not
proved", which does not mean "false": it says which step failed, and with what numbers.

| symbol | name | shape |
| --- | --- | --- |
| θ | `example.weights`, as they are given | P numbers |
| θ* | the true critical point, in the box | P balls |
| L(θ*), L(θ₂) | `loss`, `better_loss` | `Ball` |
| λ₁ … λ_P | `eigenvalues` of the Hessian, wherever in the box | `Ball` each |
| r | `radius` of the box, in every coordinate | float |
| ‖θ − θ*‖∞ | `distance`, an upper bound | float |
"""

import html
from dataclasses import dataclass

from curvkit.core import messages
from curvkit.core.messages import counted, number
from curvkit.minima import _proofs_exact as proofs_exact
from curvkit.minima import _proofs_logistic as proofs_logistic
from curvkit.minima import _proofs_smooth as proofs_smooth
from curvkit.minima import _rationals as rationals
from curvkit.minima._examples import Example
from curvkit.minima._proof import Ball, Proof, Step

__all__ = ["Ball", "Certificate", "Step", "certify"]
# At both limits a proof takes some tens of seconds.
MOST_PARAMETERS, MOST_POINTS = 101, 600
REACH = 1e-2


@dataclass(frozen=True)
class Certificate:
    """What was proved of an example; `proved` only if every step was.

    Attributes:
        example: what it is about.
        steps: each with `name`, `holds` and `words`.
        arithmetic: in which numbers the proof was made.
        loss, better_loss: at the minimum and at the better point.
        radius: of the box that holds the critical point, or None.
        distance: how far the given weights are from it at most, or None.
        eigenvalues: of the Hessian; empty for rectifiers.
        flat: the directions in which nothing changes, in words.
        right: points on the right side at the minimum, or None where there are no sides.
    """

    example: Example
    steps: tuple[Step, ...]
    arithmetic: str
    loss: Ball | None = None
    better_loss: Ball | None = None
    radius: float | None = None
    distance: float | None = None
    eigenvalues: tuple[Ball, ...] = ()
    flat: tuple[str, ...] = ()
    right: int | None = None

    @property
    def proved(self) -> bool:
        """Whether every step was proved."""
        return bool(self.steps) and all(step.holds for step in self.steps)

    @property
    def minimum_proved(self) -> bool:
        """Whether there is a minimum, proved, be there a better point or not."""
        own = [step for step in self.steps if step.name != "better point"]
        return bool(own) and all(step.holds for step in own)

    @property
    def verdict(self) -> str:
        """`proved` or `not proved`."""
        return "proved" if self.proved else "not proved"

    def words(self) -> str:
        """The verdict in one paragraph, with the numbers behind it."""
        failed = next((step for step in self.steps if not step.holds), None)
        kind = "local minimum" if self.flat else "strict local minimum"
        if failed:
            return f"**Not proved**: {failed.name}. {failed.words}"
        loss = messages.known("the loss", self.loss).text
        sentences = [f"**Proved** in {self.arithmetic}: a {kind} with loss {loss}."]
        if self.right is not None:
            total = counted(len(self.example.targets), "point")
            sentences.append(f"It has {self.right} of {total} right.")
        if self.distance:
            sentences.append(
                f"The weights as given are not it, but at most {number(self.distance)} "
                "away in any coordinate."
            )
        if self.eigenvalues:
            sentences.append(
                f"The smallest eigenvalue of its Hessian is {number(self.eigenvalues[0].low)} "
                "or more."
            )
        if self.flat:
            sentences.append(f"Not strict: {'; '.join(self.flat)}.")
        if self.better_loss:
            sentences.append(f"Elsewhere the loss is {self.better_loss.text}.")
        else:
            sentences.append("That a lower loss exists elsewhere was not claimed.")
        return " ".join(sentences)

    def __str__(self) -> str:
        lines = [f"{self.example.name}: {self.verdict} ({self.arithmetic})"]
        lines += [f"  [{'x' if s.holds else ' '}] {s.name}: {s.words}" for s in self.steps]
        return "\n".join(lines)

    def _repr_markdown_(self) -> str:
        rows = [
            f"| {'✓' if step.holds else '✗'} | {html.escape(step.name)} | "
            f"{html.escape(step.words).replace('|', chr(92) + '|')} |"
            for step in self.steps
        ]
        head = [f"`{self.example.name}`: {self.words()}", "", "| | step | |", "| --- | --- | --- |"]
        return "\n".join([*head, *rows])


def certify(example: Example, *, reach: float = REACH) -> Certificate:
    """Tries to prove that an example's weights are a local minimum, and that a better point exists.

    Where the weights are only near a minimum, the certificate speaks of the true one in its box
    and says how far away it is.

    Args:
        example: one of `counterexamples()`, or a network of one's own by `example(...)`.
        reach: how far from the given weights, in any coordinate, the minimum may be; 0 or more.

    Returns:
        A `Certificate`, whose `verdict` is "proved" or "not proved". It cannot treat networks of
        more than 101 parameters or 600 points; rectifiers whose slope is balanced at a kink
        only; and, under the logistic loss, rectifiers at a kink unless every output is zero.

    Raises:
        TypeError: if it is no `Example`.
        ValueError: if `reach` is no number from 0 on.
        ModuleNotFoundError: where python-flint is needed and not installed.

    >>> from curvkit.minima._examples import rectifiers
    >>> certificate = certify(rectifiers()[1])
    >>> certificate.verdict, certificate.loss.text
    ('proved', '8/3')
    """
    if not isinstance(example, Example):
        raise TypeError(messages.refusal("example", "made by `example(...)`", example))
    reach = messages.real("reach", reach, "a number from 0 on", least=0)
    parameters, points = len(example.weights.flat()), len(example.targets)
    if parameters > MOST_PARAMETERS or points > MOST_POINTS:
        words = f"A proof takes at most {MOST_PARAMETERS} parameters and {MOST_POINTS} points; "
        words += f"here are {parameters} and {points}."
        proof = Proof("no arithmetic", [Step("size", False, words)])
    elif example.activation == "relu":
        rational = (
            example.loss == "squared"
            or not rationals.outputs(example.weights, example.inputs).any()
        )
        proof = (proofs_exact if rational else proofs_logistic).prove(example, reach)
    else:
        proof = proofs_smooth.prove(example, reach)
    return Certificate(
        example, tuple(proof.steps), proof.arithmetic, proof.loss, proof.better_loss,
        proof.radius, proof.distance, tuple(proof.eigenvalues), tuple(proof.flat),
        proof.right,
    )  # fmt: skip
