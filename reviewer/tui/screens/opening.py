"""Which screen a sitting opens on."""

from __future__ import annotations

from reviewer.session.deciding import Deciding
from reviewer.session.revealing import Revealing
from reviewer.session.sitting import Sitting
from reviewer.tui.keyed import Keyed
from reviewer.tui.screens.item import ItemScreen


def open_disputed(screen: Keyed, queue: str) -> str:
    """Opens the disputed tasks of `queue` over `screen`, for its rater to decide; where nothing can be, returns why.

    Raises BadInput as `Deciding.decide` does.
    """
    desk = screen.desk
    sitting = Deciding.decide(desk.store, queue, desk.rater, idle_after=desk.home.settings.idle_after)
    if sitting.reach:
        desk.push_screen(screen_for(sitting))
        return ""
    sitting.close()
    return f"Nothing in {queue} is disputed that you can decide: `reviewer adjudicate {queue} --list` says more."


def screen_for(sitting: Sitting) -> ItemScreen:
    """The screen for the kind of the sitting's queue; where a panel is shown, the one that shows it."""
    if isinstance(sitting, Revealing):
        from reviewer.tui.screens.reveal import reveal_screen

        return reveal_screen(sitting)
    if isinstance(sitting, Deciding):
        from reviewer.tui.screens.adjudication import adjudication_screen

        return adjudication_screen(sitting)
    if sitting.queue.kind == "pairwise":
        from reviewer.tui.screens.comparison import ComparisonScreen

        return ComparisonScreen(sitting)
    if sitting.queue.kind == "ranking":
        from reviewer.tui.screens.ranking import RankingScreen

        return RankingScreen(sitting)
    from reviewer.tui.screens.rating import RatingScreen

    return RatingScreen(sitting)
