"""The town's newspaper: RSS and article pages in UTF-8, dates without a zone as usual here."""

from datetime import datetime
from html import escape

from domain.clock import SHANGHAI
from pipelines.town.load import Town, TownPost

_IN_FEED = 20


def rss(town: Town, now: datetime, base_url: str) -> str:
    """Return the feed of the newest articles."""
    name = escape(town.facts["news"]["name"])
    items = "\n".join(_item(article, base_url) for article in _published(town, now)[:_IN_FEED])
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{name}</title><link>{base_url}/news/</link><description>{name}</description>\n"
        f"{items}\n</channel></rss>\n"
    )


def article_page(town: Town, guid: str, now: datetime) -> str | None:
    """Return the page of an article, None before it is published."""
    article = next((each for each in _published(town, now) if each.native_id == guid), None)
    if article is None:
        return None
    paragraphs = "\n".join(
        f"<p>　　{escape(line)}</p>" for line in article.text.split("\n") if line.strip()
    )
    others = "".join(
        f'<li><a href="/news/{each.native_id}.html">{escape(each.title)}</a></li>'
        for each in _published(town, now)[:5]
        if each is not article
    )
    outlet = escape(town.facts["news"]["outlet"])
    return (
        '<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8">'
        f"<title>{escape(article.title)}_{escape(town.facts['news']['name'])}</title></head><body>"
        '<div class="nav"><a href="/news/">首页</a> <a href="/news/">要闻</a> '
        '<a href="/news/">民生</a></div>'
        f'<div class="main"><h1>{escape(article.title)}</h1><div class="info">'
        f"<span>{_local(article):%Y-%m-%d %H:%M}</span> 来源：{outlet} "
        f"记者：{escape(article.author)}</div>"
        f'<div class="content" id="content">\n{paragraphs}\n</div></div>'
        f'<div class="related"><h3>相关阅读</h3><ul>{others}</ul></div>'
        f'<div class="footer">{outlet}版权所有 未经授权不得转载</div></body></html>'
    )


def _published(town: Town, now: datetime) -> list[TownPost]:
    shown = (article for article in town.articles if article.at <= now)
    return sorted(shown, key=lambda article: article.at, reverse=True)


def _item(article: TownPost, base_url: str) -> str:
    summary = article.text.split("\n", 1)[0][:80]
    return (
        f"<item><title>{escape(article.title)}</title>"
        f"<link>{base_url}/news/{article.native_id}.html</link>"
        f'<guid isPermaLink="false">{article.native_id}</guid>'
        f"<pubDate>{_local(article):%Y-%m-%d %H:%M:%S}</pubDate>"
        f"<description>{escape(summary)}……</description></item>"
    )


def _local(article: TownPost) -> datetime:
    return article.at.astimezone(SHANGHAI)
