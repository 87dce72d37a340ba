"""Charts of documents, drawn with the font that came with the wheel (platform §6)."""

from collections.abc import Sequence
from io import BytesIO

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import MaxNLocator
from pylopdf_fonts_zh_cn import sans_path

NOW, BEFORE, INK, GRID = "#b3261e", "#c9c9c9", "#333333", "#e6e6e6"


def negative_days(labels: Sequence[str], now: Sequence[int], before: Sequence[int]) -> bytes:
    """Return a PNG: negative posts of each 24 hours, this week beside the week before."""
    font = FontProperties(fname=str(sans_path()), size=9)
    small = FontProperties(fname=str(sans_path()), size=8)
    figure = Figure(figsize=(6.6, 2.5), dpi=200, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = range(len(labels))
    axes.bar([x - 0.2 for x in places], before, width=0.38, color=BEFORE, label="上一期")
    bars = axes.bar([x + 0.2 for x in places], now, width=0.38, color=NOW, label="本期")
    for text in axes.bar_label(bars, padding=2):
        text.set_fontproperties(small)
        text.set_color(INK)
    axes.set_xticks(list(places), list(labels), fontproperties=small, color=INK)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.set_ylim(0, max([*now, *before, 4]) * 1.18)
    for tick in axes.get_yticklabels():
        tick.set_fontproperties(small)
    axes.set_ylabel("负面帖数", fontproperties=font, color=INK)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.legend(prop=small, frameon=False, loc="upper left", ncols=2)
    out = BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()
