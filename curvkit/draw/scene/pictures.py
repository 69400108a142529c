"""Pictures that stand for inputs, as `Dots(image=…)` draws them."""

import numpy as np

# A row of eight pixels is a byte, the leftmost pixel its highest bit.
DIGITS = """
3c6666666666663c 183818181818183c 3c66060c1830607e 3c66061c0606663c 0c1c2c4c7e0c0c0c
7e60607c0606663c 1c30607c6666663c 7e060c0c18183030 3c66663c6666663c 3c6666663e060c38
"""


def digits() -> np.ndarray:
    """A picture of each digit from 0 to 9: (10, 8, 8), ink where it is 1, paper where it is 0.

    >>> for row in digits()[7]:
    ...     print("".join(" #"[int(each)] for each in row).rstrip())
     ######
         ##
        ##
        ##
       ##
       ##
      ##
      ##
    """
    rows = np.frombuffer(bytes.fromhex("".join(DIGITS.split())), np.uint8)
    return np.unpackbits(rows).reshape(10, 8, 8).astype(float)
