"""Texts to try: anything at all, and anything that looks like Markdown."""

from __future__ import annotations

from hypothesis import strategies as st

AWKWARD = [
    "[@click=app.quit]x[/]",
    "[bold red]no[/bold red]",
    "\x1b[31mred\x1b[0m\x07",
    "a\u202eb\u2066c\u2069",
    "👩\u200d👩\u200d👧 👍🏽 🇩🇪 ❤\ufe0f 1\ufe0f\u20e3",
    "漢字、かな。「引用」",
    "می\u200cخواهم ශ්\u200dරී",
    "e\u0301\u0301" + "\u0300" * 40,
    "\ud800 lone \udfff",
    "tab\tafter\ttabs",
    "cr\r\nlf\rcr",
    "\u2028\u2029\u0085\ufeff\u200b\u00ad",
    "\U000e0049\U000e0067 tag",
    "한글 ก็ ﷽",
]

_MARKS = st.sampled_from(
    [
        *("*", "**", "_", "~~", "`", "``", "[", "](", ")", "![", "<http://a.b>", "&amp;", "&#0;", "\\*", "\\", "|"),
        *("# ", "- ", "1. ", "> ", "```python\n", "```", "~~~", "---", "===", "    ", "\t", "  \n", "\n", "\n\n"),
        *("| a | b |\n|---|--:|\n| 1 | 2 \\| 3 |\n", "<script>", "word", "Straße ", "x" * 30, "[ref]: http://x"),
        *AWKWARD,
    ]
)

anything = st.text(st.characters(), max_size=200)
markdownish = st.lists(st.one_of(_MARKS, st.text("ab c\n", max_size=12), st.text(max_size=8)), max_size=30).map("".join)
texts = st.one_of(anything, markdownish)
widths = st.one_of(st.integers(2, 12), st.integers(13, 90))
