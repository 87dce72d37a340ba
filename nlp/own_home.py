"""Own home (自述房号): the room of which the author himself says that it is his.

Households are counted by this (requirements A12, privacy 1), so in doubt it is nobody's home:
what is said of 楼上, 邻居 or 那家, in quotes, of two rooms or without a building counts as doubt.
"""

import re
from collections.abc import Sequence

from domain.homes import Home, home_said
from nlp.spans import Span

#: A text that names more rooms tells of others.
_MOST = 4
#: May end a room: 1501室.
_SUFFIX = "室户房号"
#: Characters before a room in which its claim may stand.
_REACH = 40
_PHASE = re.compile(r"[一二三四五六七八九十\d]{1,2}期[\-_ ]?")
_PHASE_BEFORE = re.compile(r"[一二三四五六七八九十\d]{1,2}期[\-_ ]?$")
_LETTERS = re.compile(r"[a-z]{1,2}$", re.IGNORECASE)
_SENTENCE = re.compile(r"[。!?;\n]")
#: Somebody else says it, or it is only supposed: 他说我家, 如果我家.
_NOT_SAID = re.compile(
    r"(?:不是|他|她|说|如果|假如|要是|比如|例如|好像|以为|谁|爱"
    r"|称|反映|表示|反馈|[售租卖转]|[亲妈爸友戚])[,: ]?$"
)
_FILL = (
    r"(?:[,: ]|就|也|都|现在?|目前|已|在|位于|住|是|为|系|于|的|了|购?买|购|入住|房[子屋产号]"
    r"|房间号|门牌号?|\0(?:小区)?|业主|一[名位个]|家|[今去前]年|\d{2,4}年|\d{1,2}月|\d{1,2}[日号])"
)
#: 我家在, 我是, 本人购买的, 家住, with nothing but such words before the room.
_CLAIM = re.compile(
    r"(?P<who>我们?家|咱们?家|俺们?家|自家|本户|家住|本人|我们?|咱们?|俺们?)"
    rf"(?P<fill>{_FILL}{{0,10}})$"
)
#: 我在3栋1501 says where somebody stands, not where he lives.
_LIVES = re.compile("买|购|住|房|家")
#: What makes it another's home or no home: 3-2-1501楼上, 的邻居, 那家, 王女士, 和3-2-1502, 出租.
_OTHERS = re.compile(
    r"[室户房号]? ?(?:的?(?:楼上|楼下|隔壁|对[面门过]|斜对|旁边|附近|门[口前]|邻居|上面|下面|左右)"
    r"|的?(?:那|这)?家(?!里|中|的|也|都)|那|他|她|人家|的老|的小|的?(?:租[客户]|师傅|管家|朋友|亲戚|同事)"
    r"|的?(?:房东|中介|工人|装修|施工|物业|保姆|样板)|或|和|跟|与|、|/|~|至|到|一样|同款|户型"
    r"|[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗](?:姐|哥|总|工|先生|女士|阿姨|叔|师傅|老师)"
    r"|的?[前原]?业主(?:的(?!房)|委托|代表|朋友)|[前原]业主|室内|.{0,4}(?:出租|出售|急售|转让|招租|待售|在售|在租|卖))"
)
#: 我家是3栋1501漏的水淹的: it is the other's fault.
_FAULT = re.compile(r"[室户房号]?(?:[^,.。!?;\n]{0,6}[淹漏害泡滴渗搞弄])[^,.。!?;\n]{0,6}的")
#: 我是3栋1501, 本人为3栋1501的业主: nothing or an owner follows, not 的租客, 业主的律师.
_ROLE = re.compile(
    r"[室户房号]?(?:$|[,.;:!?()\s]|的?(?:准|新)?(?:业主|住户|房主|户主|主人|购房者?)(?![的委代朋之他她]))"
)
#: 3-2-1501,我家也漏: the line begins with the room and goes on in the first person.
_HEAD = re.compile(r"\s*(?:\d{1,3}[.、] ?)?$")
_MINE = re.compile(r"[室户房号]?[,: ]{0,2}(?:我们?家|咱们?家|俺家)(?!楼|隔|对|邻|的邻)")
#: A line of a group's roll call: 3-2-1501 同意.
_ROLL = re.compile(
    r"[室户房号]?[, ]{0,2}(?:业主)?(?:报[到道]|签到)"
    r"|[室户房号]?[, ]{0,2}(?:同意|支持|赞成|参加|报名|接龙|签名|已签|加一|\+1|算我)"
    r"(?!了|没|就|的|不|才|[吗呢他她你您是])"
)
_ADDRESSED = re.compile(
    "[你您]们?家|请|麻烦|能不能|可不可以|在吗|谁家|哪家|那家|他家|她家|听说|漏到|[吗呢]"
)


def home_at(text: str, start: int, end: int) -> Home | None:
    """Return the home a room of a normal text names; None where it names no building."""
    phase = _PHASE_BEFORE.search(text, max(0, start - 4), start)
    room = _lettered(text, start) + text[start:end]
    if "单元" in room:
        room = room.replace(",", "")
    return home_said((phase[0] if phase else "") + room)


def _lettered(text: str, start: int) -> str:
    """Return the letters before a room: of E12栋1501 it is part, of more than one nobody knows."""
    letters = _LETTERS.search(text, max(0, start - 2), start)
    return letters[0] if letters else ""


def own_home(
    text: str, rooms: Sequence[Span], names: Sequence[Span], *, group: bool
) -> Home | None:
    """Return the one home of a normal text that its author calls his own, else None.

    `names` are the stretches that name what is watched; `group` says it is a line of a group.
    """
    if len(rooms) > _MOST:
        return None
    homes = {home_at(text, start, end) for start, end in rooms}
    if len(homes) != 1 or None in homes:
        return None
    said = [
        (start - len(_lettered(text, start)), end - (text[end - 1] in _SUFFIX))
        for start, end in rooms
    ]
    own = any(
        _claimed(text, start, end, names) or _leads(text, start, end, group=group)
        for start, end in said
    )
    return homes.pop() if own else None


def _claimed(text: str, start: int, end: int, names: Sequence[Span]) -> bool:
    """Whether the author says 我家, 我是, 本人 … directly before the room."""
    before = _before(text, start, names)
    claim = _CLAIM.search(before)
    if claim is None or _OTHERS.match(text, end) or _NOT_SAID.search(before[: claim.start()]):
        return False
    if _quoted(text, start):
        return False
    fill = claim["fill"]
    if "家" in claim["who"] or claim["who"] == "本户":
        return not (fill.endswith(("是", "都")) and _FAULT.match(text, end))
    if ("在" in fill or "位于" in fill) and _LIVES.search(fill) is None:
        return False
    return not fill.endswith(("是", "系", "为", "业主")) or _ROLE.match(text, end) is not None


def _leads(text: str, start: int, end: int, *, group: bool) -> bool:
    """Whether the text begins with the room and goes on as only one who lives there does."""
    phase = _PHASE_BEFORE.search(text, max(0, start - 4), start)
    if _HEAD.match(text[: phase.start() if phase else start]) is None:
        return False
    if _MINE.match(text, end):
        return True
    return group and _ROLL.match(text, end) is not None and _ADDRESSED.search(text, end) is None


def _before(text: str, start: int, names: Sequence[Span]) -> str:
    """Return what stands before a room in its sentence, each name as one sign, without phases."""
    first = max(0, start - _REACH)
    kept = list(text[first:start])
    for begin, end in names:
        if first <= begin < end <= start:
            blank = [""] * (end - begin - 1)
            kept[begin - first : end - first] = ["\0", *blank]
    return _PHASE.sub("", _SENTENCE.split("".join(kept))[-1])


def _quoted(text: str, at: int) -> bool:
    """Whether a quotation mark opened before is still open."""
    before = text[:at]
    opened = any(before.count(a) > before.count(b) for a, b in ("“”", "「」", "『』"))
    return opened or before.count('"') % 2 == 1
