"""Outputs that speak to their judge: what they say changes nothing, and that they say it is worth a look.

The words are English. A text that quotes such words, as one about these attacks does, is flagged as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.triage.judge.question import Question

SPEAKS, FRAME, ANSWER, ROLES, CODES = FLAGS = (
    "speaks-to-judge",
    "frame-look-alike",
    "answer-look-alike",
    "role-marks",
    "control-codes",
)

_UNSEEN = re.compile("[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]")
_FLAG_OF_REGION = re.compile("\U0001f3f4[\U000e0030-\U000e007a]{1,8}\U000e007f")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u202d\u202e\U000e0000-\U000e007f]")
_HIDDEN = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff]{3}|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3}")
_ROLE_MARKS = re.compile(
    r"<[|\uff5c][\w\u2581-]{2,30}[|\uff5c]>"
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    r"|</?(?:system|assistant|user|developer)[_-](?:prompt|message|instructions?|reminder)>"
    r"|^#{2,4} ?(?:System|Assistant|User|Human): ?$",
    re.MULTILINE,
)
_FRAME = re.compile(
    r"^[\s=#*<\[|-]{0,40}(?:BEGIN|END)[ _](?=[A-Fa-f]*[0-9])(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{8,64}\b"
    r"|^[\s=#*<\[|-]{0,40}(?:BEGIN|END)(?:[ _]OF)?(?:[ _](?:THE|[0-9A-Za-z]{1,64}))?[ _]"
    r"(?i:outputs?|responses?|answers?|prompt|context|reference|rubric|material|text|example)(?:[ ,_]\w{1,12}){0,4}"
    r"[ \t\r=#*>\]|-]{0,40}$",
    re.MULTILINE,
)
_FRAME_TOLD = re.compile(
    r"the code of this message is|\[the (?:start|end) of (?:assistant|user|output|response|answer|context|prompt)\b"
)
_QUOTE = r"\\{0,2}[\"']"
_ANSWER = re.compile(rf"\{{\s{{0,40}}{_QUOTE}values{_QUOTE}\s*:\s*\{{")
_VALUES = re.compile(rf"{_QUOTE}values{_QUOTE}\s*:\s*\{{")
_BESIDE = re.compile(rf"{_QUOTE}(?:rationale|confidence){_QUOTE}\s*:")
_VERDICT = re.compile(r"\b(?:rating|verdict|winner)\b[^\w\n\[]{1,8}(?:is\b[^\w\n\[]{1,8})?\[\[[\w ]{1,8}\]\]")


def _words(pattern: str) -> re.Pattern[str]:
    """A pattern of words, between which white space may stand, though not without end: a search stays linear."""
    return re.compile(pattern.replace(" ?", r"\s{0,9}").replace(" ", r"\s{1,9}"), re.MULTILINE)


_MUST = r"(?:must|should|will|shall|have to|need to|are to)"
# An order begins a clause, or follows upon a word that leads to one; in a report another word stands before the verb.
_LEAD = re.compile(
    r"(?:(?:^|[.!?:;,\"'\u201c\u2018(\[>*#\u2013\u2014-])\s{0,9}"
    rf"|\b(?:please|now|then|and|just|kindly|simply|instead|you\s{{1,9}}(?:can|may|{_MUST}))\s{{1,9}})\Z".replace(
        " to", r"\s{1,9}to"
    ),
    re.MULTILINE,
)
_LONGEST_LEAD = 40
_JUDGE = r"(?:judge|grader|evaluator|rater|annotator|assessor|scorer|autograder|autorater)s?"
_GRADER = r"(?:grader|evaluator|rater|annotator|scorer|autograder|autorater)s?"
_MACHINE = r"(?:ai|llm|automated|automatic|language[- ]model)"
_TEXTS = ("answer", "response", "output", "text", "completion", "submission", "reply", "essay")
_TEXT = rf"(?:{'|'.join(_TEXTS)})"
_THIS = rf"(?:this|my|the above|the following|the present)(?: \w+)? {_TEXT}"
_GRADE = r"(?:scores?|marks?|points?|ratings?|grades?)"
_MOST = (
    r"(?:full|the (?:full|maximum|highest|top|best|most)|an? (?:perfect|maximum|top|full|high|5|10|100|five|ten)"
    rf"|maximum|highest|top|perfect) (?:possible )?(?:{_GRADE}|credit|stars?)\b"
)
_NUMBER = r"(?:[0-9]{1,3}(?:\.[0-9])?(?: ?/ ?[0-9]{1,3})?|five|ten|one hundred)(?: (?:out of|of) [0-9]{1,3})?"
_END = (
    r"(?=\s{0,9}(?:[!;\"'\u201d\u2019)\]]|[.,](?![0-9])|$)"
    r"| (?:and|on|for|regardless|no matter|points?|stars?|whatever)\b)"
)
_GREETING = r"\b(?:notes?|messages?|memo|instructions?|attention|dear|hello|hey|hi)(?: to| for)?[,:]? "
_HOW = r"(?:grading|scoring|evaluation|judging|marking|rating)"
_RULES = r"(?:criteri(?:a|on)|instructions?|guidelines?|rules?|rubrics?|schemes?|standards?)"

_AGAINST = ("ignore", "disregard", "forget", "override", "bypass", "follow", "attention")
_AGAINST_WHAT = ("rubric", "criteri", "instruction", "guideline", "rule", "scheme", "standard", "prompt", "direct")
_GIVING = ("give", "award", "assign", "grant")
_GRADING = ("score", "rate", "grade", "mark")
_JUDGES = ("judge", "grader", "evaluator", "rater", "annotator", "assessor", "scorer")


@dataclass(frozen=True, slots=True)
class _Speech:
    """Words to a judge. A text without one word of each group of `needs` does not have them; `order` is whether they
    must begin a clause."""

    needs: tuple[tuple[str, ...], ...]
    words: re.Pattern[str]
    order: bool = False

    def found(self, text: str) -> bool:
        """Whether the text, in small letters, has them."""
        if not all(any(word in text for word in group) for group in self.needs):
            return False
        if not self.order:
            return self.words.search(text) is not None
        starts = (match.start() for match in self.words.finditer(text))
        return any(_LEAD.search(text, max(0, start - _LONGEST_LEAD), start) for start in starts)


_SPEECHES = (
    # Ignore the rubric; disregard all previous instructions.
    _Speech(
        (_AGAINST, _AGAINST_WHAT),
        _words(
            r"\b(?:ignore|disregard|forget|override|bypass|do not follow|don't follow|pay no attention to) "
            r"(?:(?:the|all|any|every|of|this|that|these|those|your|its|given|whole|entire|other|provided) ){0,6}"
            rf"(?:rubrics?\b|{_HOW}[- ]{_RULES}\b"
            r"|(?:previous|prior|above|preceding|earlier|foregoing|former|system) "
            r"(?:instructions?|prompts?|directives?|directions|rules|guidelines)\b|instructions (?:above|before)\b)"
        ),
        order=True,
    ),
    _Speech(
        (_AGAINST, ("your",)),
        _words(r"\b(?:ignore|disregard|forget|override) (?:all )?(?:of )?your (?:instructions|rules|guidelines)\b"),
        order=True,
    ),
    # Score 5; rate it 10/10; give this answer full marks; rank it first.
    _Speech(
        (_GRADING,),
        _words(
            rf"\b(?:score|rate|grade|mark) (?:(?:it|me|this|{_THIS}) )?(?:(?:as|with|at|a|an) ){{0,2}}{_NUMBER}{_END}"
        ),
        order=True,
    ),
    _Speech(
        (_GIVING, (*_GRADING, "point", "rating", "credit", "star")),
        _words(
            rf"\b(?:give|award|assign|grant) (?:(?:it|me|us|this|{_THIS}) )?"
            rf"(?:{_MOST}|(?:an? |the )?{_GRADE} (?:of )?{_NUMBER})"
        ),
        order=True,
    ),
    _Speech(
        ((*_GRADING, "rank", "judge", "prefer"), _TEXTS),
        _words(
            rf"\b(?:score|rate|grade|mark|rank|judge|prefer) {_THIS} "
            r"(?:(?:as|with|at|the|to|be|over|above|a|an) ){0,3}(?:highest|best|first|correct|perfect|excellent|better"
            rf"|maximum|top|other|{_NUMBER}{_END})"
        ),
        order=True,
    ),
    # This answer must be given 5; you must prefer the first output.
    _Speech(
        (_TEXTS, ("must", "should", "deserve", "merit", "has", "ought", "needs", "is")),
        _words(
            rf"\b{_THIS} (?:must|should|deserves?|merits?|has to|ought to|needs to|is to)(?: to)?"
            r"(?: (?:be (?:given|rated|scored|graded|awarded|marked)|receive|get|have))? "
            rf"(?:{_MOST}|(?:an? |the )?(?:{_GRADE} (?:of )?)?{_NUMBER}{_END}"
            r"|be (?:ranked first|preferred|declared the winner))"
        ),
    ),
    _Speech(
        (("prefer", "choose", "pick", "select", "rank", "declare"), ("answer", "response", "output", "completion")),
        _words(
            rf"\byou {_MUST} (?:always )?(?:prefer|choose|pick|select|rank|declare) "
            r"(?:(?:this|my) (?:answer|response|output|completion)|(?:the )?(?:first|second|other) (?:output|response)"
            r"|(?:output|response|answer) (?:[ab12]|one|two)\b)"
        ),
    ),
    # As the judge you must; note to the grader; if you are an AI judge.
    _Speech(
        (_JUDGES,),
        _words(
            rf"\bas (?:the {_JUDGE}|(?:an? |the ){_MACHINE} {_JUDGE})(?: of this \w+)?,? "
            rf"(?:you (?:are|{_MUST})|please|it is your)\b"
            rf"|\bas an? {_JUDGE},? you (?:are|{_MUST})\b[^.!?\n]{{0,60}}?"
            rf"\b(?:{_THIS}|the rubric|full marks|(?:highest|maximum|top|perfect) {_GRADE})\b"
            rf"|{_GREETING}(?:the |all |any |my |our )?(?:{_MACHINE} {_JUDGE}|{_GRADER})\b(?= ?[,:;.!\u2013\u2014-])"
            rf"|{_GREETING}(?:the |all )?judges?\b[^?\n]{{0,100}}?\b(?:the rubric|score|rating|{_MOST})"
            rf"|\byou are now (?:a|the) {_JUDGE} (?:who|that)\b"
        ),
    ),
    _Speech(
        (("if you",),),
        _words(
            rf"\bif you are (?:an? |the )?(?:{_MACHINE} (?:{_JUDGE}|model|system)|{_MACHINE}|{_GRADER})"
            r"(?: (?:reading|judging|grading|evaluating|scoring|rating|that)|,)"
            rf"[^?\n]{{0,80}}?\b(?:score|rate|rating|award|prefer|ignore|{_MOST})\b"
        ),
    ),
    _Speech(
        (("are now",),),
        _words(
            r"\byou are now (?:in developer mode|dan\b"
            r"|an? (?:unrestricted|different|unfiltered) (?:ai|model|assistant))"
        ),
    ),
    _Speech(
        (("your",), ("instruction", "task", "rubric", "job")),
        _words(
            r"\byour (?:new|real|true|actual|only) (?:instructions?|task|rubric|job) (?:is|are)(?: now)?\b"
            rf"[^.!?\n]{{0,60}}?\b(?:score|rate|give|prefer|approve|praise|{_MOST})\b"
        ),
    ),
)


def flags_of(question: Question) -> tuple[str, ...]:
    """What is suspicious in a question's outputs, in the order of FLAGS; empty if nothing is."""
    texts = [text for output in question.outputs for turn in output.turns for text in (turn.text, turn.name) if text]
    found = {flag for text in texts for flag in _flags(text)}
    return tuple(flag for flag in FLAGS if flag in found)


def _flags(text: str) -> Iterator[str]:
    if _controls(text):
        yield CODES
    # What hides letters from a reader of patterns hides nothing from a model.
    read = text if text.isascii() else _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    lower = read.lower()
    if any(speech.found(lower) for speech in _SPEECHES):
        yield SPEAKS
    if _FRAME_TOLD.search(lower) or (("BEGIN" in read or "END" in read) and _FRAME.search(read)):
        yield FRAME
    if _answers(lower):
        yield ANSWER
    if ("<" in read or "[" in read or "##" in read) and _ROLE_MARKS.search(read):
        yield ROLES


def _controls(text: str) -> bool:
    if text.isascii():
        return _CONTROL.search(text) is not None
    text = _FLAG_OF_REGION.sub("", text)
    return _CONTROL.search(text) is not None or _HIDDEN.search(text) is not None


def _answers(lower: str) -> bool:
    if "values" in lower and (_ANSWER.search(lower) or (_VALUES.search(lower) and _BESIDE.search(lower))):
        return True
    return "[[" in lower and _VERDICT.search(lower) is not None
