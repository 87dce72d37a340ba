"""Log lines of a crawl: never what owners wrote nor who (design §9); a Page is named by address."""

from typing import Any

from scrapy.http import Response
from scrapy.logformatter import LogFormatter

from domain.post import Page


class QuietLogFormatter(LogFormatter):
    """Scrapy's formatter prints whole items; ours says which page it was."""

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Any, spider: Any
    ) -> Any:
        """Name the page that could not be stored."""
        return super().item_error(_named(item), exception, response, spider)

    def scraped(self, item: Any, response: Any, spider: Any) -> Any:
        """Name the page that was read."""
        return super().scraped(_named(item), response, spider)


def _named(item: Any) -> str:
    if not isinstance(item, Page):
        return type(item).__name__
    where = item.evidence.url if item.evidence else item.source
    return f"Page {where}（{len(item.posts)} 帖）"
