"""What customers and bots type into orders: markup, formulas, paths, and characters that move a terminal."""

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

_RUN = "window.__xss=1"
_TAGS = (
    "<script>{}</script>", "<ScRiPt>{}</sCrIpT>", "<script src=//evil.test/x></script>",
    "</script><script>{}</script>",
    "<img src=x onerror={}>", "<img/src=x/onerror={}>", "<IMG SRC=`javascript:{}`>", "<svg onload={}>",
    "<svg><script>{}</script></svg>", "<svg/onload={}//", "<math><mtext></math><img src=x onerror={}>",
    "<body onload={}>", "<iframe src=javascript:{}>", "<iframe srcdoc='<script>{}</script>'>",
    "<object data=javascript:{}>",
    "<embed src=javascript:{}>", "<a href=javascript:{}>x</a>", "<a href=' javascript:{}'>x</a>",
    "<form action=javascript:{}><input type=submit>", "<button formaction=javascript:{}>x</button>",
    "<input autofocus onfocus={}>", "<select autofocus onfocus={}>", "<details open ontoggle={}>",
    "<video><source onerror={}>",
    "<audio src=x onerror={}>", "<marquee onstart={}>", "<meta http-equiv=refresh content=0;url=javascript:{}>",
    "<link rel=stylesheet href=//evil.test/x.css>", "<style>@import '//evil.test/x.css'</style>",
    "<base href=//evil.test/>",
    "<template><script>{}</script></template>", "<noscript><p title='</noscript><img src=x onerror={}>'>",
)  # fmt: skip
_BREAKS = (
    "\" onmouseover=\"{}", "' onmouseover='{}", "` onmouseover=`{}", "\"><script>{}</script>",
    "'><script>{}</script>",
    "</title><script>{}</script>", "</style><script>{}</script>", "</textarea><script>{}</script>",
    "--><script>{}</script>",
    "]]><script>{}</script>", "</td></tr></table><h1>x</h1>", "</svg><script>{}</script>",
    "</small></td><td onclick={}>",
    "<!--", "-->", "<![CDATA[x]]>", "<?xml version='1.0'?>", "<!DOCTYPE html>",
    "&lt;script&gt;{}&lt;/script&gt;",
    "&#60;script&#62;{}", "{{{{ {} }}}}", "{{% set x = 1 %}}", "${{{}}}", "<%= {} %>", "javascript:{}",
    "data:text/html,<b>x</b>",
    "\\u003cscript\\u003e{}", "<x onclick={}>y", "<b>bold</b>", "[x](javascript:{})",
)  # fmt: skip
MARKUP = tuple(text.format(_RUN) for text in (*_TAGS, *_BREAKS))
_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_SUMS = ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("//evil.test","x")', "SUM(A1:A9)", "2+5+cmd|' /C x'!A0")
FORMULAS = (
    *(start + rest for start in _STARTS for rest in _SUMS),
    " =1+1", "\t=1+1", "\r=1+1", "\n=1+1", "\u00a0=1+1", "'=1+1", "''=1+1", "=\"x\"&A1", "\x00=1+1",
    "\ufeff=1+1",
)  # fmt: skip
PATHS = (
    "..", ".", "../x", "../../x", "../" *  12 +  "etc/passwd", "..\\..\\x", "/etc/passwd", "//evil.test/share",
    "\\\\evil.test\\share",
    "C:\\Windows\\x", "C:x", "CON", "NUL", "aux.txt", "COM1", "LPT1.txt", "x/../../y", "x\x00.txt", "x\n../y",
    "~/x", "~root",
    "$HOME/x", "${HOME}", "%2e%2e%2fx", "..%2fx", "%00", "file:///etc/passwd", "x" *  300, "./" *  200,
    ".ssh/authorized_keys",
    "-rf", "--help", "x;rm -rf .", "x|y", "`id`", "$(id)", "x.eml/../../y", "．．／x", "‥/x", "x\u202egnp.exe",
)  # fmt: skip
MOVES = ("\x1b[2J", "\x1b]0;owned\x07", "\x9b31m", "\u202e", "\u2066", "\r", "\x08", "\x7f")


def text_of(number: int) -> str:
    """A formula's start, some markup, a path and what moves a terminal; another text for each number."""
    markup = [MARKUP[(number + step) % len(MARKUP)] for step in (0, 20, 40)]
    path, move = PATHS[number % len(PATHS)][:40], MOVES[number % len(MOVES)]
    return FORMULAS[number % len(FORMULAS)] + "".join(markup) + path + move


def place_name(number: int) -> str:
    """The name of a location: markup that a count file can name too."""
    return MARKUP[number % len(MARKUP)] + MARKUP[(number + 30) % len(MARKUP)]


def make_hostile(world: Path) -> None:
    """Every text of a shop that somebody may have typed; its count follows with the names of locations."""
    with closing(sqlite3.connect(world)) as connection:
        places = {
            name: place_name(number) for number, name in connection.execute("select id, name from location")
        }
    count = world.with_name(world.name + ".count.csv")
    with count.open(newline="", encoding="utf-8-sig") as file:
        rows = [[places.get(cell, cell) for cell in row] for row in csv.reader(file)]
    with count.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    with closing(sqlite3.connect(world)) as connection, connection:
        connection.create_function("hostile", 1, text_of)
        connection.create_function("markup", 1, place_name)
        connection.create_function("tags", 1, lambda number: json.dumps([text_of(number).replace(",", "")]))
        connection.create_function(
            "tracked",
            2,
            lambda old, number: json.dumps([_tracking(each, number) for each in json.loads(old)]),
        )
        for statement in (
            'update "order" set name = "#" || number || hostile(number), note = hostile(number), tags = tags(number)',
            """update "order" set customer_name = hostile(number) || ' Zyxelina', source_name = hostile(number)""",
            """update "order" set email = 'canary' || number || '@zyxel.example'""",
            """update "order" set address = json_object('firstName', hostile(number), 'lastName', 'Zyxelina',
               'address1', '7 Canary Wharf', 'city', hostile(number + 2), 'phone', '+44 20 7946 0123')""",
            "update line set name = hostile(id), title = hostile(id), sku = hostile(id + 7), vendor = hostile(id)",
            "update item set title = hostile(id), variant_title = hostile(id + 3)",
            "update location set name = markup(id)",
            "update service set name = hostile(id + 11)",
            "update fulfillment set name = hostile(id), tracking = tracked(tracking, id)",
        ):
            connection.execute(statement)


def _tracking(old: dict[str, str], number: int) -> dict[str, str]:
    return {"company": text_of(number), "number": text_of(number + 1), "url": f"javascript:{_RUN}"}
