"""Arrays of an npz file, read with suspicion: what it claims is checked before memory is taken.

An npz file is a zip file of npy files. Of both only what NumPy writes for plain arrays is read: no
objects, no structures, no names but those that are asked for. A claim is compared with what is in
the file, and every byte with its checksum.
"""

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

import numpy as np

# What reading a damaged file raises, by the part of it that is damaged.
UNREADABLE = (
    ValueError, EOFError, RuntimeError, NotImplementedError, MemoryError, struct.error,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
# Of all arrays together, and of how many there are.
MOST_BYTES, MOST_ARRAYS = 2**30, 256
# The list of a zip file's members, and the head of an array, as long as they ever are.
LONGEST_LIST, LONGEST_HEAD = 2**16, 2**10
# Deflate makes no more than so many bytes of one.
MOST_OF_ONE = 1032
CHUNK = 2**20
END = struct.Struct("<4s4H2LH")
MAGIC = b"\x93NUMPY\x01\x00"
HEAD = re.compile(
    rb"\{'descr': '([<>|][biufcSUV]\d{1,7})', 'fortran_order': (True|False), "
    rb"'shape': (\(\)|\(\d{1,18},\)|\(\d{1,18}(?:, \d{1,18}){1,31}\)), \} *\n"
)


class Head(NamedTuple):
    """What the first bytes of an array say of it, and how many they are."""

    dtype: np.dtype
    shape: tuple[int, ...]
    columns_first: bool
    length: int

    @property
    def size(self) -> int:
        """Bytes of the whole member."""
        return self.length + math.prod(self.shape) * self.dtype.itemsize


class Archive:
    """The members of an npz file; `heads` and `array` read them.

    Raises:
        ValueError, or another of `UNREADABLE`: with the reason, where it is not as NumPy writes it.
    """

    def __init__(self, file: BinaryIO):
        size = file.seek(0, 2)
        _ends_as_it_should(file, size)
        self._zip = zipfile.ZipFile(file)
        members = sorted(self._zip.infolist(), key=lambda each: each.header_offset)
        self.members: dict[str, zipfile.ZipInfo] = {}
        ends = [each.header_offset for each in members[1:]] + [self._zip.start_dir]
        for at, (each, end) in enumerate(zip(members, ends, strict=True)):
            _is_plain(each, end, first=not at)
            name = each.filename.removesuffix(".npy")
            if name == each.filename:
                raise ValueError(f"it holds {_short(name)}, which is no array")
            if name in self.members:
                raise ValueError(f"it holds {_short(name)} twice")
            self.members[name] = each
        if sum(each.file_size for each in members) > MOST_BYTES:
            raise ValueError(f"its arrays take more than {MOST_BYTES >> 20} MB")

    def only(self, names: Iterable[str]) -> None:
        """Raises ValueError where a name is absent or there is another."""
        absent = [name for name in names if name not in self.members]
        if absent:
            raise ValueError(f"it has no {', '.join(absent)}")
        if more := self.members.keys() - {*names}:
            raise ValueError(f"it holds {_short(min(more))}, which is no part of it")

    def head(self, name: str) -> Head:
        """What an array says of itself; of its numbers none is read."""
        member = self.members[name]
        with self._zip.open(member) as entry:
            start = entry.read(min(LONGEST_HEAD, member.file_size))
        if not start.startswith(MAGIC) or len(start) < 10:
            raise ValueError(f"{name} is no array of NumPy")
        (length,) = struct.unpack("<H", start[8:10])
        match = HEAD.fullmatch(start[10 : 10 + length])
        if not match:
            raise ValueError(f"{name} is no plain array")
        descr, order, shape = (each.decode() for each in match.groups())
        dtype, sizes = _dtype(name, descr), tuple(map(int, re.findall(r"\d+", shape)))
        head = Head(dtype, sizes, order == "True", 10 + length)
        if head.size != member.file_size:
            claim = f"{name} is said to be of shape {sizes}, and "
            raise ValueError(f"{claim}{member.file_size} bytes are there, not {head.size}")
        return head

    def whole(self, name: str) -> bool:
        """True, or an error of `UNREADABLE` where a member does not have its checksum."""
        unread = self.members[name].file_size
        with self._zip.open(self.members[name]) as entry:
            while piece := entry.read(CHUNK):
                unread -= len(piece)
        if unread:
            raise EOFError
        return True

    def array(self, name: str, head: Head) -> np.ndarray:
        """An array whose head has been read; its checksum is that of what is read."""
        raw, at = np.empty(head.size - head.length, np.uint8), 0
        with self._zip.open(self.members[name]) as entry:
            entry.read(head.length)
            while at < len(raw):
                piece = entry.read(min(CHUNK, len(raw) - at))
                if not piece:
                    raise ValueError(f"{name} ends too early")
                raw[at : at + len(piece)] = np.frombuffer(piece, np.uint8)
                at += len(piece)
            # Only at the end the checksum is compared.
            if entry.read(1):
                raise ValueError(f"{name} goes on where it should end")
        shape = head.shape[::-1] if head.columns_first else head.shape
        array = raw.view(head.dtype).reshape(shape)
        array = array.T if head.columns_first else array
        return array.astype(head.dtype.newbyteorder("="), copy=False)


def _ends_as_it_should(file: BinaryIO, size: int) -> None:
    """The list of members is right before the end, and short enough to be read at all."""
    if size < END.size + 20:
        raise ValueError("it is no whole npz file")
    file.seek(size - END.size - 20)
    tail = file.read(END.size + 20)
    mark, disk, list_disk, here, count, length, begin, comment = END.unpack(tail[20:])
    if mark != b"PK\x05\x06":
        raise ValueError("it is no whole npz file")
    # Larger files have a second list, which ours are too small for.
    known = not (disk or list_disk or comment) and here == count <= MOST_ARRAYS
    if not known or length > LONGEST_LIST or tail.startswith(b"PK\x06\x07"):
        raise ValueError("its list of arrays is not as NumPy writes it")
    if begin + length != size - END.size:
        raise ValueError("its list of arrays is not where it should be")
    file.seek(0)


def _is_plain(member: zipfile.ZipInfo, end: int, first: bool) -> None:
    """Raises ValueError where a member is not as NumPy writes it, or cannot be as large as said."""
    name, packed = member.filename, member.compress_size
    if member.orig_filename != name or not re.fullmatch(r"\w{1,80}\.npy", name, re.ASCII):
        raise ValueError(f"it holds {_short(member.orig_filename)}, which is no array")
    if member.flag_bits & ~0x80E or member.compress_type not in (0, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed in a way that NumPy does not know")
    start = member.header_offset
    if start + 30 + len(name) + packed > end or (first and start):
        raise ValueError(f"{name} lies where something else is")
    most = packed if member.compress_type == 0 else MOST_OF_ONE * packed + CHUNK // 2**10
    if member.file_size > most:
        raise ValueError(f"{name} cannot be as large as it is said to be")


def _dtype(name: str, descr: str) -> np.dtype:
    try:
        dtype = np.dtype(descr)
    except TypeError:
        dtype = None
    if dtype is None or not dtype.itemsize:
        raise ValueError(f"{name} is of {descr}, which is no type of numbers")
    return dtype


def _short(name: str) -> str:
    return repr(name if len(name) <= 60 else f"{name[:59]}…")
