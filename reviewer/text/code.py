"""Code under semantic styles, by Pygments."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from reviewer.text.styled import Builder

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_LONGEST = 8_000
_LONGEST_LINE = 1_000

# Languages by the names that fences give them. A closed list: an unknown name would make Pygments look for plug-ins,
# and some of its lexers are slow on hostile input.
_LEXERS = {
    "bash": ("bash", "sh", "shell", "zsh"),
    "c": ("c", "h"),
    "cpp": ("cpp", "c++", "cc", "hpp"),
    "csharp": ("csharp", "c#", "cs"),
    "css": ("css",),
    "diff": ("diff", "patch"),
    "go": ("go", "golang"),
    "html": ("html", "htm"),
    "ini": ("ini", "cfg", "conf"),
    "java": ("java",),
    "javascript": ("javascript", "js", "jsx"),
    "json": ("json", "jsonc", "json5"),
    "kotlin": ("kotlin", "kt"),
    "php": ("php",),
    "pycon": ("pycon",),
    "python": ("python", "py", "python3"),
    "r": ("r",),
    "ruby": ("ruby", "rb"),
    "rust": ("rust", "rs"),
    "sql": ("sql", "postgresql", "mysql", "sqlite"),
    "swift": ("swift",),
    "toml": ("toml",),
    "typescript": ("typescript", "ts", "tsx"),
    "xml": ("xml", "svg"),
    "yaml": ("yaml", "yml"),
}
_NAMES = {name: lexer for lexer, names in _LEXERS.items() for name in names}

_STYLES = {
    "Comment": "code.comment",
    "Keyword": "code.keyword",
    "Operator.Word": "code.keyword",
    "Name.Builtin": "code.name",
    "Name.Class": "code.name",
    "Name.Decorator": "code.name",
    "Name.Function": "code.name",
    "Name.Tag": "code.keyword",
    "Literal.String": "code.string",
    "Literal.Number": "code.number",
    "Generic.Deleted": "code.deleted",
    "Generic.Inserted": "code.inserted",
    "Generic.Heading": "code.keyword",
    "Generic.Subheading": "code.keyword",
}


@lru_cache(maxsize=64)
def lexer_for(language: str) -> Lexer | None:
    """The Pygments lexer of a language by the name that a fence gives it, or None for one that is not highlighted."""
    name = _NAMES.get(language.lower())
    if name is None:
        return None
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(name)


@lru_cache(maxsize=512)
def _style(token: tuple[str, ...]) -> str:
    for length in range(len(token), 0, -1):
        style = _STYLES.get(".".join(token[:length]))
        if style is not None:
            return f"code {style}"
    return "code"


def add_code(out: Builder, code: str, language: str, stored: list[int]) -> None:
    """Write the lines of `code`; `stored` has the stored offset of each line's beginning.

    Code that is long, or has very long lines, is written plain.
    """
    lines = code.split("\n")
    tokens = _tokens(code, language) if max(map(len, lines)) <= _LONGEST_LINE else None
    if tokens is None:
        for line, offset in zip(lines, stored, strict=True):
            out.add(line, "code", offset)
            out.end_line()
        return
    row = column = 0
    for style, value in tokens:
        for index, piece in enumerate(value.split("\n")):
            if index:
                out.end_line()
                row, column = row + 1, 0
            out.add(piece, style, stored[row] + column)
            column += len(piece)
    out.end_line()


def _tokens(code: str, language: str) -> list[tuple[str, str]] | None:
    lexer = lexer_for(language) if len(code) <= _LONGEST else None
    if lexer is None:
        return None
    tokens = [(_style(tuple(token)), value) for _, token, value in lexer.get_tokens_unprocessed(code)]
    # A lexer that drops or repeats text is not to be trusted with it.
    return tokens if "".join(value for _, value in tokens) == code else None
