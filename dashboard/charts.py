"""The figures (Altair): trend of negative posts and the growth of one alert."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import altair as alt
import pandas as pd

from dashboard import look, words
from domain.clock import SHANGHAI
from store.board import TrendPoint

#: More lines than this are not read by anybody; the rest is said in words.
MOST_LINES = 8
HEIGHT = 240


def leading(points: Sequence[TrendPoint]) -> list[str]:
    """Return the subjects with most negative posts in the window, most first."""
    total: dict[str, int] = {}
    for point in points:
        total[point.subject] = total.get(point.subject, 0) + point.negative
    return sorted((name for name in total if total[name]), key=lambda name: -total[name])


def trend(points: Sequence[TrendPoint]) -> Any:
    """Return negative posts per day, one line a subject, points that can be picked."""
    names = leading(points)[:MOST_LINES]
    frame = pd.DataFrame(
        {
            "day": pd.Timestamp(point.day),
            "date": point.day.isoformat(),
            "subject": point.subject,
            "negative": point.negative,
            "posts": point.posts,
        }
        for point in points
        if point.subject in names
    )
    pick = alt.selection_point(name="picked", fields=["date", "subject"], toggle=False)
    base = alt.Chart(frame).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format=words.AXIS_DAY, tickCount=8, grid=False)),
        y=alt.Y("negative:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=5)),
        color=alt.Color(
            "subject:N",
            title=None,
            sort=names,
            scale=alt.Scale(domain=names, range=look.SERIES[: len(names)]),
            legend=alt.Legend(orient="top", labelLimit=220),
        ),
    )
    dots = base.mark_circle(size=46).encode(
        opacity=alt.condition(pick, alt.value(1.0), alt.value(0.35)),
        tooltip=[
            alt.Tooltip("date:N", title=words.DAY),
            alt.Tooltip("subject:N", title=words.SUBJECT),
            alt.Tooltip("negative:Q", title=words.NEGATIVE),
            alt.Tooltip("posts:Q", title=words.ALL_POSTS),
        ],
    )
    return (base.mark_line(strokeWidth=2) + dots.add_params(pick)).properties(height=HEIGHT)


def growth(moments: Sequence[datetime]) -> Any:
    """Return the number of posts behind an alert as it grew."""
    frame = pd.DataFrame(
        {
            "at": [m.astimezone(SHANGHAI).replace(tzinfo=None) for m in sorted(moments)],
            "n": range(1, len(moments) + 1),
        }
    )
    chart = alt.Chart(frame).encode(
        x=alt.X("at:T", title=None, axis=alt.Axis(format="%m-%d %H:%M", tickCount=6, grid=False)),
        y=alt.Y("n:Q", title=None, stack=None, axis=alt.Axis(tickMinStep=1, tickCount=5)),
        tooltip=[
            alt.Tooltip("at:T", title=words.TIME, format="%m-%d %H:%M"),
            alt.Tooltip("n:Q", title=words.POSTS_SO_FAR),
        ],
    )
    area = chart.mark_area(interpolate="step-after", opacity=0.18, color=look.BEACON)
    line = chart.mark_line(interpolate="step-after", color=look.BEACON)
    return (area + line + chart.mark_circle(size=26, color=look.BEACON)).properties(height=180)
