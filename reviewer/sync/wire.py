"""The wire between a device and a server, version 1: every message, as both sides read and write it.

What a rater's device may be told stands here and nowhere else: what no model has a field for does not go out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = 1
"""The version that this program speaks. The paths begin with it: /v1/…"""

OLDEST = 1
"""The oldest version that this program understands."""

MOST_LEASED = 500
"""The most tasks in one answer."""

MOST_SENT = 500
"""The most labels in one request."""

Identifier = Annotated[str, Field(min_length=1, max_length=100)]
Role = Literal["rater", "lead", "adjudicator", "admin"]


class Message(BaseModel):
    """What goes over the wire. A field that the reader does not know is left alone: a newer program may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Trouble(Message):
    """What went wrong, in the house's way: one sentence, and the mend. `code` is for programs."""

    code: str
    what: str
    mend: str = ""


class Hello(Message):
    """The answer to GET /v1, which asks for no token. `server` is the identifier of the store, `key` the public key
    (Ed25519, hexadecimal) of packs that it signs."""

    server: str
    name: str
    program: str
    newest: int = VERSION
    oldest: int = OLDEST
    key: str | None = None


class Me(Message):
    """The answer to GET /v1/me. `queues` is null where the token is good for all."""

    rater: str
    name: str
    role: Role
    queues: list[str] | None = None
    expires_at: str | None = None


class Rubric(Message):
    """One version of a rubric of a queue."""

    id: Identifier
    name: str
    content_hash: str
    scale_hash: str
    document: dict[str, Any]


class Share(Message):
    """Where the rater stands in a queue. `leased` counts what any device of theirs holds and has not labelled."""

    submitted: int = 0
    skipped: int = 0
    abstained: int = 0
    sent_back: int = 0
    leased: int = 0


class Queue(Message):
    """A queue as a rater may see it. `settings` holds what shapes their work: show, reference, submit, pick,
    idle_after, goal. `sealed` says that it is blind and not revealed."""

    id: Identifier
    name: str
    kind: Literal["rating", "pairwise", "ranking"]
    purpose: str
    state: str
    sealed: bool
    settings: dict[str, Any] = {}
    rubrics: list[Rubric]
    mine: Share = Share()


class Queues(Message):
    """The answer to GET /v1/queues."""

    queues: list[Queue]


class Turn(Message):
    """One message or step."""

    role: str
    text: str
    kind: str = ""
    name: str = ""


class Document(Message):
    """A context document."""

    title: str
    text: str
    source: str = ""


class Output(Message):
    """An output. `name` is its system's, and empty while the queue is sealed."""

    public_id: Identifier
    turns: list[Turn]
    name: str = ""


class Mine(Message):
    """A label of the rater's own that counts: on another device, or before the task was sent back."""

    id: Identifier
    phase: str
    outcome: str
    revision: int
    rubric: Identifier
    values: dict[str, Any]
    rationale: dict[str, Any]
    correction: dict[str, Any]
    notes: str | None = None
    flags: list[str] = []
    device: str
    committed_at: str


class Task(Message):
    """A leased task. `id` is the lease's, random; outputs stand in the order in which they are to be shown.

    `number` counts the leases of this device in the queue. `key` is empty while the queue is sealed. `shown` lists name
    and value of declared metadata and tags. `sent_back` is the reason where an adjudicator asks again.
    """

    id: Identifier
    number: int
    until: str
    key: str = ""
    rubric: Identifier | None = None
    prompt: list[Turn]
    context: list[Document] = []
    reference: str | None = None
    shown: list[tuple[str, str]] = []
    outputs: list[Output]
    mine: list[Mine] = []
    sent_back: str | None = None


class Why(Message):
    """Why no more tasks were leased. `until` is when the first of others' leases runs out, where that is the reason."""

    code: Literal["done", "leased", "closed", "certificate", "locked", "limit"]
    what: str
    until: str | None = None


class LeaseRequest(Message):
    """POST /v1/queues/{queue}/leases. Leases of this device are renewed first; those with a number above `after`, which
    an answer that was cut off never brought, come again and count towards `wanted`."""

    device: Identifier
    wanted: int = Field(ge=0, le=MOST_LEASED)
    after: int = Field(default=0, ge=0)
    take_over: bool = False


class Leased(Message):
    """The answer: the queue as it is now, tasks in the order of their numbers, and why there are not as many as were
    wanted. `until` is when all leases of the device in the queue run out now."""

    queue: Queue
    tasks: list[Task]
    until: str | None = None
    why: Why | None = None


class ReturnRequest(Message):
    """POST /v1/queues/{queue}/returns: gives leases back, those listed or all of the device that have no label."""

    device: Identifier
    tasks: list[Identifier] | None = None


class Returned(Message):
    """How many leases were given back."""

    returned: int


class Label(Message):
    """A label as its author's device committed it: every column, `task` being the lease's identifier.

    The JSON columns are texts here, as they are stored, so that the digest that the device's event vouches for is that
    of what arrives.
    """

    id: Identifier
    queue: Identifier
    task: Identifier
    rater: Identifier
    phase: Literal["independent", "revote", "rework"]
    sample: int = 0
    outcome: Literal["submitted", "skipped", "abstained"]
    revision: int = Field(ge=1)
    supersedes: str
    rubric: Identifier
    values: str
    rationale: str
    correction: str
    notes: str | None = None
    flags: str
    exposure: str
    shown_order: str
    evidence: str
    confidence: float | None = None
    cost: str | None = None
    inputs: str | None = None
    active_ms: int = Field(ge=0)
    idle_ms: int = Field(ge=0)
    device: Identifier
    client_version: str
    committed_at: str
    source: str
    external_ref: str | None = None


class Event(Message):
    """One link of the device's chain."""

    stream: Identifier
    seq: int = Field(ge=1)
    at: str
    actor: str
    attested: str
    action: str
    subject: str
    digest: str
    data: str
    previous_hash: str
    hash: str


class LabelsRequest(Message):
    """POST /v1/labels: labels, and the events of the device's stream from the first that the server has not."""

    device: Identifier
    stream: Identifier
    events: list[Event] = Field(default=[], max_length=10 * MOST_SENT)
    labels: list[Label] = Field(max_length=MOST_SENT)


class Answer(Message):
    """What became of a label. `conflict` lists the identifiers of other labels of the rater's that stand beside it."""

    id: Identifier
    answer: Literal["accepted", "known", "refused"]
    surplus: bool = False
    conflict: list[str] = []
    reason: str = ""
    mend: str = ""


class StreamHead(Message):
    """How far the server has followed the device's stream. `fault` says why it follows no further: then the device
    begins another stream; its labels are taken all the same."""

    stream: Identifier
    seq: int
    hash: str
    fault: str = ""


class LabelsAnswer(Message):
    """The answer to labels, in their order."""

    answers: list[Answer]
    head: StreamHead


class RaterProgress(Message):
    """Where a rater stands in a queue. `leased` tasks are with their devices until `until` at the earliest; `an_hour`
    is the number of submissions in an hour of active work; `left` is what waits for a member of a round."""

    name: str
    submitted: int
    skipped: int
    abstained: int
    sent_back: int
    leased: int
    until: str | None = None
    an_hour: float | None = None
    last_at: str | None = None
    left: int | None = None


class Progress(Message):
    """The answer to GET /v1/queues/{queue}/progress, for leads. `wanted` is how many submissions the tasks ask for
    together, None where every rater rates everything."""

    queue: Identifier
    name: str
    state: str
    tasks: int
    overlap: int
    wanted: int | None = None
    submitted: int
    leased: int
    raters: list[RaterProgress]


class Change(Message):
    """What happened to a task that the device holds or labelled. `labels` has, for a conflict, all the rater's own
    labels that count beside each other."""

    task: Identifier
    what: Literal["recalled", "sent_back", "conflict", "taken_over", "reopened"]
    reason: str = ""
    labels: list[Mine] = []


class Changes(Message):
    """The answer to GET /v1/queues/{queue}/changes?device=…: the queue as it is now and what the device must know."""

    queue: Queue
    changes: list[Change]
    until: str | None = None


class Person(Message):
    """Somebody by the identifier that the server has for them."""

    rater: Identifier
    name: str


class Said(Mine):
    """A label of a revealed round, whoever gave it; `device` is empty for all but the caller's own. `shown_order` has
    the public identifiers of the outputs in the order in which its author saw them."""

    rater: Identifier
    exposure: str
    surplus: bool = False
    shown_order: list[str] = []


class PanelTask(Message):
    """What the members of a round said of a task, which is known by the caller's lease. `place` is the same for all
    members: by it those items stand that are disputed as much as each other."""

    task: Identifier
    place: int
    labels: list[Said]


class PanelNote(Message):
    """What the group noted in its discussion, of a task or of the whole round."""

    id: Identifier
    task: Identifier | None = None
    author: Identifier
    text: str
    at: str


class Panel(Message):
    """A revealed round: what all its members said of the tasks that the caller was ever leased. `people` names
    everybody who is named in it by their identifier; `certificate` is the caller's own, once the round is finished.
    `contents` has the tasks themselves where that was asked, for a device that has not all of them."""

    queue: Queue
    round: Identifier
    number: int
    started_by: Identifier
    started_at: str
    locked_at: str | None = None
    revealed_at: str | None = None
    finished_at: str | None = None
    people: list[Person]
    members: list[Identifier]
    tasks: list[PanelTask]
    notes: list[PanelNote] = []
    certificate: dict[str, Any] | None = None
    contents: list[Task] = []


class PanelAnswer(Message):
    """The answer to GET /v1/queues/{queue}/panel?known=…: null where the queue is no round, is not revealed, or its
    panel is `known`, as the `version` of an answer before."""

    version: str = ""
    panel: Panel | None = None


class Listening(Message):
    """The first event of GET /v1/live, named "listening". `missed` says that the server cannot tell what happened
    before: whoever listens asks anew for all that they know."""

    missed: bool


class QueueNews(Message):
    """An event named "queue": `what` happened to a queue, whose state is `state` now."""

    queue: Identifier
    name: str
    what: str
    state: str
