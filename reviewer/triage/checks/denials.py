"""What a text says and what it denies, sentence by sentence: a heuristic of words, for English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from reviewer.triage.checks.words import Word, sentences, stem, words


def _of(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_NOUN_CUES = _of(
    "no none neither nor without nobody nothing nowhere nil lacks lacked lacking absent absence denies missing denied"
    " deny free instead rather unfounded ruled rules excluded excludes"
)
"""Words that say no to what is named after them: "no prior sanctions"."""
_VERB_CUES = _of("not never cannot unable failed fails fail refused refuses declined declines")
"""Words that say no to what is done after them: "could not be verified"."""
_CUES = _NOUN_CUES | _VERB_CUES
_NEEDS = {
    "free": "of",
    "instead": "of",
    "rather": "than",
    "ruled": "out",
    "rules": "out",
    "failed": "to",
    "fails": "to",
    "fail": "to",
}
"""Words that say no only before these."""
_BACKWARD = _of("not never cannot missing excluded ruled unfounded")
"""Words that, behind a verb, deny its subject too: "sanctions were not found"."""
_BARE = _of("no none nil nothing")
"""Words that deny what stands before them where nothing stands behind: "Prior sanctions: none"."""
_PHRASE_CUES = _of("without free instead rather")
"""Words that say no to a noun alone: "users without a licence can read"."""
_GENERIC = _of("evidenc indication sign histori history proof trac link match hit cas sourc suspicion")
"""Stems of nouns that say too little without what follows them: "no sign of fever"."""
_ARTICLES = _of("a an the any all")
_VERBS = _of(
    "was were is are am be been being has have had do does did can could will would shall should may might must"
)
_BREAKS = _of("but although though however while whereas because since unless except and that which who")
_PREPOSITIONS = _of("of to in on at by for with from as against into about during per within after before until under")
_FUNCTION = (
    _VERBS
    | _PREPOSITIONS
    | _of(
        "a an and the or any all some other such further than then there this these those it its his her their our your"
        " my he she they we you i them him us me longer both up also only very more most one ever yet so far out either"
    )
) - _of("until after before under")
"""Words that join others."""
_REPORTING = _of(
    "find found identify identified identif record recorded report reported note noted show shown see seen know known"
    " exist existed make made give given"
)
"""Words that say that something is so: a denial is rarely about them."""
_UNREPORTED = frozenset(f"un{word}" for word in _REPORTING)
_BOUNDS = _of("until unless except after before within only outside beyond when once")
"""Words that say where a statement holds: it may be denied elsewhere."""
_MORE = _of("more less later earlier fewer longer better worse doubt")
_INQUIRIES = _of(
    "ask asked asks asking check checked checks examine examined inquire inquired investigate investigated look looked"
    " request requested review reviewed screen screened search searched test tested assess assessed"
)
_SOUGHT = _of("for about")
"""What stands behind these, behind a word of inquiry, is looked for: "tested for asbestos" does not say so."""
_OPEN = _of("whether if need needs require requires required")
"""Words that leave open what stands behind them."""
_VOID = _of("negative zero stopped discontinued replaced remove removes removed withdrawn")
"""Words that take back what is said beside them, without a "no"."""
_CLAUSE = re.compile(r"[,;:—–()|]")
_JOINTS = re.compile(r";(?=\s)")
_ZERO = re.compile(r"(?<![\d.,])0(?:[.,]0+)?(?![.,]?\d)")
_REACH = 8
_LISTED = 16
_NAMED = 2


@dataclass(frozen=True, slots=True)
class Denial:
    """The stems that one "no" denies.

    Attributes:
        whole: All of them.
        core: Those of the nearest phrase.
        head: The one that must come again where the denial is turned round: the noun that there is none of, or the
            verb that is not done.

    """

    whole: frozenset[str]
    core: frozenset[str]
    head: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, or its part up to a semicolon.

    Attributes:
        order: The stems that carry meaning, as they stand.
        said: The same, each once.
        denials: What is denied, by each "no" of its own.
        denied: All stems that are denied.
        affirmed: Those that are neither denied nor asked for.
        bounds: The words that say where it holds.
        start: Where it begins in the text, in characters.
        end: Where it ends.

    """

    order: tuple[str, ...]
    said: frozenset[str]
    denials: tuple[Denial, ...]
    denied: frozenset[str]
    affirmed: frozenset[str]
    bounds: frozenset[str]
    start: int
    end: int


def claims(text: str) -> Iterator[Claim]:
    """The claims of a text, in order."""
    for start, end in sentences(text):
        parts = [_Part(text, begin, until) for begin, until in _parts(text, start, end)]
        is_question = text.startswith("?", end)
        for part, following in zip(parts, [*parts[1:], None], strict=True):
            # "…; none were seen" denies what stands before it.
            is_denied = following is not None and following.is_bare
            yield part.claim(all_denied=is_denied, is_question=is_question)


def tells(stem: str) -> bool:
    """Whether a stem says something by itself, rather than joining or denying others."""
    return len(stem) > 1 and stem not in _FUNCTION and stem not in _REPORTING and stem not in _CUES


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for joint in _JOINTS.finditer(text, start, end):
        yield start, joint.start()
        start = joint.end()
    yield start, end


class _Part:
    """A sentence, or a part of it, being read."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text, self._start, self._end = text, start, end
        self._found = words(text, start, end)
        self._texts = frozenset(word.text for word in self._found)
        self._order = tuple(word.stem for word in self._found if _carries(word))
        cues = [at for at, word in enumerate(self._found) if word.text in _CUES or word.text.endswith("n't")]
        self._reaches = {at: self._reach(at) for at in cues if self._is_cue(at)}
        self._undone = {at for pair in self._doubled() for at in pair}

    @cached_property
    def _gaps(self) -> list[str]:
        """The signs before each word that part clauses, and those behind the last."""
        ends = [self._start, *(word.end for word in self._found)]
        starts = [*(word.start for word in self._found), self._end]
        return ["".join(_CLAUSE.findall(self._text, *gap)) for gap in zip(ends, starts, strict=True)]

    @property
    def is_bare(self) -> bool:
        """Whether it says no, and nothing else."""
        return bool(self._reaches) and not self._order

    def claim(self, *, all_denied: bool, is_question: bool) -> Claim:
        said = frozenset(self._order)
        denials = [Denial(said, said, self._order[-1])] if all_denied and said else list(self._denials())
        denied = frozenset(stem for denial in denials for stem in denial.whole) | self._unreported()
        if is_question:
            denials, denied = [], said
        return Claim(
            self._order,
            said,
            tuple(denials),
            denied,
            said - denied - self._left_open(),
            self._bounds(),
            self._start,
            self._end,
        )

    def _denials(self) -> Iterator[Denial]:
        for at in self._reaches:
            if at not in self._undone:
                yield from self._denials_by(at)
        for text in sorted(self._texts):
            if rest := _undone(text):
                yield Denial(frozenset((rest,)), frozenset((rest,)), rest)

    def _denials_by(self, at: int) -> Iterator[Denial]:
        """What one "no" denies: each of the nouns that "or" lists after it by itself, or all of what is not done."""
        following = list(self._following(at))
        cue = self._found[at].text
        if cue in _BARE and self._is_answer(at, following):
            following = []
        if cue in _VERB_CUES or cue in ("neither", "nor") or cue.endswith("n't"):
            items = [following]
        else:
            items = [[]]
            for place in following:
                if self._gaps[place] or self._found[place].text in ("or", "nor"):
                    items.append([])
                items[-1].append(place)
        rest = _stems(self._found[place] for place in self._reaches[at].difference(following))
        for item in items:
            whole = _stems(self._found[place] for place in item)
            if whole or (rest and len(items) == 1):
                phrase, head = self._phrase(at, item)
                yield Denial(whole | rest, frozenset(phrase) or whole | rest, head or min(whole | rest))

    def _phrase(self, at: int, item: Sequence[int]) -> tuple[list[str], str]:
        """The nearest phrase, of two words that are named or more, and its head."""
        phrase: list[str] = []
        head, named = "", 0
        for word in (self._found[place] for place in item):
            if word.text in _PREPOSITIONS:
                head = head or (phrase[-1] if phrase else "")
                if named >= _NAMED or (phrase and word.text not in ("of", "to") and phrase[-1] not in _GENERIC):
                    break
            elif word.text not in _FUNCTION:
                named += 1
                if _carries(word):
                    phrase.append(word.stem)
        if not phrase:
            phrase = [self._found[place].stem for place in self._before(at) if _carries(self._found[place])]
            return phrase, phrase[0] if phrase else ""
        is_of_verb = self._found[at].text in _VERB_CUES or self._found[at].text.endswith("n't")
        return phrase, phrase[0] if is_of_verb else head or phrase[-1]

    def _is_cue(self, at: int) -> bool:
        word = self._found[at].text
        following = [one.text for one in self._found[at + 1 : at + 4]]
        if word == "not" and following[:1] and following[0] in ("only", "just", "merely"):
            return False
        # "not more than 3" gives a bound, and denies nothing; "no longer" does.
        is_over = word == "no" and following[:1] == ["longer"] and following[1:2] != ["than"]
        if word in ("no", "not", "never") and not is_over and not _MORE.isdisjoint(following):
            return False
        return word not in _NEEDS or following[:1] == [_NEEDS[word]]

    def _doubled(self) -> Iterator[tuple[int, int]]:
        """Two denials, one under the other in the same phrase, are none."""
        for one, reach in self._reaches.items():
            for other in self._reaches:
                between = (word.text for word in self._found[one + 1 : other])
                if other in reach and self._found[other].text != "nor" and _VERBS.isdisjoint(between):
                    yield one, other

    def _reach(self, at: int) -> frozenset[int]:
        """The places of the words that stand under a denial."""
        word = self._found[at].text
        reach = frozenset(self._following(at))
        if word in _BARE:
            return reach | frozenset(self._before(at)) if self._is_answer(at, reach) else reach
        has_verb = at > 0 and self._found[at - 1].text in _VERBS
        if word.endswith("n't") or word == "cannot" or (word in _BACKWARD and has_verb):
            return reach | frozenset(self._before(at))
        return reach

    def _is_answer(self, at: int, reach: Iterable[int]) -> bool:
        """Whether a bare "no" or "none" answers to what stands before it, as "Prior sanctions: none" does."""
        gap, after = self._gaps[at], self._gaps[at + 1]
        is_last = at == len(self._found) - 1
        if carried := _stems(self._found[place] for place in reach):
            return gap == ":" and (self._found[at].text != "no" or carried <= _GENERIC)
        return is_last or (gap != "|" and "," not in after)

    def _following(self, at: int) -> Iterator[int]:
        """What stands behind a word in its clause; "or" makes a list of it, and a colon at once as well."""
        is_list, is_phrase = self._is_list(at), self._found[at].text in _PHRASE_CUES
        for place in range(at + 1, min(len(self._found), at + 1 + (_LISTED if is_list else _REACH))):
            gap, word = self._gaps[place], self._found[place]
            if (gap and not (is_list and gap in (",", ":"))) or (is_phrase and word.text in _VERBS):
                return
            if word.text in _BREAKS and not (is_list and word.text == "and"):
                return
            yield place

    def _is_list(self, at: int) -> bool:
        for place in range(at + 1, min(len(self._found), at + 1 + _LISTED)):
            gap, word = self._gaps[place], self._found[place]
            if gap == ":":
                return not any(_carries(one) for one in self._found[at + 1 : place])
            if (gap and (gap != "," or word.text in _VERBS | _ARTICLES)) or word.text in _BREAKS:
                return False
            if word.text in ("or", "nor"):
                return True
        return False

    def _before(self, at: int) -> Iterator[int]:
        """What stands before a word in its clause, from the nearest on: in "sanctions were not found", the sanctions;
        before a bare "none", what a colon or a table's line leads to."""
        is_answer = self._found[at].text in _BARE
        for place in range(at - 1, max(-1, at - 1 - _REACH), -1):
            word, after = self._found[place], self._found[place + 1]
            gap = self._gaps[place + 1]
            if gap and not (is_answer and (gap == ":" or (gap == "|" and place == at - 1) or gap == ",")):
                return
            if word.text in _BREAKS and not (word.text == "and" and after.text not in _VERBS):
                return
            yield place

    def _bounds(self) -> frozenset[str]:
        """The words that say where it holds, where something follows in the clause: "sanctioned before" has none."""
        if _BOUNDS.isdisjoint(self._texts):
            return frozenset()
        return frozenset(
            word.text for at, word in enumerate(self._found[:-1]) if word.text in _BOUNDS and not self._gaps[at + 1]
        )

    def _unreported(self) -> frozenset[str]:
        """The stems of what "went unreported": denied, and too little to hold another sentence against it."""
        if _UNREPORTED.isdisjoint(self._texts):
            return frozenset()
        return _stems(
            self._found[place]
            for at, word in enumerate(self._found)
            if word.text in _UNREPORTED
            for place in self._before(at)
        )

    def _left_open(self) -> frozenset[str]:
        """The stems that are asked for, depend on something else, or are denied twice."""
        if not _VOID.isdisjoint(self._texts) or _ZERO.search(self._text, self._start, self._end):
            return frozenset(self._order)
        left = {place for at in self._undone for place in self._reaches[at]}
        is_inquiry = False
        if (_OPEN | _INQUIRIES).isdisjoint(self._texts):
            return _stems(self._found[place] for place in left)
        for at, word in enumerate(self._found):
            is_inquiry = is_inquiry or word.text in _INQUIRIES
            if word.text in _OPEN or (is_inquiry and word.text in _SOUGHT):
                left.update(self._following(at))
        return _stems(self._found[place] for place in left)


def _carries(word: Word) -> bool:
    return _has_meaning(word.text)


@lru_cache(maxsize=20_000)
def _has_meaning(word: str) -> bool:
    return tells(word) and tells(stem(word))


def _stems(found: Iterable[Word]) -> frozenset[str]:
    return frozenset(word.stem for word in found if _carries(word))


@lru_cache(maxsize=20_000)
def _undone(word: str) -> str:
    """The stem that "unreported" or "non-refundable" denies; empty for other words."""
    for prefix in ("un", "non-"):
        rest = word.removeprefix(prefix)
        if rest != word and len(rest) > 3 and word not in _CUES:
            made = stem(rest)
            return made if tells(made) else ""
    return ""
