"""Chinese labels of the page of sources: adding, the catalogue, what is there."""

from pipelines.source_words import (
    PACES,
    STATES,
    STATUSES,
    pace_words,
    rejected_line,
    status_told,
)

__all__ = [
    "PACES",
    "STATES",
    "STATUSES",
    "pace_words",
    "rejected_line",
    "status_told",
]

INTRO = "来源是烽火去看的地方：论坛版块、栏目页、订阅地址。先预览，看清会采到什么，再保存。"
VIEW = "看什么"
TAB_LIST, TAB_ADD, TAB_CATALOGUE = "已有来源", "新增", "目录"
OPEN_SOURCES = "去设置来源 →"

# ---- adding ------------------------------------------------------------------------------------
URL = "网址"
URL_HINT = (
    "整行粘贴：论坛版块、栏目页或订阅（RSS）地址，例如 https://bbs.example.cn/forum-12-1.html"
)
LOOK = "认一认"
LOOKING = "正在访问并预览（最多 6 次请求，每次间隔 2 秒）……"
NO_SOURCE = "这个网址不能直接采集"
CHOOSE_ONE = "请选一个，烽火会再看一遍"
CHOICE = "{title}（{path}）"
WHAT = "认出来了"
ENGINES = {
    "discuzx": "Discuz! 论坛版块", "feed": "订阅（RSS/Atom/JSON Feed）", "listing": "列表页",
    "sitemap": "网站地图", "folder": "投放目录", "file": "导入的文件",
}  # fmt: skip
FORUM_ENGINE = "{name} 论坛版块"
PREVIEW = "现在能采到的"
PREVIEW_SUM = "{requests} 次请求，读到 {posts} 条；下面最多列 10 条，电话等已遮蔽"
PREVIEW_COLUMNS = ("时间", "标题", "内容")
NO_TIME = "时间不明"
PREVIEW_PROBLEMS = "预览中的问题"
NOTHING_SEEN = "没有采到内容，不能保存：{why}"
NAME = "名称"
KIND = "类别"
SUBJECT = "监测对象"
BY_TEXT = "按正文识别（来源里说到多个项目）"
EVERY = "每隔几分钟访问一次"
EVERY_HELP = "有预警时自动加快，久无新帖自动放慢；任何情况都不会快于 2 分钟。"
LEAST = "每天至少应有几条（0 = 不设）"
LEAST_HELP = "近 24 小时少于这个数就报“产量不足”，持续两个间隔即发“数据中断”预警。"
SAVE = "保存来源"
SAVED = "已保存来源“{name}”，启动采集后马上访问。"
AGAIN = "换一个网址"

# ---- the catalogue -----------------------------------------------------------------------------
CATALOGUE_INTRO = (
    "目录里的 {n} 个网址来自公开常识，都未验证。选城市、检查（每站最多 6 次请求，守 robots.txt），"
    "再一次启用能用的。"
)
CITIES = "城市或省份"
CITIES_HINT = "可选多个；选城市会带上所在省"
GROUPS, ALL_GROUPS = "类别", "全部类别"
WITH_NATIONAL = "包括全国性媒体与平台"
CHECK = "检查 {n} 个"
CHECK_AGAIN = "再查没采到的 {n} 个"
CHECKING = "已检查 {done} / {all}，能采 {works}"
STOP_CHECK = "停止检查"
STOPPED = "已停止：检查过的保留，其余可以再查。"
ENABLE = "启用能用的 {n} 个"
ENABLED = "已启用 {n} 个来源：{names}"
ENABLE_REFUSED = "没有启用：{why}"
UNSEEN = "未验证"
REGISTERED = "已登记"
CATALOGUE_COLUMNS = ("名称", "地点", "检查结果", "说明与办法", "网址")
GROUP_TITLE = "{group}（{n}）"
WORKS_WITH = "读到 {n} 条"
NO_PLACE = "还没有选城市，也没有勾选全国：请至少选一个"

# ---- what is there -----------------------------------------------------------------------------
EMPTY = "还没有来源"
EMPTY_HINT = "在“新增”里粘贴一个网址，或在“目录”里按城市挑选。"
COUNTS = "{name} {n}"
LIST_COLUMNS = (
    "名称", "状态", "监测对象", "节奏", "上次访问", "发布到入库", "24 小时 / 至少",
    "近 7 日没有收下",
)  # fmt: skip
FIND = "查找来源"
FIND_HINT = "名称、网址里的字"
ONE = "查看或修改"
ONE_LINK = "查看或修改 →"
MINUTES = "{n} 分钟"
EXPECTED = "{seen} / {least}"
NO_LEAST = "{seen} / 未设"
INTERRUPTED_BY = "数据中断预警 {number}"
VERIFIED = "最近一次验证 {time}"
NOT_VERIFIED = "未验证：还没有一次访问或检查读到内容"
ENABLE_ONE = "启用"
EDIT_HINT = "改间隔、对象、停用都不影响已采到的帖子；改错了改回来即可，每次修改都记入审计。"
SAVE_CHANGES = "保存修改"
CHANGED = "已保存“{name}”的修改。"
CHECK_NOW = "现在检查"
CHECK_GOOD = "检查“{name}”：读到 {n} 条，可用。"
CHECK_BAD = "检查“{name}”：没有采到。{why}"
CHECK_BY_HAND = "“{name}”由人导入文件或读目录，没有网址可检查。"
VISIT_NOW = "立即采集"
VISIT_ASKED = "已要求马上采集“{name}”：fenghuo serve 运行时几秒内开始。"
EXPORT = "导出 YAML"
EXPORT_FILE = "来源.yml"
YAML = "application/yaml"
IMPORT = "导入 YAML（全部写入，或有一处不对就都不写）"
IMPORT_FOUND = "文件里有 {n} 个来源：{names}"
IMPORT_NOW = "导入 {n} 个来源"
IMPORTED = "已导入：新增 {new}，更新 {changed}。"


def engine(name: str) -> str:
    """Return what an engine is called on screen."""
    return ENGINES.get(name) or FORUM_ENGINE.format(name=name)


PICK_SOURCE = "选一个来源"
