# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sections and symbols of a 64-bit little-endian ELF object: enough to check what a compiler made of a file."""

import collections
import re
import struct

Section = collections.namedtuple("Section", "name type flags size")
Symbol = collections.namedtuple("Symbol", "name size section")

NOBITS = 8
SYMTAB = 2
RELA = 4
WRITE, ALLOC, EXECUTE, TLS = 1, 2, 4, 0x400


def name_at(strings, offset):
    return strings[offset:strings.index(b"\0", offset)].decode()


class Object:
    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path} is no 64-bit little-endian ELF file")
        self.file_size = len(data)
        at, = struct.unpack_from("<Q", data, 0x28)
        entry_size, count, names = struct.unpack_from("<3H", data, 0x3A)
        first = struct.unpack_from("<IIQQQQIIQQ", data, at)
        # More sections than 16 bits count: the numbers stand in the first one.
        count, names = count or first[5], first[6] if names == 0xFFFF else names
        headers = [struct.unpack_from("<IIQQQQIIQQ", data, at + i * entry_size) for i in range(count)]

        def content(header):
            return data[header[4]:header[4] + header[5]]

        strings = content(headers[names])
        self.sections = [Section(name_at(strings, h[0]), h[1], h[2], h[5]) for h in headers]
        self.symbols = []
        for header in headers:
            if header[1] == SYMTAB:
                strings = content(headers[header[6]])
                for name, _, _, section, _, size in struct.iter_unpack("<IBBHQQ", content(header)):
                    self.symbols.append(Symbol(name_at(strings, name), size, section))
        # What is asked for, not only offered.
        self.referenced = set()
        for header in headers:
            if header[1] == RELA:
                for _, info, _ in struct.iter_unpack("<QQq", content(header)):
                    self.referenced.add(self.symbols[info >> 32].name)

    def size(self, flags, nobits):
        """Of all sections with exactly these of the flags above, in the file or (nobits) not."""
        mask = WRITE | ALLOC | EXECUTE | TLS
        return sum(s.size for s in self.sections if s.flags & mask == flags and (s.type == NOBITS) == nobits)

    @property
    def data(self):
        """What a program may write to and a file holds; not the tables that the loader only relocates."""
        return sum(s.size for s in self.sections if re.match(r"\.data(?!\.rel\.ro)", s.name) and s.type != NOBITS)

    @property
    def bss(self):
        return self.size(WRITE | ALLOC, nobits=True)

    @property
    def text(self):
        return self.size(ALLOC | EXECUTE, nobits=False)

    @property
    def tls(self):
        return self.size(WRITE | ALLOC | TLS, nobits=True) + self.size(WRITE | ALLOC | TLS, nobits=False)

    def names(self):
        return {symbol.name for symbol in self.symbols}
