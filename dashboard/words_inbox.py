"""Chinese labels of the inbox (今日待阅)."""

from datetime import datetime

from domain.clock import say_time

INBOX = "今日待阅"
HAND_OVER = "未阅 {n} 条，最早 {oldest}"
HAND_OVER_NONE = "未阅 0 条"
HAND_OVER_DETAIL = "其中负面 {negative} 条、未归属 {unassigned} 条"
SINCE_LAST = "自你上次查看（{time}）以来新到 {n} 条"
FIRST_VISIT = "这是你第一次打开待阅"
COPY_LINE = "交接用（点右上角复制）"
FILTER = "只看"
FILTERS = ("全部", "负面", "新到", "未归属", "关注")
ALL, NEGATIVE, NEW, UNASSIGNED, WATCHED = FILTERS
EMPTY = "都读完了"
EMPTY_HINT = (
    "近 7 天相关内容都有人处理过。新内容几秒钟内会出现在这里；"
    "若觉得太安静，请看“来源健康”确认各来源都在按时采集。"
)
EMPTY_FILTER = "这一类没有未阅内容"
NOBODY = "未归属"
NOBODY_HINT = "说的像是我们的事，但没有认出是哪个监测对象。请指定对象，或标“无关”。"
GROUP_READ = "整组已阅（{n}）"
NEW_MARK = "新"
EDITED_MARK = "处理后又被作者改动"
#: A red line named without time, place, outlet or case number (D-N1).
BARE_RED_LINE = "说到{name}，没有具体线索"
COPY_MARK = "转载 #{id}"
CHOOSE_SUBJECT = "指定对象"
READ, IRRELEVANT, WRONG_SUBJECT, WRONG_POLARITY = "已阅", "无关", "对象错", "情感错"
HIGHER, LOWER, WATCH = "级别错：应更重", "级别错：应更轻", "关注"
COMPLAINT, NOT_CRISIS = "登记投诉", "负面但非危机"
VERBS = (
    READ, IRRELEVANT, WRONG_SUBJECT, WRONG_POLARITY, HIGHER, LOWER, WATCH, COMPLAINT, NOT_CRISIS,
)  # fmt: skip
DONE = "已标“{verb}”：{title}"
UNDO = "撤销"
UNDONE = "已撤销，内容回到待阅"
BEFORE_YOU = "{by} 已于 {time} 处理为“{said}”；你的标注也已记下。"
HANDLED = "最近处理（{n}）"
NO_HANDLED = "今天还没有人处理过内容"
HANDLED_LINE = "{time} {by}：{said}"
LOG = "阅读日志"
LOG_HINT = "谁在哪天读了哪个对象的多少条（T-28、T-30）；撤销的不计。"
LOG_COLUMNS = ("日期", "姓名", "对象", "条数", "最早", "最晚")
LOG_EMPTY = "这几天没有阅读记录"
LOG_DAYS = 7
LABEL_NAMES = {
    ("read", "yes"): READ,
    ("relevant", "no"): IRRELEVANT,
    ("relevant", "yes"): "相关",
    ("subject", "no"): WRONG_SUBJECT,
    ("subject", "yes"): "对象改为",
    ("negative", "yes"): "改为负面",
    ("negative", "no"): "改为非负面",
    ("severity", "higher"): HIGHER,
    ("severity", "lower"): LOWER,
    ("watch", "yes"): WATCH,
    ("verdict", "negative_not_crisis"): NOT_CRISIS,
}


def hand_over_line(unread: int, oldest: datetime | None) -> str:
    """Return the hand-over line (T-28): 未阅 N 条，最早 08:12."""
    if oldest is None:
        return HAND_OVER_NONE
    return HAND_OVER.format(n=unread, oldest=say_time(oldest))


def label_name(field: str, value: str, subject: str | None) -> str:
    """Return a label as people read it."""
    name = LABEL_NAMES.get((field, value))
    if field == "complaint":
        name = f"登记投诉 {value}"
    return f"{name or field}（{subject}）" if subject else name or field
