"""Noto Color Emoji's bitmaps by code points, with nothing but Python's own library.

Reads the OpenType tables cmap (format 12), GSUB (ligatures, also behind extensions),
CBLC (index formats 1 and 3) and CBDT (image formats 17 and 18).
"""

import struct

VARIATION_SELECTOR = 0xFE0F
PNG_OFFSET = {17: 5 + 4, 18: 8 + 4}  # glyph metrics, then the length of the PNG


class FontError(Exception):
    """The file is no font of the kind this module reads."""


class NotoFont:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        try:
            self.tables = self._read_tables()
            self.glyphs = self._read_cmap(self._table("cmap"))
            self.lookups = self._read_ligatures(self._table("GSUB"))
            self.pictures = self._read_locations(self._table("CBLC"), self._table("CBDT"))
        except struct.error as error:
            raise FontError(f"{path}: cut short ({error})") from error

    def png(self, code_points):
        """The PNG bytes of one emoji, or None where the font has no picture of it."""
        glyphs = [self.glyphs.get(c) for c in code_points if c != VARIATION_SELECTOR]
        for ligatures in self.lookups:
            glyphs = substitute(glyphs, ligatures)
        if len(glyphs) != 1 or glyphs[0] not in self.pictures:
            return None
        start, size = self.pictures[glyphs[0]]
        return self.data[start : start + size]

    def _unpack(self, layout, offset):
        return struct.unpack_from(">" + layout, self.data, offset)

    def _numbers(self, offset, count):
        return self._unpack(f"{count}H", offset)

    def _read_tables(self):
        (count,) = self._numbers(4, 1)
        records = (self._unpack("4sIII", 12 + 16 * i) for i in range(count))
        return {tag.decode("latin-1"): offset for tag, _, offset, _ in records}

    def _table(self, tag):
        if tag not in self.tables:
            raise FontError(f"the font has no table {tag}")
        return self.tables[tag]

    def _read_cmap(self, cmap):
        (count,) = self._numbers(cmap + 2, 1)
        for i in range(count):
            table = cmap + self._unpack("HHI", cmap + 4 + 8 * i)[2]
            if self._numbers(table, 1)[0] == 12:
                return self._read_groups(table)
        raise FontError("cmap has no subtable of format 12")

    def _read_groups(self, table):
        (count,) = self._unpack("I", table + 12)
        glyphs = {}
        for i in range(count):
            first, last, glyph = self._unpack("III", table + 16 + 12 * i)
            glyphs.update((code, glyph + code - first) for code in range(first, last + 1))
        return glyphs

    def _read_ligatures(self, gsub):
        """A dictionary per ligature lookup: first glyph → [(further glyphs, ligature)]."""
        lookup_list = gsub + self._numbers(gsub + 8, 1)[0]
        (count,) = self._numbers(lookup_list, 1)
        lookups = []
        for offset in self._numbers(lookup_list + 2, count):
            ligatures = {}
            kind, _, subtables = self._numbers(lookup_list + offset, 3)
            for start in self._numbers(lookup_list + offset + 6, subtables):
                self._read_subtable(kind, lookup_list + offset + start, ligatures)
            lookups.append(ligatures)
        return lookups

    def _read_subtable(self, kind, table, ligatures):
        if kind == 7:
            _, kind, offset = self._unpack("HHI", table)
            table += offset
        if kind != 4:
            return
        _, coverage, count = self._numbers(table, 3)
        sets = self._numbers(table + 6, count)
        for glyph, offset in zip(self._read_coverage(table + coverage), sets):
            (size,) = self._numbers(table + offset, 1)
            for start in self._numbers(table + offset + 2, size):
                ligature = table + offset + start
                result, length = self._numbers(ligature, 2)
                further = self._numbers(ligature + 4, length - 1)
                ligatures.setdefault(glyph, []).append((further, result))

    def _read_coverage(self, table):
        layout, count = self._numbers(table, 2)
        if layout == 1:
            return self._numbers(table + 4, count)
        ranges = (self._numbers(table + 4 + 6 * i, 3) for i in range(count))
        return [glyph for first, last, _ in ranges for glyph in range(first, last + 1)]

    def _read_locations(self, cblc, cbdt):
        """Glyph → (offset, size) of its PNG, in the font's first strike."""
        index, _, count = self._unpack("III", cblc + 8)
        pictures = {}
        for i in range(count):
            first, last, offset = self._unpack("HHI", cblc + index + 8 * i)
            table = cblc + index + offset
            layout, image_format, images = self._unpack("HHI", table)
            if layout not in (1, 3) or image_format not in PNG_OFFSET:
                raise FontError(f"CBLC has index format {layout}, image format {image_format}")
            count_offsets = last - first + 2
            offsets = self._unpack(f"{count_offsets}{'I' if layout == 1 else 'H'}", table + 8)
            for glyph, start, end in zip(range(first, last + 1), offsets, offsets[1:]):
                if end > start:
                    png = cbdt + images + start + PNG_OFFSET[image_format]
                    pictures[glyph] = (png, self._unpack("I", png - 4)[0])
        return pictures


def substitute(glyphs, ligatures):
    """One pass of a lookup over the glyphs, the first ligature listed that fits."""
    result = []
    while glyphs:
        ligature, length = glyphs[0], 1
        for further, candidate in ligatures.get(glyphs[0], []):
            if tuple(glyphs[1 : 1 + len(further)]) == further:
                ligature, length = candidate, 1 + len(further)
                break
        result.append(ligature)
        glyphs = glyphs[length:]
    return result
