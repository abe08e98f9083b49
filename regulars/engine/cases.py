"""Cases: what a person has to look at, told with all that is known where it happened."""

from __future__ import annotations

from regulars.engine.work import Work

_PLACES = ("document", "channel", "till", "cashier", "device", "card", "source")


def open_case(work: Work, topic: str, **facts: object) -> None:
    """Ask a person to look at this activity: the event carries why, and where and with whom it happened."""
    activity = work.activity
    work.case = work.case or topic
    around: dict[str, object] = {"of": activity.type, "occurred_at": activity.occurred_at.isoformat()}
    around |= {name: value for name in _PLACES if (value := getattr(activity, name)) is not None}
    if activity.store is not None:
        around["store"] = activity.store.id
    if activity.lines:
        around["total"] = activity.total
    work.hear("case.opened", case=topic, **{**around, **facts})
