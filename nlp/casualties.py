"""Casualties (伤亡) a text states: 1死2伤, 两名工人坠亡, 砸伤一名儿童; each number is one fact."""

import re

from nlp.counts import PEOPLE, Count
from nlp.numerals import RUN, parse_number
from nlp.spans import Span, merged, overlaps

_HAN = "\u4e00-\u9fff"
_NOT_OF = "\u4e00-\u7683\u7685-\u9fff0-9"  # Chinese without 的
_DEAD = (
    "死亡|身亡|坠亡|溺亡|猝死|死了|砸死|摔死|烧死|电死|压死|撞死|遇难|丧生|丧命|殒命|遇害|身故|去世"
    "|离世|坠楼|跳楼|亡故|不治|坠落|跳下|没救回来|没抢救过来|抢救无效"
)
_HURT = (
    "受伤|重伤|轻伤|砸伤|摔伤|烧伤|烫伤|打伤|撞伤|划伤|刺伤|咬伤|压伤|扎伤|割伤|致伤|轻微伤|骨折"
    "|昏迷|中毒|晕倒|送医|住院|入院|脑震荡|致残|灼伤|中暑(?!假)|触电"
)
_OTHER = "失踪|失联|死伤|伤亡"
_FAR = f"{_OTHER}|{_DEAD}|{_HURT}"
#: Without one of these characters or words a text states no casualty.
_HARM = re.compile(
    "死|伤|亡|遇难|丧|殒|遇害|身故|去世|离世|坠|跳楼|不治|骨折|昏迷|中毒|晕|送医|住院|入院|脑震荡"
    "|失踪|失联|致残|触电|中暑|没救回|没抢救|抢救无"
)
_SOMEBODY = rf"[{_HAN}]{{0,4}}?(?:{PEOPLE})"
_WHO = rf"(?:人|口人?|(?:{PEOPLE})|个(?:{_SOMEBODY}|人)|[名位](?:{_SOMEBODY}|人)?)"
#: 1501死了人: a room; 502死了条狗: no man.
_ROOM_OF = rf"\d{{3,5}}(?:{_FAR}|死|亡|伤)(?!\d)"
_BEAST = "了?(?:[条只头棵株匹窝]|狗|猫|鱼|鸟|鸡|树|花|草)"
#: 1死2伤, 3人受伤, 两名工人从高处坠落身亡.
_AFTER = re.compile(
    rf"(?!{_ROOM_OF})(?P<num>{RUN})(?:(?P<harm>{_FAR}|死(?!{_BEAST})|亡|伤)|人(?P<soon>死(?![亡伤])|亡|伤(?!亡))"
    rf"|{_WHO}[{_NOT_OF}]{{0,14}}?(?P<far>{_FAR}))"
)
#: 砸伤一名儿童, 死亡3人, 死者共2人.
_BEFORE = re.compile(
    rf"(?P<harm>{_FAR}|死者|伤者|死|亡|伤)(?:人数|了|者|共|有|为|约|达到?|已|过|至少|近|:|超过?"
    r"|增至|升至|上升至|增加到){0,4}"
    rf"(?:{PEOPLE})?(?P<num>{RUN})"
    rf"(?:人|(?={PEOPLE})|[名位](?:{_SOMEBODY})?|个(?:{_SOMEBODY}|人))"
)
_IS_DEAD = re.compile(f"{_DEAD}|死|亡")
_IS_OTHER = re.compile(_OTHER)
#: A verb that needs its victim: 一人打伤邻居 tells of the culprit.
_ACTIVE = re.compile("[砸压撞打刺咬划]")
_SUFFERED = re.compile("[被遭受致]")
_TRAPS = re.compile(
    "一死了之|九死一生|十死无生|你死我活|半死不活|一死百了|万死|以死|两败俱伤|一伤心|万一"
)
_UNREAL = re.compile(
    "会|迟早|可能|万一|要是|如果|以免|难道要|等到|小心|差点|险些|防止|避免|是不是要|怕|担心|容易"
    "|一旦|假如|不要|非要|才|未导致|未造成|没有造成|没造成|没有|无|演练|想死|比如|预防|谣"
)
#: What dies in vain is no denial: 没救回来, 抢救无效.
_CURED = re.compile("抢救无效|没救回来|没抢救过来")
_NOT_PEOPLE = re.compile(
    "锁死|卡死|堵死|封死|气死|累死|烦死|笑死|吓死|热死|冷死|急死|愁死|坑死|恶心死|吵死|臭死|晒死|挤死|贵死|丑死|脏死|难受死|麻烦死|难看死|后悔死|饿死|骗|伤心"
    "|伤害了感情|死心|死守|死磕|死活|死板|死角|死机"
)


def find_casualties(text: str) -> list[Count]:
    """Return the dead (死), hurt (伤) and missing (失踪) a normal text counts, in order."""
    if _HARM.search(text) is None:
        return []
    traps = [trap.span() for trap in _TRAPS.finditer(text)]
    found = _matched(text, _AFTER, traps)
    taken = merged([*traps, *((one.start, one.end) for one in found)])
    found.extend(_matched(text, _BEFORE, taken))
    found.sort(key=lambda count: count.start)
    return found


def _matched(text: str, pattern: re.Pattern[str], taken: list[Span]) -> list[Count]:
    return [
        count
        for match in pattern.finditer(text)
        if not overlaps(taken, match.start(), match.end())
        and (count := _count(text, match)) is not None
    ]


def _count(text: str, match: re.Match[str]) -> Count | None:
    start, end = match.span()
    before = text[max(0, start - 10) : start]
    if before[-1:].isdecimal() or before[-1:] in tuple("第每.无"):
        return None
    clause = re.split(r"[,。;!?\n]", before)[-1]
    if _UNREAL.search(clause + _CURED.sub("", match.group())):
        return None
    if _NOT_PEOPLE.search(text, max(0, start - 1), end + 3):
        return None
    value = parse_number(match["num"], before)
    if value is None:
        return None
    groups = match.groupdict()
    harm = groups["harm"] or groups.get("soon") or groups.get("far") or ""
    if groups.get("far") and _ACTIVE.match(harm) and not _SUFFERED.search(match.group()):
        return None
    unit = harm if _IS_OTHER.match(harm) else "死" if _IS_DEAD.match(harm) else "伤"
    return Count(kind="casualty", low=value[0], high=value[1], unit=unit, start=start, end=end)
