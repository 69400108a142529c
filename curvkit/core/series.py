"""Series: the declaration of one array of a trace, with its shape and its words."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from curvkit.core import messages

# What an npz file holds as it is: not what JAX has beside it, such as bfloat16.
PLAIN = {np.dtype(code).name for code in "?bhilqBHILQefdFD"}


@dataclass(frozen=True)
class Series:
    """The declaration of one array of a trace: what it is in words, and how an axis names it."""

    name: str
    sentence: str
    symbol: str
    dims: tuple[str, ...]
    dtypes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name in words, with its symbol, as an axis title."""
        return f"{self.name.replace('_', ' ')} {self.symbol}".strip()

    def fits(self, shape: tuple[int, ...], sizes: dict[str, int]) -> None:
        """Notes the size of each dimension; raises ValueError where it is said to be another."""
        agree = [
            sizes.setdefault(dim, size) == size for dim, size in zip(self.dims, shape, strict=False)
        ]
        if len(shape) != len(self.dims) or not all(agree):
            wanted = f"an array of shape ({', '.join(self.dims)}) with {sizes}"
            raise ValueError(messages.refusal(self.name, wanted, shape))

    def takes(self, dtype: np.dtype) -> None:
        """Raises ValueError where numbers of that kind are not what is declared."""
        if dtype.name not in self.dtypes:
            wanted = f"of {' or '.join(self.dtypes)}"
            raise ValueError(messages.refusal(self.name, wanted, dtype.name))


def series(sentence: str, *, symbol: str = "") -> Any:
    """Declares one array of a trace; its annotation (jaxtyping) gives type and shape."""
    return field(metadata={"series": dict(sentence=sentence, symbol=symbol)})


def declared(each: dataclasses.Field[Any]) -> Series:
    """The series that a field of a trace declares."""
    kind: Any = each.type  # jaxtyping's, which no checker knows
    dtypes = tuple(name for name in kind.dtypes if name in PLAIN)
    dims = tuple(kind.dim_str.split())
    return Series(name=each.name, dims=dims, dtypes=dtypes, **each.metadata["series"])
