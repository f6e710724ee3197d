"""Days, weeks and periods of images, read from the text that their source gave."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, get_args

Period = Literal["all", "year", "quarter", "month"]

PERIODS: tuple[Period, ...] = get_args(Period)


@lru_cache(maxsize=10_000)
def day_of(created: str | None) -> date | None:
    """The day that a text begins with, as 2020-11-19; None where it does not.

    >>> day_of("2020-11-19 10:00:00")
    datetime.date(2020, 11, 19)
    >>> day_of("어제") is None
    True
    """
    try:
        return date.fromisoformat((created or "")[:10])
    except ValueError:
        return None


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def period_of(day: date | None, period: Period) -> str | None:
    """Name of the month, quarter or year of a day, in order as text; None for no day. Of all times there is one name.

    >>> [period_of(date(2020, 11, 19), period) for period in PERIODS]
    ['all', '2020', '2020-Q4', '2020-11']
    """
    if period == "all":
        return "all"
    if day is None:
        return None
    names = {"year": f"{day:%Y}", "quarter": f"{day:%Y}-Q{(day.month + 2) // 3}", "month": f"{day:%Y-%m}"}
    return names[period]
