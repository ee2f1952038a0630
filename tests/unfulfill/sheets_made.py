"""XML of sheets: plain rows, strange ones between them, and both damaged; the same seed makes the same sheet."""

import random
from xml.sax.saxutils import escape

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="m"><cols><col min="1"/></cols>'
END = '<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells></worksheet>'
TEXTS = [
    "TEE-BLK-M", "Größe «L»", "漢字 🚚", "a & b", "<b>", "a > b", "_x0041_", "_x000D_", " ", "two\nlines", "\t", "=1",
    "\ufeff", "\uff0d", "x" * 32_767, "x" * 32_768, "🚚" * 16_384, "\u2028", "", "]]", "'", '"',
]  # fmt: skip
VALUES = [
    "1",
    "0",
    "6489142231355",
    "00123",
    "1E5",
    "12.5",
    "-1",
    "45000.5",
    "nan",
    "1000000000000000",
    "x",
    " 5",
    "½",
    "９",
]
STRANGE = [
    '<c t="e"><v>#REF!</v></c>', "<c><f>1+1</f><v>2</v></c>", "<c><f>1+1</f></c>", "<x:c><x:v>5</x:v></x:c>",
    "<v>9</v>",
    '<c t="inlineStr"><is><r><t>ri</t></r><r><t>ch</t></r></is></c>',
    '<c t="inlineStr"><is><t>a</t><rPh><t>b</t></rPh></is></c>',
    '<c t="s"><v>99</v></c>', '<c t="d"><v>2026-10-03</v></c>', '<c t="b"><v>x</v></c>', "<c><v>&#49;</v></c>",
    '<c t="inlineStr"><is><t>&#0;</t></is></c>', '<c t="inlineStr"><is><t>&x;</t></is></c>', "<c><v></v></c>",
    "<c></c>",
    '<c t="inlineStr"><is><t>a&#10;&#xD;&quot;&apos;</t></is></c>', '<c s="1" s="2"><v>3</v></c>',
    '<c s="02"><v>3</v></c>',
    '<c t="str"><v>&lt;5&gt;</v></c>', "<c><v>1</t></is></c>", '<c t="inlineStr"><is><t>1</v></c>',
    "<c><v>1<</v></c>",
    "<c><v>1</v></c>5", "<c><v>]]></v></c>", "<!--</row><row>-->", "<![CDATA[</row>]]>", "<?x </row>?>", "<!--",
    "\r", "\x01",
    '<c t="inlineStr"><is><t xml:space="preserve"> a </t></is></c>', '<c t="inlineStr"><v>5</v></c>',
    "<c><is><t>5</t></is></c>",
    "\ufffe", "\udcff", '<c q="1"><v>1</v></c>', "<d/>", "<c><v>1</v><v>2</v></c>", "<c/", "</c>", "<cc/>",
    "<c t='n'><v>1</v></c>",
]  # fmt: skip
ROWS = [
    "<row>",
    '<row r="{}">',
    '<row r="{}" spans="1:3" hidden="1">',
    '<row r="{}" ht="15" x14ac:dyDescent="0.25">',
]
STRANGE_ROWS = [
    '<row r="x">', '<row r="1">', '<row r="0{}">', '<row r="{}" r="{}">', '<row hidden="true">', '<row what="1">',
    "<x:row>",
    '<row r="1048577">', "<row><row>", '<row r="{}"/><row>', '<row ht=">">', '<row ht="&amp;">', "<rows>", " <row>",
    "5<row>", '<row ht="&">',
    "</sheetData><sheetData><row>", "</sheetData></worksheet><row>", "<row ht='1'>", '<row r="{}" ><c/>', "<v>7<row>",
]  # fmt: skip


def text_cell(text: str, address: str) -> str:
    return f'<c{address} s="1" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def made_cell(chance: random.Random, address: str) -> str:
    match chance.randrange(7):
        case 0 | 1:
            return text_cell(chance.choice(TEXTS), address)
        case 2:
            style = chance.choice(["", ' s="1"', ' s="2"'])
            return f"<c{address}{style}><v>{chance.choice(VALUES)}</v></c>"
        case 3:
            return f'<c{address} t="s"><v>{chance.randrange(3)}</v></c>'
        case 4:
            return f'<c{address} t="b"><v>{chance.choice(["1", "0"])}</v></c>'
        case 5:
            return f'<c{address} t="str"><v>{escape(chance.choice(TEXTS[:12]))}</v></c>'
        case _:
            return chance.choice([f"<c{address}/>", f'<c{address} s="2"/>', ""])


def made_sheet(seed: int, strange: float) -> bytes:
    """A sheet of plain rows; `strange` is how often something else stands in or before one."""
    chance = random.Random(seed)
    has_addresses = chance.random() < 0.5
    written = []
    for number in range(1, chance.randrange(2, 12)):
        if chance.random() < strange:
            written.append(chance.choice(STRANGE_ROWS).replace("{}", str(number)))
        else:
            written.append(chance.choice(ROWS).format(number))
        for column in range(chance.randrange(4)):
            address = f' r="{"ABCD"[column]}{number}"' if has_addresses else ""
            written.append(
                chance.choice(STRANGE) if chance.random() < strange else made_cell(chance, address)
            )
        written.append(chance.choice(["</row>"] * 9 + ["</row>\n", "</x:row>", ""]) if strange else "</row>")
    xml = f"{HEAD}<sheetData>{''.join(written)}</sheetData>{END}"
    return xml.encode("utf-8", "surrogateescape")


def damaged(xml: bytes, seed: int) -> bytes:
    """Bytes changed, an end cut off, or a piece moved or doubled."""
    chance = random.Random(seed)
    data = bytearray(xml)
    for _ in range(chance.randrange(1, 4)):
        at, to = chance.randrange(len(data)), chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] = chance.choice(b'<>/"=& rcvt1A!?\x00\xff\r')
            case 1 if chance.random() < 0.3:
                del data[max(at, 1) :]
            case 2:
                del data[at : at + chance.randrange(1, 30)]
            case _:
                data[to:to] = data[at : at + chance.randrange(1, 60)]
        if not data:
            return b"<"
    return bytes(data)


def cut(xml: bytes, seed: int) -> list[bytes]:
    chance = random.Random(seed)
    places = sorted(chance.randrange(len(xml) + 1) for _ in range(chance.randrange(4)))
    return [
        xml[start:end] for start, end in zip([0, *places], [*places, len(xml)], strict=True) if start < end
    ]
