"""What every screen of an item does: show it in place, keep it, look ahead, and leave."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import zip_longest

from textual.message import Message
from textual.timer import Timer

from reviewer.errors import ReviewerError
from reviewer.rubric import Criterion, has_rationale, rationale_needed
from reviewer.session.scoring import none_by_zero
from reviewer.session.sitting import Sitting
from reviewer.session.steps import Step
from reviewer.session.view import TaskView
from reviewer.tui.keyed import Keyed
from reviewer.tui.panes.lines import Fragments
from reviewer.tui.screens.ahead import LookingAhead
from reviewer.tui.screens.ended import end_text
from reviewer.tui.screens.sources import Sources, sources
from reviewer.tui.screens.synced import OnServer

_DRAFT_AFTER = 0.1
_LOOK_AROUND = 5.0
_DRAWN_AFTER = 0.01


class Reported(Message):
    """The writer has something to say."""


class ItemScreen(LookingAhead):
    """One sitting on screen, whatever is asked about its items."""

    def __init__(self, sitting: Sitting) -> None:
        super().__init__(sitting)
        self.context_at = 0
        self._draft_timer: Timer | None = None
        self._first_paint = True
        self._hold_asked = False
        self._told: Sequence[Fragments] = ()
        self.was_paused = False
        self.server = OnServer(self)
        self.owing: tuple[str, Criterion] | None = None
        """The criterion that was scored last, until the focus is moved by hand."""

    def on_mount(self) -> None:
        """Shows the item at which the sitting stands."""
        self.desk.dress(self)
        self.levels.display = False
        self.entry.add_class("hidden")
        self.entry_title.add_class("hidden")
        self.sitting.on_report = self._report
        self.sitting.be_patient(self._hand_over_soon)
        self._report()  # the sitting may have written before anybody listened
        self.status.queue = self.sitting.queue.name
        self.status.rater = self.sitting.rater_name
        self.divide()
        self.show_item(self.sitting.notice.removeprefix(self.sitting.remark) or self.sitting.store.remark)
        self.set_interval(_LOOK_AROUND, self._look_around)

    def _report(self) -> None:
        self.post_message(Reported())

    def on_unmount(self) -> None:
        """Nothing may be reported to a screen that is gone."""
        self.sitting.on_report = lambda: None

    def key_seen(self) -> None:
        """Time counts as active again."""
        self.was_paused = self.status.paused
        self.sitting.clock.key()
        if self.status.paused:
            self.status.paused = False
            self.status.redraw()
            self.notice.say("")
        self.put_off_ahead()

    def on_app_focus(self) -> None:
        """The terminal is looked at again."""
        self.sitting.clock.focus(True)

    def on_app_blur(self) -> None:
        """The terminal is not looked at."""
        self.sitting.clock.focus(False)

    # -- showing ---------------------------------------------------------------------------------------

    def show_item(self, message: str = "", look: str = "notice") -> None:
        """Draws the item at which the sitting stands, in place."""
        view = self.sitting.view
        self.owing = None
        self.context_at = 0
        if view is None:
            self.show_end()
        else:
            self._show_view(view)
        for form in (self.form_below, self.form_beside):
            form.view, form.work, form.missing = view, self.sitting.work, ()
        if view is not None:
            self.focus_unscored(stay=True)
        self.show_remark(self.sitting.remark)
        self.size_form()
        self.form.redraw()
        said = message or self.sitting.notice.removeprefix(self.sitting.remark)
        if view is not None and (news := self.server.item_shown(speaks=not said)):
            said, look = news, "notice.warning"
        if not said and self.sitting.rubric_outdated:
            said = self._say_outdated()
        self.notice.say(said, look)
        self.show_status()
        self.begin_ahead()
        if self.sitting.held_elsewhere:
            self._ask_for_hold()

    def _say_outdated(self) -> str:
        if not self.sitting.scales_changed:
            return "The rubric has new words or examples, and asks the same: this label stands as it is."
        return f"A newer rubric is in force: {self.key_of('rate.new_rubric')} moves this label under it."

    def show_status(self) -> None:
        """Draws the status line from the sitting."""
        view, sitting = self.sitting.view, self.sitting
        self.status.item = view.name if view else ""
        self.status.state = sitting.state if view else "open"
        with suppress(ReviewerError):  # of a store that cannot be read whatever stood there stays
            self.status.standing = sitting.standing
        self.status.saving = sitting.saving
        self.status.sync, self.status.sync_look = self.server.mark()
        self.status.paused = sitting.clock.paused
        told = self.status.rows(self.status.size.width, 1)
        if told != self._told:
            # A frame that shows nothing new would put off the next one.
            self._told = told
            self.status.redraw()

    def tell(self, trouble: ReviewerError) -> None:
        """Says it in the notice line; the item stays open with everything typed."""
        self.notice.say(trouble.sentence, "notice.trouble")

    def _show_view(self, view: TaskView) -> None:
        if bool(view.context) and not self.has_context:
            self.has_context = True
            self.divide()
        shown = sources(view, 0)
        self.prompt.show(shown.prompt, title="Prompt", subtitle=shown.about)
        self.context.show(shown.context, title=shown.context_title, subtitle=shown.context_count)
        self.show_outputs(view, shown)
        if self.sitting.queue.settings.get("reference"):
            self.reference.show(view.reference or "", title="Reference" if view.reference else "Reference · none here")
        if self._first_paint:
            self._first_paint = False
            if not view.context:
                self.has_context = False
                self.divide()
            self.call_after_refresh(self.desk.settle_down)

    def show_outputs(self, view: TaskView, shown: Sources) -> None:
        """Shows the outputs in their panes."""
        del view
        for pane, output in zip_longest(self.outputs, shown.outputs[: len(self.outputs)]):
            pane.show(output.text if output else "", title=output.title if output else "Output")

    def show_end(self) -> None:
        """Says that nothing is left, and what can be done now."""
        text = end_text(self.sitting, self.desk, self.key_of, self.server.end())
        self.prompt.show("", title="Prompt", subtitle="")
        self.context.show("", title="Context", subtitle="")
        for pane in self.outputs[1:]:
            pane.show("", title="", subtitle="")
        self.output.show(text, title="All done", subtitle="")

    # -- what others do ------------------------------------------------------------------------------

    def sync_changed(self) -> None:
        """Shows what the server has told; no item is taken from under the rater."""
        if self.sitting.closed or self.server.state is None:
            return
        news = self.server.news()
        if news or self.server.has_fetched():
            self._look_around()
        try:
            self.show_status()
            if self.sitting.view is None:
                self.show_end()
        except ReviewerError as trouble:
            self.tell(trouble)
        if news:
            self.notice.say(news, "notice.warning")

    def _look_around(self) -> None:
        if self.sitting.closed:
            return
        self.sitting.keep_draft()  # one that failed gets another try
        try:
            if self.sitting.refresh():
                self.show_status()
                if self.sitting.view is None:
                    self.sitting.next_open()
                    self.show_item("The queue has grown.")
        except ReviewerError as trouble:
            self.tell(trouble)

    # -- saving ----------------------------------------------------------------------------------------

    def on_reported(self) -> None:
        """Moves the saved mark; a failed commit brings its item back."""
        if self.sitting.closed:
            return
        try:
            step = self.sitting.settle()
            if step.moved:
                self.end_entry()
                self.show_item(step.message, "notice.trouble")
            else:
                self.show_status()
                if self.sitting.view is None:
                    self.show_end()
            self.server.label_saved()
        except ReviewerError as trouble:
            self.tell(trouble)
            self.show_status()
        if isinstance(self.app.screen, Keyed):
            self.app.screen.label_saved()
        if self.sitting.held_elsewhere:
            self._ask_for_hold()

    def said_something(self) -> None:
        """The label in hand has changed: draws it, and keeps a draft within the promised time."""
        self.sitting.touch()
        self.form.missing = ()
        self.form.redraw()
        self.notice.say("")
        if self._draft_timer is None:
            self._draft_timer = self.set_timer(_DRAFT_AFTER, self._keep_draft)

    def _keep_draft(self) -> None:
        self._draft_timer = None
        if not self.sitting.closed:
            self.sitting.keep_draft()

    def _ask_for_hold(self) -> None:
        if self._hold_asked:
            return
        self._hold_asked = True
        from reviewer.tui.screens.dialogs import Choice

        take = "Take the item here, with what is typed on this screen"
        leave = "Leave it there and go on"

        def answered(answer: str | None) -> None:
            self._hold_asked = False
            if answer == take:
                self.sitting.take_back()
                self.notice.say("The item is here now.")
            elif answer == leave:
                self.moved(self.sitting.leave())

        self.app.push_screen(Choice("a newer terminal of yours has this item open", [take, leave]), answered)

    # -- after a key ---------------------------------------------------------------------------------

    def scored(self, *, advance: bool) -> None:
        """A criterion has its value: on to the next one, and to the next item where the queue wants that."""
        self.owing = self.form.focused()
        if advance:
            self.focus_unscored()
        self.said_something()
        if (owed := self._owed()) is not None:
            self.notice.say(f"{owed[1].title}: this answer needs a why. {self.key_of('rate.rationale')} writes it.")
        else:
            self.say_of_several()
        if self.sitting.queue.settings.get("submit") == "when_complete" and advance and self.all_said():
            step = self.sitting.submit_if_complete()
            if step is not None:
                self.moved(step)

    def say_of_several(self) -> None:
        """Of a mark-several question in focus, says how it differs from the others: no digit goes on by itself."""
        focused = self.form.focused()
        if focused is None or focused[1].type != "multi" or self.sitting.view is None:
            return
        goes_on, submits = self.key_of("rate.next_criterion"), self.key_of("rate.submit")
        none = ", 0 says none" if none_by_zero(focused[1]) else ""
        self.notice.say(f"Several may apply: a digit marks or unmarks{none}; {goes_on} goes on, {submits} submits.")

    def all_said(self) -> bool:
        """Whether the label may go by itself where nothing is missing."""
        return True

    def in_debt(self) -> tuple[str, Criterion] | None:
        """The criterion whose rationale is written next: the one scored last where its answer needs a why, though the
        focus has gone on; else the focused one."""
        owed = self._owed()
        if owed is not None:
            self.sitting.work.focus = owed[0]
            self.form.redraw()
        return owed or self.form.focused()

    def _owed(self) -> tuple[str, Criterion] | None:
        focused = self.form.focused()
        if self.owing is not None and self._needs_why(self.owing):
            return self.owing
        if self.owing is None or (focused is not None and focused[0] in self.sitting.work.values):
            return None
        # What is focused now has nothing to be explained yet.
        return next(filter(self._needs_why, self.form.asked), None)

    def _needs_why(self, question: tuple[str, Criterion]) -> bool:
        key, criterion = question
        work = self.sitting.work
        needed = key in work.values and rationale_needed(criterion, work.values[key])
        return needed and not has_rationale(work.rationale, key)

    def focus_unscored(self, *, stay: bool = False) -> None:
        """Focuses the next criterion without a value; with `stay`, only where none is focused."""
        work = self.sitting.work
        keys = [key for key, _ in self.form.asked]
        if stay and work.focus in keys:
            return
        at = keys.index(work.focus) if work.focus in keys else -1
        following = keys[at + 1 :] + keys[: at + 1]
        work.focus = next((key for key in following if key not in work.values), work.focus or (keys[0] if keys else ""))
        if stay and work.focus not in keys:
            work.focus = keys[0] if keys else ""

    def _hand_over_soon(self) -> None:
        self.set_timer(_DRAWN_AFTER, self.hand_over)

    def hand_over(self) -> None:
        """Lets the writer begin, now that the screen is drawn."""
        if not self.sitting.closed:
            self.sitting.hand_over()

    def moved(self, step: Step) -> None:
        """Shows where a step has led, or says why nowhere."""
        if step.moved:
            self.show_item(step.message)
        elif step.message:
            self.notice.say(step.message, "notice.warning")
            self.show_status()

    # -- leaving ---------------------------------------------------------------------------------------

    def do_app_pause(self) -> None:
        """Stops the clock until the next key; once more lets it go on."""
        if self.was_paused:
            return
        self.sitting.clock.pause()
        self.status.paused = True
        self.status.redraw()
        self.notice.say("The clock stands still. Any key lets it go on.")

    def do_app_instructions(self) -> None:
        """Shows the instructions of the queue."""
        from reviewer.tui.screens.queue_page import instructions_page

        self.app.push_screen(instructions_page(self.sitting))

    def do_app_items(self) -> None:
        """Lists the items of the queue."""
        from reviewer.tui.screens.items import ItemsScreen

        def chosen(seq: int | None) -> None:
            if seq is not None:
                self.moved(self.sitting.go_to(seq))

        self.sitting.flush_draft()
        self.hand_over()
        self.app.push_screen(ItemsScreen(self.sitting), chosen)

    def do_app_back(self) -> None:
        """Keeps the draft and goes back to the queues."""
        if self.leave():
            self.desk.back_from_sitting()

    def do_app_quit(self) -> None:
        """Keeps the draft and leaves the program."""
        if self.leave():
            self.desk.exit(0)

    def leave(self) -> bool:
        """Closes the sitting; False where something is not on the disk, which is said, and nothing is closed."""
        if not self.sitting.can_close():
            saving = self.sitting.saving
            why = saving.trouble or saving.drafts_trouble or "the disk is slow."
            self.notice.say(f"Not everything is saved: {why} Ctrl+C leaves all the same.", "notice.trouble")
            return False
        self.sitting.close()
        return True

    def end_entry(self) -> None:
        """Closes what is open to type in; what is typed is kept already."""
        self.asked = None
        self.entry_title.add_class("hidden")
        self.entry.add_class("hidden")
        self.set_focus(None)
        self.divide()
        self.desk.turn_footers(self)
