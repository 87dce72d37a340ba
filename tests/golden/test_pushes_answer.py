"""Each golden push alone answers: who, where, how many, which words, what next, whom to call.

Nothing here looks at code or database: a person at night has only this text.
"""

import re
from pathlib import Path

import pytest

PUSHES = sorted((Path(__file__).parent / "pushes").glob("*.txt"))
ALERTS = [path for path in PUSHES if not path.stem.endswith("-brief")]
BRIEFS = [path for path in PUSHES if path.stem.endswith("-brief")]
LEVELS = {
    "critical": ("重大", "一级", 10), "major": ("较大", "二级", 8),
    "moderate": ("一般", "三级", 5), "minor": ("轻微", "四级", 3),
    "overdue": ("重大", "一级", 10), "repeat": ("重大", "一级", 10),
}  # fmt: skip
#: UTF-8 bytes the provider takes, the JSON around the text left out.
LIMITS = {"wecom": 4096, "dingtalk": 20_000, "feishu": 20_000}

#: Personal numbers of owners as a stranger would look for them.
OWNERS = (
    r"(?<!\d)1[3-9]\d{9}(?!\d)", r"\d{17}[\dXx]", r"\d+单元\d{3,4}", r"[鄂京沪][A-Z][A-Z0-9]{5}",
    r"[\w.]{2,}@mail\.example",
)  # fmt: skip
STAFF = ("13900001111",)


def named(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace("**", "")


def find(pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text)
    assert found, pattern
    return found


def test_there_are_pushes_of_all_channels_and_kinds() -> None:
    assert len(ALERTS) == 5 * 6
    assert len(BRIEFS) == 5


@named(ALERTS)
def test_who_and_where(path: Path) -> None:
    found = find(r"对象：(?P<who>[^（\n]+)（(?P<where>[^）\n]+)）", read(path))
    assert found["who"] == "云麓·望江府"
    for part in ("云麓地产", "江城", "华中区域", "江城云麓置业有限公司"):
        assert part in found["where"]


@named(ALERTS)
def test_which_level_by_name_and_number_and_that_it_is_only_suggested(path: Path) -> None:
    found = find(r"系统建议：疑似(?P<name>\w+)（(?P<number>\w+级)）", read(path))
    name, number, _ = LEVELS[path.stem.partition("-")[2]]
    assert (found["name"], found["number"]) == (name, number)
    assert "由人定级" in read(path)


@named(ALERTS)
def test_number_and_version(path: Path) -> None:
    found = find(r"编号：(?P<number>W-\d{8}-\d{4})-v(?P<version>\d+)", read(path))
    assert found["version"] == "1"
    assert read(path).splitlines()[0].endswith(f"{found['number']}-v{found['version']}")


@named(ALERTS)
def test_how_many_and_how_certain(path: Path) -> None:
    found = find(r"规模：至少 (?P<least>\d+) 个账号.*；其中自述住户 (?P<homes>\d+) 户", read(path))
    assert int(found["least"]) == LEVELS[path.stem.partition("-")[2]][2]
    assert found["homes"] == "3"


@named(ALERTS)
def test_since_when_and_why_now(path: Path) -> None:
    text = read(path)
    assert find(r"首帖 (\d{4}-\d\d-\d\d \d\d:\d\d)", text)[1] < "2026-11-20 12:00"
    assert re.match("过去(30|7)天至少", find(r"为何现在：(.+)", text)[1])


@named(ALERTS)
def test_what_would_raise_it_and_when_that_may_be(path: Path) -> None:
    text, level = read(path), path.stem.partition("-")[2]
    if level in ("critical", "overdue", "repeat"):
        assert "走势" not in text, "at the top and past the line nothing is left to say"
        return
    assert re.search(r"走势：再有 \d+ 户将升为(一般|较大|重大)。", text)
    wait = re.search(r"按此速度约 [\d–]+ ?小时[内后]达 10 户", text)
    assert bool(wait) == (level != "minor"), "three voices are too few for a forecast"


@named(ALERTS)
def test_which_words_verbatim_with_time_and_original_link(path: Path) -> None:
    text = read(path).partition("可转发到")[0]
    quotes = re.findall(r"· “([^”]{10,})”（bbs\.test\.example，(2026-11-20 \d\d:\d\d)）(.*)", text)
    assert 1 <= len(quotes) <= 3
    assert len({words for words, *_ in quotes}) == len(quotes)
    for words, _at, link in quotes:
        assert "渗水" in words
        assert re.search(r"https://bbs\.test\.example/thread-\d+-1-1\.html", link)


@named(ALERTS)
def test_next_step_and_until_when(path: Path) -> None:
    step = find(r"下一步：(.+)", read(path))[1]
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", step)
    assert "研判：确认、误报或登记个案" in step


@named(ALERTS)
def test_whom_to_phone(path: Path) -> None:
    line = find(r"联系：(.+)", read(path))[1]
    assert "负责人 李明 13900001111" in line
    assert "区域客服 华中区域客服中心 027-88880000" in line


@named(ALERTS)
def test_who_was_told_and_what_is_not_known(path: Path) -> None:
    text = read(path)
    told = find(r"已通知：(.+)", text)[1]
    assert "王敏（危机领导小组办公室主任，邮件）" in told
    assert re.search(r"赵磊（项目总经理，飞书、企业微信）", told)
    assert "帖中说法未经核实" in find(r"尚不清楚：(.+)", text)[1]


@named(ALERTS)
def test_the_way_to_acknowledge_and_to_the_alert(path: Path) -> None:
    text = read(path)
    ack = find(r"(https://fenghuo\.yunlu\.example/ack/W-20261120-0001\?v=1&t=([^)\s]*))", text)
    assert ack[2].startswith("wangmin." if path.stem.startswith("email") else ".")
    assert "https://fenghuo.yunlu.example/alert?id=W-20261120-0001" in text


@named(ALERTS)
def test_below_the_line_stands_what_an_ordinary_group_may_get(path: Path) -> None:
    above, _, copy = read(path).partition("可转发到普通微信群的文字：")
    assert re.search(r"(—{5,}|---)\s*$", above)
    for part in ("云麓·望江府", "疑似", "至少", "研判", "W-20261120-0001-v1", "未经核实"):
        assert part in copy
    assert "http" not in copy
    assert "13900001111" not in copy
    assert len(copy.strip()) <= 300


@named(PUSHES)
def test_nothing_of_an_owner_can_be_read(path: Path) -> None:
    text = read(path)
    for number in STAFF:
        text = text.replace(number, "")
    for pattern in OWNERS:
        assert not re.search(pattern, text), pattern


@named(PUSHES)
def test_words_of_a_post_are_no_markup_and_no_link(path: Path) -> None:
    raw = path.read_text(encoding="utf-8")
    if path.stem.split("-")[0] in ("wecom", "dingtalk", "feishu"):
        assert set(re.findall(r"\]\((https?://[^/)]+)", raw)) <= {
            "https://bbs.test.example", "https://fenghuo.yunlu.example",
        }  # fmt: skip
    assert "http://evil" not in raw, "a mail program would make it a link"
    assert "@所有人" not in raw or path.stem.startswith(("console", "email"))


@named(PUSHES)
def test_bytes(path: Path) -> None:
    limit = LIMITS.get(path.stem.partition("-")[0])
    assert limit is None or len(path.read_bytes()) <= limit


@named(BRIEFS)
def test_a_brief_counts_what_is_open_due_and_broken(path: Path) -> None:
    text = read(path)
    assert find(r"每日简报 (\d{4}-\d\d-\d\d)（周(.)）", text).groups() == ("2026-11-21", "六")
    assert find(r"新增预警 (\d+) 条，未结 (\d+) 条", text).groups() == ("1", "1")
    assert "云麓·望江府 W-20261120-0001-v1" in find(r"疑似重大 1 条\s+· (.+)", text)[1]
    assert "研判" in find(r"今日到期时限 (\d+) 项\s+· (.+)", text)[2]
    assert find(r"异常来源 (\d+) 个", text)
    assert find(r"未送达消息 (\d+) 条", text)
