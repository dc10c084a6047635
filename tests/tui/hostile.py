"""Texts that try to leave their place."""

from __future__ import annotations

HOSTILE: dict[str, str] = {
    "markup": "[@click=app.quit]press[/] [bold red]loud[/] [link=file:///etc/passwd]x[/link] [/] \\[ [[ ]]",
    "unclosed": "[bold [/nothing] [@click=screen.dismiss()] :smile: {self.app.exit()} $primary %s {0}",
    "controls": "".join(map(chr, (*range(32), *range(127, 160)))) + "end",
    "sequences": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m\x1b]52;c;aGk=\x07\x9b31m\x1bP+q544e\x1b\\\x1bc end",
    "carriage": "shown\rhidden\r\nnext\x0bline\x0cpage\x85nel\u2028ls\u2029ps",
    "bidi": "\u202eevil\u202c \u2066isolate\u2069 \u200f\u061c שלום עולם مرحبا 123",
    "wide": "漢字仮名交じり文" * 12 + "ｈａｌｆ ﾊﾝｶｸ 한국어",
    "emoji": "👨‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍🌈 🇩🇪🇫🇷 ❤️ ☺︎ 1️⃣ 🫠" * 6,
    "marks": "e" + "\u0301" * 60 + " Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L ก็็็็็็็็ a\u200bb\u2060c\ufeffd\u00ade",
    "escapes": "\\u0000 \\x1b[31m %1b &#27; \\e[0m",
    "surrogates": "tags \U000e0041\U000e0042 private \ue000 unassigned \U0003ffff noncharacter \ufdd0",
    "line": "x" * 100_000,
    "spaces": " " * 5_000 + "\t" * 500 + "\u3000" * 500 + "end",
    "table": "| [@click=app.quit]a[/] | 漢字 |\n| --- | --- |\n| " + "y" * 3_000 + " | \x1b[31m👩‍🚀 |\n",
    "nested": "> " * 200 + "deep\n" + "- " * 200 + "deep\n" + "#" * 300 + " heading\n" + "*" * 3_000 + "_" * 3_000,
    "code": "```python\nprint('[@click=app.quit]')\x1b[31m\n```\n~~~\n\x00\x07\n",
    "html": "<script>alert(1)</script><img src=x onerror=y> ![alt](http://example.org/x.png) [a](javascript:b)",
}


def quiet(text: str) -> str:
    """Without what an import turns into a visible escape: NUL and lone surrogates."""
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode()
