"""Own words (本人的话): quoted lines, signatures, edit notices and repost headers are left out.

What a repost forwards stays: who forwards a complaint spreads it. Only its header goes, so that
names in it are no words of the text. Forum floors come without quotes already (crawlers.pages).
"""

import re

from nlp.normal import Normal, without

#: One look tells that most texts hold nothing of the kind.
_HINT = re.compile(
    r"@|^[ \t]{0,8}>|^[「『]|发自|来自.{0,8}客户端|本帖最后由|引用|转发微博|回复\s{0,4}\d",
    re.MULTILINE,
)
_FOREIGN = re.compile(
    r"(?:^[ \t]{0,8}>[^\n]*\n){2,}"  # > quoted lines; one alone may be a mark of the author's
    r"|^引用\s*(?:第?\d{1,5}[楼#]|@?[^\s:]{1,16}的?(?:发言|帖子|回复|话))[^\n:]{0,16}:[^\n]*\n"
    r"|^[「『][^」』\n]{1,2000}[」』][ \t]{0,8}\n[-— ]{3,40}\n"  # as WeChat quotes
    r"|(?://|回复)\s*@[^\s:@/]{1,30}:"  # repost and answer headers
    r"|^回复\s*\d{1,5}(?:楼|#)[^\n:]{0,24}:?"
    r"|^转发微博[。.]?$"
    r"|[(\[【]?(?:发自|来自)(?:我的)?[^\n,。!?]{0,16}(?:iphone|ipad|华为|小米|手机|客户端)[^\n,。!?]{0,12}$"
    r"|本帖最后由[^\n]{1,40}编辑",
    re.MULTILINE,
)


def own_words(normal: Normal) -> Normal:
    """Return a normal text without what others said; all of it where nothing else is left."""
    if _HINT.search(normal.text) is None:
        return normal
    spans = [match.span() for match in _FOREIGN.finditer(normal.text)]
    if not spans:
        return normal
    kept = without(normal, spans)
    return kept if kept.text.strip() else normal
