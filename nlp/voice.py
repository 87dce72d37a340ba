"""Own words (本人的话): quoted lines, signatures, forum and mail headers are left out.

What a repost forwards stays: who forwards a complaint spreads it. Only its header goes, so that
names and times in it are no words of the text. Of a copied thread the words of every floor stay,
the first before all; between them only the forum's own lines go.
"""

import re

from nlp.normal import Normal, without

#: One look tells that most texts hold nothing of the kind.
_HINT = re.compile(
    "@|>|」|』|发自|发送|来自|本帖最后由|引用|转自|转发|转载|转帖|转贴|\\(转|\\[转|【转|摘自|\n回复"
    "|发表于|只看|浏览|显示全部楼层|阅读模式|使用道具|电梯直达|--|#|sent from|fw|收件人|发件人|抄送"
)
_WHEN = (
    r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?: ?\d{1,2}:\d\d(?::\d\d)?)?"
    r"|(?:\d{1,3}|半) ?(?:秒|分钟|个?小时|天|周|个月|年)前"
    r"|(?:刚刚|今天|昨天|前天)(?: ?\d{1,2}:\d\d(?::\d\d)?)?)"
)
#: What a forum prints around a floor.
_SHOWN = (
    r"(?:只看(?:该作者|楼主|大图)|(?:倒序|正序)浏览|显示全部楼层|阅读模式|使用道具"
    r"|电梯直达|来自手机|\d{1,5}#|#\d{1,5})"
)
_MAYBE = (
    rf"(?:{_SHOWN}|来自[^\n| ,。!?]{{1,12}}|楼主|沙发|板凳|地板|地下室|推荐|回复|引用|举报"
    r"|收藏|评分|\d{1,5}楼|(?:查看|阅读|回复|浏览): ?\d{1,9}|\|)"
)
_REST = rf"(?:[ \t]{{0,4}}{_MAYBE}){{0,12}}[ \t]{{0,4}}"
_DEVICE = (
    r"(?:iphone|ipad|android|安卓|华为|荣耀|小米|红米|oppo|vivo|三星|魅族|一加|手机|客户端"
    r"|邮箱|outlook|foxmail|[a-z]mail)"
)
_FOREIGN = re.compile(
    r"(?:^[ \t]{0,8}>[^\n]*\n){2,}"  # > quoted lines; one alone may be a mark of the author's
    r"|^引用\s*(?:第?\d{1,5}[楼#]|@?[^\s:]{1,16}的?(?:发言|帖子|回复|话))[^\n:]{0,16}:[^\n]*\n"
    r"|^[「『][^」』\n]{1,2000}[」』][ \t]{0,8}\n[-— ]{3,40}\n"  # as WeChat quotes
    r"|(?://|回复)\s*@[^\s:@/]{1,30}:"  # repost and answer headers
    r"|^回复\s*\d{1,5}(?:楼|#)[^\n:]{0,24}:?"
    r"|^转发微博[。.]?$"
    rf"|[(\[【]?(?:发自|发送自|来自)(?:我的)?[^\n,。!?]{{0,16}}{_DEVICE}[^\n,。!?|]{{0,12}}$"
    rf"|^(?:从我的? ?[^\n,。!?]{{0,12}}{_DEVICE} ?(?:上)?发送|sent from [^\n]{{1,30}})$"
    r"|本帖最后由[^\n]{1,40}编辑"
    # forums: 张三 发表于 2026-3-1 12:00 | 只看该作者, and lines of nothing but what is printed
    rf"|^[^\n,。!?;:]{{0,30}}(?<!我)发表于[: ]{{0,2}}{_WHEN}{_REST}$"
    rf"|^(?:[ \t]{{0,4}}{_MAYBE}){{0,6}}[ \t]{{0,4}}{_SHOWN}{_REST}$"
    # where it was taken from
    r"|^[—\-~=*]{0,12} ?(?:以上)?(?:内容)?(?:转自|转发自|转载自|摘自)[: ]{0,2}[^\n,。!?;]{1,24}$"
    r"|[(\[【](?:以上)?(?:转自|转发自|转载自)[^\n()\[\]【】]{1,24}[)\]】]"
    r"|^[(\[【](?:转|转发|转帖|转贴|转载|fw|fwd)[)\]】][ \t]{0,4}|^(?:转发|fw|fwd):[ \t]{0,4}"
    r"|^-{2,12} ?(?:转发的?邮件|转发邮件信息|原始邮件|forwarded message)[^\n]{0,12}-{2,12}$"
    r"|^(?:发件人|发送时间|收件人|抄送):[^\n]{0,80}$",
    re.MULTILINE,
)
#: A mail's signature: two dashes alone, then a few short lines without a sentence.
_SIGNED = re.compile(r"^--[ \t]?\n((?:[^\n,。!?;]{1,40}(?:\n|\Z)){1,4})\Z", re.MULTILINE)
#: What a signature tells beside a name, and a name.
_CARD = re.compile(
    r"\d{3,4}-?\d{7,8}|1[3-9]\d[\dx*]{4,8}|@|www|https?|电话|手机|微信|qq|邮箱|邮编|传真|地址|网址"
    r"|(?:公司|集团|事务所|中心|[部处局科室]|经理|主任|总监|工程师|律师|助理|秘书|业主|敬上)"
    r"(?=[ :|/]|$)"
    r"|\d{3}x{4}"
)
_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}|[a-z]{1,12}(?:[ .][a-z]{1,12}){0,2}")
#: Who still says something below the dashes does not sign; when in doubt the words stay.
_STILL_SAYS = re.compile(
    "不|没|骗|坏|漏|停|跑|退|赔|拖|欠|黑|集合|集结|碰头|维权|上访|横幅|曝光|起诉|投诉|举报|死|伤|砸|跳|堵|围"
    "|去|来|要|求|请|还我|是|被|了|明[天早晚]|今[天早晚]|后天|周[一二三四五六日天末]|推|塌|裂|陷|渗|霉|臭|吵|扰|偷|打|骂"
    "|威胁|违|罚|催|锁|拆|烂|涨|费|诈|瞒|毒|火|淹|爆|炸|断|闹|救|假|贪|吃|抢|杀"
)


def own_words(normal: Normal) -> Normal:
    """Return a normal text without what others said; all of it where nothing else is left."""
    text = normal.text
    if not text.startswith("回复") and _HINT.search(text) is None:
        return normal
    spans = [match.span() for match in _FOREIGN.finditer(text)] + _signature(text)
    if not spans:
        return normal
    kept = without(normal, spans)
    return kept if kept.text.strip() else normal


def _signature(text: str) -> list[tuple[int, int]]:
    """Return where a signature stands: a card's words, a name, and nothing that is said."""
    signed = _SIGNED.search(text) if "\n--" in text else None
    if signed is None or _STILL_SAYS.search(signed[1]):
        return []
    lines = [line.strip() for line in signed[1].split("\n") if line.strip()]
    cards = [_CARD.search(line) is not None for line in lines]
    named = all(card or _NAME.fullmatch(line) for card, line in zip(cards, lines, strict=True))
    return [signed.span()] if any(cards) and named else []
