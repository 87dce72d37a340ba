"""The by-line (署名) of a Chinese article: who wrote it, as the page shows it."""

import re
from collections.abc import Iterator, Sequence

#: First hanzi of the names of nearly all people in China, and the double surnames.
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程"
    "苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛"
    "郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐伍庞鲁俞倪左鞠申柳岳季耿章焦辛詹管祝毕宁欧"
    "童柴屈甘卜纪涂游冉裴翟霍苗路单舒凌庄包梅柯阮盛符车成翁骆祁费项解关蓝席蒲项甄殷牟佟隋娄聂"
    "桑丛封臧巩卓栾戚仲芦惠闵厉褚乔银慕易喻初连明奚奕鲍尚步房党窦冷鄢麦边卞楼米刁井晏滕谷"
    "郁宫敖竺幸应兰仇佘商都简蔚揭勾原寇和计虞缪荆车闻昝楚查居占郎沙衣阳由池苑仝缑迟"
)
_DOUBLE = (
    "欧阳",
    "司马",
    "诸葛",
    "上官",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "司徒",
    "夏侯",
)
_HANZI = "\u4e00-\u9fa5"
_NAME = rf"[{_HANZI}]{{1,6}}·[{_HANZI}·]{{1,10}}|[{_HANZI}]{{2,4}}"
_NAMES = rf"(?P<names>(?:{_NAME})(?:[ 、，,/／]+(?:{_NAME}))*)"
#: 作者：… names whom it likes: a pen name, an office, Latin letters.
_LABELLED = re.compile(
    r"(?:^|[^\u4e00-\u9fa5]|文章|本文|特约|原)(?:作者|撰文|撰稿|执笔人?|采写|文字|署名|著者|译者?|"
    r"楼主|博主|编译|发布人|发布者|发表者|投稿人|发文机关|发布机构|[Pp]osted by)"
    r"\s*(?:[:：/／丨|]|(?=\s))\s*"
    r"(?P<who>[^\s:：|｜/／，,。；;（）()<>《》\[\]【】]{2,20}"
    rf"(?:[ 、，,/／]+[{_HANZI}·]{{2,4}}(?![{_HANZI}:：]))*)"
)
_REPORTER = re.compile(
    r"(?:特[约派]|见习|实习|首席|高级|资深|全媒体|融媒体|本报|本网|本台|本刊|晚报|新报)*"
    r"(?:记者|通讯员|特约撰稿人?|主笔|评论员)\s*[:：/／丨|]?\s*" + _NAMES
)
#: Words that follow a name without a space: 记者沈一帆发自江城.
_AFTER_NAME = re.compile(r"发自|报道|摄影?|通讯员|实习生|综合|[文图]/")
_SPACED = re.compile(rf"(?<![{_HANZI}])([{_HANZI}]) ([{_HANZI}])(?![{_HANZI}])")
_SIGNED = re.compile(rf"(?:^|[\s（(【\[])(?:文|图文|文图)\s*[/／丨|:：]\s*{_NAMES}")
#: A line that is nothing but a name, perhaps with the square papers set before it.
_ALONE = re.compile(rf"^[\s□■◎○●◆◇▲△★☆*·/]*(?P<names>{_NAME})\s*$")
#: A name in brackets behind the last sentence.
_LAST_WORD = re.compile(rf"[（(]\s*(?:文|撰文|作者)?\s*[:：/]?\s*{_NAMES}\s*[)）]\s*$")
#: The beginning of a report: 本报讯 记者张三报道, 本报记者 张三 发自北京.
_DATELINE = re.compile(r"^[\s\W]*(?:(?:本报|本刊|本网|本台|新华社|中新[社网])|.{2,12}[讯电])")
#: Boards of the older kind sign each post behind it.
_POSTED_BY = re.compile(r"发[布表]时间.{8,40}?\bby\s+(?P<who>[^\s〓]{2,20})")
_IN_BRACKETS = re.compile(r"[（(【\[]([^（）()【】\[\]]{3,40})[）)】\]]")
_EDITOR = re.compile(rf"(?:责任编辑|责编|编辑)\s*[:：/／]?\s*(?P<names>{_NAME})")
#: Words that stand where a name could and are none.
_NO_NAME = re.compile(
    r"从|在|了解|获悉|采访|来到|看到|联系|致电|注意|走访|发现|就此|今[天日年]|昨[天日]|日前|编辑|来源|"
    r"报道|记者|通讯|发布|时间|作者|浏览|阅读|点击|评论|网友|未知|佚名|匿名|不详|本站|本网|转载|"
    r"网络|整理|综合|自媒体|原创|管理员|admin|责编|实习|见习|新闻|中心|客户端|字体|字号"
)
#: Names of an institution, not of a person: no by-line in a meta tag that repeats the site.
_HOUSE = re.compile(
    r"网$|报$|社$|台$|公司|期刊|杂志|Publish|新闻|频道|客户端|Team|\.com|\.cn|\.net|Inc|网易|新浪|搜狐|腾讯|凤凰|百度|"
    r"头条|日报|晚报|在线|门户|admin|editor|未知|佚名|网站|^\d+$",
    re.IGNORECASE,
)


def read_by_line(
    above: Sequence[str], body: Sequence[str], below: Sequence[str], *, claimed: Sequence[str]
) -> str | None:
    """Return the names joined by "、": a label, the reporters, meta tags, at last the editor.

    `claimed` are meta tags and marked elements; one that names the house is no by-line.
    """
    ends = (*body[:2], *body[-3:])
    near = joined((*above, *ends, *below))
    for names in (
        _labelled(near), _posted(body), _reporters(near), _claimed(claimed),
        _bare_names(above, body),
    ):  # fmt: skip
        if names:
            return "、".join(dict.fromkeys(names))
    return read_editor(near)


def joined(lines: Sequence[str]) -> list[str]:
    """Return the lines, "张 三" as one word, and a label of its own table cell with its value."""
    whole: list[str] = []
    for line in (_SPACED.sub(r"\1\2", told) for told in lines):
        if whole and len(whole[-1]) <= 12 and whole[-1].rstrip().endswith(("：", ":")):
            whole[-1] = f"{whole[-1]}{line}"
        else:
            whole.append(line)
    return whole


def _bare_names(above: Sequence[str], body: Sequence[str]) -> list[str]:
    """Return a name that stands by itself under the title or behind the last sentence."""
    for line in above[-8:]:
        found = _ALONE.search(re.sub(rf"(?<=[{_HANZI}]) (?=[{_HANZI}]$)", "", line))
        if found and is_name(found["names"]) and len(found["names"]) <= 4:
            return [found["names"]]
    for line in reversed(body[-2:]):
        found = _LAST_WORD.search(line[-120:])
        if found and all(is_name(name) for name in _split(found["names"])):
            return _split(found["names"])
    return []


def _posted(lines: Sequence[str]) -> list[str]:
    found = next((match for line in lines if (match := _POSTED_BY.search(line))), None)
    return [found["who"]] if found else []


def read_editor(lines: Sequence[str]) -> str | None:
    """Return the editor (责任编辑) named near the body, else None."""
    found = next((match for line in lines if (match := _EDITOR.search(line))), None)
    return found["names"] if found and is_name(found["names"]) else None


def _labelled(lines: Sequence[str]) -> list[str]:
    for line in lines:
        # In a long line 作者 is a word of the sentence.
        if len(line) > 120:
            continue
        for found in _LABELLED.finditer(line):
            names = _split(found["who"])
            if names:
                return names
        signed = _SIGNED.search(line)
        if signed:
            return [name for name in _split(signed["names"]) if is_name(name)]
    return []


def _split(who: str) -> list[str]:
    """Return the names of a list; two syllables apart ("张 三") are one name."""
    whole = _SPACED.sub(r"\1\2", who)
    parts = [part.strip(":：") for part in re.split(r"[ 、，,/／]+", whole)]
    return [part for part in parts if part and not _NO_NAME.search(part)]


def _reporters(lines: Sequence[str]) -> list[str]:
    names: list[str] = []
    for line in lines:
        for part in _spoken_for(line):
            for found in _REPORTER.finditer(_AFTER_NAME.sub(r" \g<0>", part)):
                names += [name for name in _split(found["names"]) if is_name(name)]
        if names:
            return names
    return names


def _spoken_for(line: str) -> Iterator[str]:
    """Yield the parts of a line where 记者 introduces a name: brackets, or a short line."""
    if len(line) <= 60 and "。" not in line:
        yield re.sub(r"[（）()【】\[\]]", " ", line)
        return
    if _DATELINE.match(line):
        yield re.split(r"[，。：:]", line[:50])[0]
    for found in _IN_BRACKETS.finditer(line[:300] + line[-120:]):
        yield found[1]


def is_name(text: str) -> bool:
    """Whether the hanzi can be a person's name: a surname first, or a foreign name with ·."""
    if _NO_NAME.search(text) or len(text) < 2:
        return False
    if "·" in text:
        return True
    if text[:2] in _DOUBLE:
        return len(text) in (3, 4)
    return len(text) <= 4 and text[0] in _SURNAMES


def _claimed(claims: Sequence[str]) -> list[str]:
    for claim in claims:
        parts = [part for part in _split(claim.strip()) if 2 <= len(part) <= 20]
        if parts and not _HOUSE.search(claim) and not claim.lower().startswith("http"):
            return parts
    return []
