"""Every Chinese label on screen; templates take keywords, codes lead to their names."""

APP = "烽火"
SLOGAN = "业主舆情预警"

# ---- pages -------------------------------------------------------------------------------------
OVERVIEW = "态势总览"
ALERT = "预警详情"
SEARCH = "帖子检索"
HEALTH = "来源健康"
INBOX = "今日待阅"
CASES_PAGE = "个案"
INTAKE = "录入"
ONSITE = "现场上报"
WEEKLY = "周报"
MEDIA = "媒体来访与自有发布"
START = "第一小时"
SUBJECTS = "监测对象"
RECIPIENTS = "收件人"
ACCOUNTS = "账号"
SOURCES = "来源"
MENU_WATCH, MENU_HANDLE, MENU_MEDIA, MENU_ADMIN = "监测", "处置", "媒介", "管理"
SIGNED_IN_AS = "{name}（{roles}）"

# ---- signing in --------------------------------------------------------------------------------
SIGN_IN = "登录"
SIGN_OUT = "退出登录"
LOGIN = "登录名"
PASSWORD = "密码"  # noqa: S105 (a label on the page)
NOT_ALLOWED = "没有这项权限"
SIGNED_OUT = "登录已失效，这一步没有记下：请重新登录"
OLD_WORD, NEW_WORD, AGAIN = "原密码", "新密码（至少 10 个字符）", "再输一次新密码"
CHANGE_WORD, WORDS_DIFFER = "修改密码", "两次输入的新密码不同：请重新输入"

# ---- general -----------------------------------------------------------------------------------
AS_OF = "截至 {time}"
REFRESHED = "每 {seconds} 秒自动更新"
SIMULATED = "演示时钟"
LINE_ALIVE = "流水线 {ago}前运行"
LINE_SILENT = "流水线已 {ago}没有运行：请检查 fenghuo serve 是否在运行"
LINE_NEVER = "流水线还没有运行过：请运行 fenghuo serve"
NOT_READY = "看板暂时无法读取数据"
NOT_READY_HINT = "请按下面的提示处理后刷新页面。"
UNEXPECTED = "页面出错了，已记入日志。请刷新；若仍出错，请把时间告诉管理员。"
FOREIGN_HOST = "这个地址不能打开看板：本机请用 http://127.0.0.1，别处请用管理员给的网址"
FOREIGN_FORM = "这个请求不是从本页面发出的，已拒绝：请重新打开页面再试"
DATABASE_BROKEN = "数据库无法读取：请查看服务日志，或运行 fenghuo doctor"
STOP = "。"
NONE = "—"
ALTOGETHER = "…共 {n} 帖"
ALL = "全部"
OPEN_POSTS = "查看帖子 →"
OPEN_ALERT = "查看详情 →"
OPEN_ALERT_OF = "{number} 详情 →"
OPEN_CASE_ALERT = "查看预警 {number} →"
OPEN_RECORD = "完整记录 →"
OPEN_HEALTH = "查看来源 →"
OPEN_INBOX = "去待阅 →"
OPEN_START = "开始第一小时 →"
GUIDE = "从公司名称、监测对象、收件人到第一条内容，照着“第一小时”一步步做，不用命令行。"
OPEN_ORIGINAL = "打开原帖"
NO_SAFE_LINK = "原链接不是网页地址，已禁用"
MORE_SUBJECTS = "另有 {n} 个对象的负面较少，未画出"

# ---- levels and states -------------------------------------------------------------------------
#: The system only suggests (AD-10); a number is never shown.
LEVELS = {"critical": "重大", "major": "较大", "moderate": "一般", "minor": "轻微"}
SUGGESTED = "疑似{level}"
GRADED = "已定级：{level}"
UNGRADED = "未定级"
STATUS = {"open": "开放", "closed": "已关闭", "dismissed": "已判误报", "merged": "已合并"}
CASE_STATES = {
    "registered": "已登记",
    "graded": "已定级",
    "reported": "已上报",
    "routine": "转普通投诉流程",
    "closed": "已关闭",
}
CHANGES = {
    "opened": "开启",
    "raised": "升级",
    "lowered": "降级",
    "closed": "关闭",
    "dismissed": "判为误报",
    "suppressed": "被抑制",
    "merged": "合并",
    "reopened": "重新开启",
    "updated": "更新",
}
LABELS = {"negative": "负面", "neutral": "中性", "positive": "正面"}
NOISE = {"ad": "广告", "own": "自有内容"}
KINDS = {
    "forum": "论坛",
    "group": "业主群",
    "news": "新闻",
    "social": "社交平台",
    "complaint": "投诉渠道",
    "onsite": "现场上报",
}
SIGNALS = {
    "gathering": "预告聚集",
    "media": "媒体介入",
    "casualty": "人身伤亡",
    "litigation": "诉讼",
    "authority": "政府部门",
    "refund": "集体退房",
    "stopwork": "停工",
    "selfharm": "人身安全求助",
}
VIA = {
    "text": "正文提及",
    "board": "版块所属",
    "group": "群所属",
    "record": "记录写明",
    "label": "人工标注",
    "candidate": "疑似",
    "short": "简写",
    "initials": "拼音缩写",
    "sound": "谐音或错字",
}
EDGES = {"exact": "完全相同", "edited": "略有改动", "excerpt": "节选", "quoted": "引用"}
CALENDARS = {"wall": "自然时间", "working_days_cn": "工作日", "business_hours": "工作时间"}
CHANNELS = {
    "console": "控制台",
    "email": "邮件",
    "wecom": "企业微信",
    "dingtalk": "钉钉",
    "feishu": "飞书",
    "sms": "短信",
}
OUTBOX = {"queued": "排队中", "sending": "发送中", "accepted": "渠道已接收", "failed": "失败"}
OUTCOMES = {"running": "进行中", "done": "完成", "blocked": "被拒（登录/验证）", "failed": "失败"}
ACTIONS = {
    "opened": "预警开启",
    "raised": "预警升级",
    "lowered": "预警降级",
    "closed": "关闭",
    "confirmed": "确认属实",
    "dismissed": "判为误报",
    "dismissal-undone": "撤销误报",
    "merged": "合并",
    "split": "拆出",
    "acknowledged": "已知悉",
    "form-saved": "保存表单",
    "contact-linked": "关联投诉单",
    "customer-contacted": "已联系客户",
    "registered": "登记个案",
    "graded": "定级",
    "clock-warning": "时限提醒",
    "clock-overdue": "时限超时",
    "triaged": "研判完成",
    "alias-dismissed": "名称不再提示",
    "reported": "上报",
    "routine": "转普通投诉流程",
    "source-saved": "保存来源",
    "source-visit-asked": "要求立即采集",
}
CALM = "恢复平静"
INTERRUPTED = "数据中断"
INTERRUPTED_HINT = (
    "这条预警说的是看不到，不是有人投诉：数据恢复或来源停用后自动关闭。期间请改用别的办法看那里"
    "（打开网址、请业务同事导出后导入）。"
)
OPEN_SOURCE = "去看这个来源 →"
VIAS = {
    "web": "看板",
    "link": "链接",
    "cli": "命令行",
    "rule": "规则",
    "import": "导入",
    "demo": "演示",
}
TICKS = {
    "line": "流水线",
    "clocks": "时限",
    "auditor": "自查",
    "crawl": "采集",
    "send": "发送",
    "deliver": "发送",
    "remind": "提醒",
    "work": "流水线",
    "assess": "研判",
    "due": "到期检查",
}
FACTS = {
    "household": "户数",
    "person": "人数",
    "money": "金额",
    "casualty": "伤亡",
    "date": "日期",
    "place": "地点",
    "media": "媒体",
    "authority": "部门",
}

# ---- overview ----------------------------------------------------------------------------------
TILE_ALERTS = "开放预警"
TILE_POSTS = "今日新帖"
TILE_NEGATIVE = "今日负面"
TILE_VOICES = "今日负面发声账号"
TILE_CLOCKS = "运行中的时限"
TILE_SOURCES = "来源异常"
VERSUS = "昨日同时段 {n}"
NO_ALERTS = "无开放预警"
OVERDUE_N = "其中超时 {n}"
NONE_OVERDUE = "无超时"
MESSAGES = "待发消息 {queued} · 失败 {failed}"
ALL_SOURCES_WELL = "全部来源正常"
SOURCES_TO_MEND = "个来源需要处理"
TREND = "近 30 天负面帖子"
TREND_HINT = "点一个点，查看那一天的帖子"
TREND_PICKED = "{day} {subject}：{n} 条负面 →"
AXIS_DAY = "%m月%d日"
DAY = "日期"
TIME = "时间"
NEGATIVE = "负面"
ALL_POSTS = "全部帖子"
POSTS_SO_FAR = "累计帖子"
TREND_EMPTY = "近 30 天没有负面帖子"
OPEN_ALERTS = "开放预警"
NOTHING_OPEN = "目前没有开放的预警"
NOTHING_OPEN_HINT = (
    "这不等于没有问题：请先看“来源健康”，确认各来源都在按时采集；再到“帖子检索”抽查今天的负面帖子。"
)
NO_DATA_YET = "还没有任何帖子"
NO_DATA_HINT = "在“录入”里粘贴群聊或导入文件，几秒钟后就会出现；想先看看效果：fenghuo demo。"
SINCE = "{time} 起，已 {ago}"
POSTS_VOICES = "{posts} 帖 · 发声 {voices}"
EXACTLY = "{n} 个账号"
RANGE = "{low}–{high} 个账号"
AT_LEAST_HELP = "下限：单个网站的最多账号；上限：各站合计。跨站不合并账号。"
CASES = "进行中的个案"
NO_CASES = "没有进行中的个案。预警核实属实后，由具名人员登记个案，程序时限才开始计算。"
CASE_META = "{time} 由 {by} 登记 · {state}"
CLOCK_LEFT = "{name} 剩余 {span}"
CLOCK_OVER = "{name} 已超时 {span}"
CLOCK_DONE = "{name} 已完成"
CLOCK_DONE_LATE = "{name} 超时后完成"

# ---- alert -------------------------------------------------------------------------------------
CHOOSE = "选择预警"
NO_ALERT_YET = "还没有任何预警"
NO_ALERT_YET_HINT = "规则命中后会出现在这里。可先到“帖子检索”查看已采集的帖子。"
UNKNOWN_ALERT = "没有编号为 {number} 的预警：请从上面的列表选择。"
WHY_NOW = "为什么是现在"
FINDINGS = "命中的规则"
FINDING_META = "规则 {rule} 第 {version} 版 · 窗口 {window} · {posts} 帖 · {since} 起"
OBSERVED = "观察到 {n}"
EXPECTED = "平时约 {n}"
THRESHOLD = "界线 {n}"
ANCHORS = "依据：{anchors}"
FINDING_CLOSED = "已不再成立"
VOICES = "发声账号"
VOICES_BY_SITE = "各站不同账号"
CERTAIN = "至少"
PROBABLE = "至多"
CURVE = "依据帖子的增长"
CLOCKS = "时限"
NO_CLOCKS = "没有时限"
DUE_AT = "到期 {time}"
STARTED = "开始 {time}"
STOPPED = "{time} 由 {by} 停止"
WHY_DUE = "为什么这时到期"
PROVISIONAL = "暂定：次年放假安排尚未公布"
BY_RULES = "依据规则：{rules}"
TAB_TITLE = "{page} · 烽火"
TAB_POSTS = "依据帖子（{n}）"
TAB_REPOSTS = "转载（{n}）"
TAB_VERSIONS = "版本（{n}）"
TAB_TOLD = "通知（{n}）"
TAB_TRAIL = "审计（{n}）"
LEGEND = "标记："
LEGEND_WHY = "推高负面的词"
REASON = "机器判断：{reason}"
LEGEND_SIGNAL = "有依据的风险信号"
LEGEND_WEAK = "风险用语"
LEGEND_ALIAS = "识别到的对象"
LEGEND_WORD = "检索词"
WAS_EDITED = "原帖后来被修改。下面是触发预警时的原文："
WAS_DELETED = "原帖后来被删除。下面是触发预警时的原文："
TEXT_NOW = "现在的文字"
REPOST_OF = "转载自帖子 #{id}（{edge}），不计入发声"
NO_REPOSTS = "没有发现转载"
NO_POSTS = "没有记录到依据帖子"
NOBODY_TOLD = "还没有通知任何人：可运行 fenghuo doctor 检查接收人是否齐全"
NO_TRAIL = "没有审计记录"
EVENT = "事件：{title}"
CASE_LINK = "已登记个案 {number}"
NO_CASE = "未登记个案"
TRAIL_HASH = "链哈希"
COLUMNS_POSTS = ("帖子", "发布", "来源", "文字")
COLUMNS_VERSIONS = ("版本", "时间", "变化", "系统建议", "规则", "观察值", "帖子", "理由", "由谁")
COLUMNS_TOLD = ("版本", "接收人", "渠道", "状态", "入队", "送达", "次数", "渠道回执")
COLUMNS_TRAIL = ("序号", "时间", "操作人", "途径", "操作", "理由", "链哈希")

# ---- search ------------------------------------------------------------------------------------
WORDS = "检索词"
WORDS_HINT = "多个词用空格隔开，须同时出现，例如：停工 监管资金"
SUBJECT = "监测对象"
KIND = "来源类型"
LABEL = "情感"
SOURCE = "来源"
SINCE_DAY = "从"
UNTIL_DAY = "到"
NEGATIVE_ONLY = "只看负面（已去广告）"
FOUND = "共 {n} 条，按发布时间从新到旧"
FOUND_MANY = "超过 {n} 条，按发布时间从新到旧；可再加条件缩小范围"
CAPPED = "检索词命中很多，只在最新 {n} 条中筛选"
NOTHING_FOUND = "没有符合条件的帖子"
NOTHING_FOUND_HINT = (
    "可以少写一个词、放宽日期，或取消“只看负面”。新采集的帖子要几秒钟后才能检索到。"
)
IN_EVENT = "只看事件 {key} 的帖子"
BACK = "← 返回列表"
RECORD = "帖子记录 #{id}"
UNKNOWN_POST = "没有编号为 {id} 的帖子"
REVISIONS = "文字版本（{n}）"
REVISION = "第 {n} 版"
REVISION_DELETED = "已删除"
FETCHED = "采集于 {time}"
EDITED = "修改于 {time}"
EVIDENCE = "取证 SHA-256 {sha}"
HIDDEN = "正文未显示：{why}"
ANALYSIS = "分析"
NEGATIVITY = "负面概率 {n} %"
SEVERITY = "严重程度 {n} %"
IRRELEVANT = "与监测内容无关"
UNANALYSED = "尚未分析"
CATEGORIES = "类别"
MENTIONS = "对象"
MENTION = "{subject}（{via}）"
SIGNALS_TITLE = "信号"
FACTS_TITLE = "文中数字"
BEHIND_ALERTS = "作为依据的预警"
NOT_BEHIND = "不是任何预警的依据"
IN_THE_EVENT = "所属事件（共 {n} 帖）"
SEEN_BY = "由来源采到：{names}"
DELETED_AT = "{time} 发现已删除"
PUBLISHED = "发布 {time}"
PRECISION = {"day": "（只知日期）", "none": "（时间不详，按采集时间）"}

# ---- health ------------------------------------------------------------------------------------
HEARTBEAT = "心跳"
NO_TICKS = "后台还没有运行过：请运行 fenghuo serve"
TICK_AGO = "{ago}前"
TICK_NEVER = "从未完成"
LAST_VISIT = "上次采集"
NEVER_VISITED = "尚未采集"
BY_HAND = "人工录入"
NEXT_VISIT = "下次采集"
DUE_NOW = "已到时间"
VISIT_RESULT = "{outcome}：取得 {posts} 条，新 {new} 条"
PACE = "节奏"
REJECTED_WEEK = "近 7 日没有收下：{told}"
UNVERIFIED_NOTE = "未验证：还没有一次访问或检查读到内容"
INTERRUPTED_BY = "数据中断预警 {number} →"
EXPECTED_MIN = "每天至少应有 {n} 条"
NO_MINIMUM = "未设最低条数"
TODAY_N = "今日 {n} 帖 →"
WEEK_N = "近 7 日 {n} 帖 →"
LAG = "发布到采集：中位 {median}，九成不超过 {p90}"
NO_LAG = "近 7 日没有可计算延迟的帖子"
DISABLED = "已停用"
NO_SOURCES = "还没有来源"
NO_SOURCES_HINT = "管理员在“来源”页粘贴网址或按城市挑选；导入文件时也会自动登记来源。"
WHAT_TO_DO = "怎么办"
OPEN_ISSUES = "待处理问题（{n}）"
NO_ISSUES = "没有待处理的问题"
COMPANY_WIDE = "全局"
BASIS_MISSING = "依据缺失：不进报告，30 天后清除。请补填提供人与依据。"
#: What to do, by code of the issue; the issue's own message comes first.
ADVICE = {
    "blocked": "网站要求登录或验证，程序不会绕过。请换用公开网址或 RSS，或由有权限的人导出后导入。",
    "page-error": "个别页面没有读出来，其余照常采集；反复出现时请把此行交给管理员。",
    "bad-record": "文件里有几行没有读出来，其余已导入；请按提示改正后重新导入，不会重复。",
    "below-min": "取得的条数低于最低值：打开网址看版面是否改版，或调低该来源的最低条数。",
    "crawl-failed": "先在浏览器打开网址，能打开则稍后会自动重试；持续失败请把此行交给管理员。",
    "silent": "很久没有新帖：确认网址仍在使用、没有改版。",
    "no-data": "网站打不开、搬家或改版：用浏览器核对网址，到“来源”页点“现在检查”；搬家的换新网址。",
    "layout-changed": "网页多半改版：到“来源”页点“现在检查”；仍读不到就换新网址新增，旧的停用。",
    "dead-feed": "订阅很久没有新内容：打开订阅地址核对，网站多半换了地址，请换成新的订阅或栏目页。",
    "not-visited": "到点没有访问：看 fenghuo serve 是否在运行；在运行则请管理员看服务日志。",
    "crawl-died": "采集进程中途退出，已重新排队；反复出现请把此行交给管理员。",
    "side-car": "投放目录里的说明文件有误：按提示改正后，下一次采集会自动重读。",
    "purge-soon": "这些内容快到期清除：到期前补填依据，或把要留的登记进个案。",
    "message-unsent": "消息没有发出：按提示改渠道设置，并用别的办法先通知到人。",
    "analyse-failed": "分析没有完成，稍后自动重试；持续出现请把此行交给管理员。",
    "assess-failed": "研判没有完成，稍后自动重试；持续出现请把此行交给管理员。",
    "step-failed": "后台一步没有完成，稍后自动重试；持续出现请把此行交给管理员。",
    "basis_missing": "补填群聊来源的提供人、依据与截止日期。",
}
ADVICE_DEFAULT = "按提示处理；处理后下次采集成功会自动关闭。"


def ago(seconds: float) -> str:
    """Return a span as people say it, coarse on purpose: 40秒, 5分钟, 3小时20分, 2天4小时."""
    total = max(0, int(seconds))
    if total < 60:
        return f"{total}秒"
    minutes = total // 60
    if minutes < 60:
        return f"{minutes}分钟"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
    days, hours = divmod(hours, 24)
    return f"{days}天{hours}小时" if hours else f"{days}天"


def suggested(level: str) -> str:
    """Return the wording of a suggested level: 疑似重大, never a fact, never a number."""
    return SUGGESTED.format(level=LEVELS[level])


def voices(low: int, high: int) -> str:
    """Return a number of voices as a range where sites may share people."""
    return EXACTLY.format(n=low) if low == high else RANGE.format(low=low, high=high)
