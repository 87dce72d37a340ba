"""Chinese labels of what is said beside an alert: event, indicators, risk, outlook, statistics."""

#: An alert of the statistics that no single event explains.
UNUSUAL = "{subject} · {topic}：声音异常增多"
ALL_TOPICS = "各话题合计"
COUNTED = "统计检出 · {topic}"
COUNTED_RULE = "统计检出"

# ---- event -------------------------------------------------------------------------------------
EVENT = "事件概况"
PHASE = "阶段建议：{name}"
PROBLEM = "问题：{name}"
MOSTLY = "说得最多：{name}"
PLACE = "位置：{name}"
NO_PLACE = "位置：帖中没有一致说法"
CATEGORY = "类别：{name}"
SPAN = "首帖 {first} · 最近 {last}"
NO_POSTS = "没有可读的帖子"
GROWING = "增长：{told}"
NOT_GROWING = "增长：近 24 小时没有明显增长"
SENTENCES = "关键句（已遮盖个人信息）"
NO_SENTENCES = "没有可引用的句子"
NOT_ONE_EVENT = "这些声音不属于同一件事：下面的句子只是其中说得最多的。"

# ---- statistics --------------------------------------------------------------------------------
OBSERVED = "观察到 {n} 个不同账号"
EXPECTED = "平时同时段{n}"
CHANCE = "自然波动达到的可能{n}"
BASELINE = "基线 {n} 天"
COUNTED_META = "第 {version} 版 · 窗口 {window}（{start} 至 {end}）· {since} 起成立"
THESE_POSTS = "看这 {n} 帖"
SHORT_HISTORY = "基线不足"
SHORT_HISTORY_HINT = "只有 {days} 天历史：满 {wanted} 天才做统计检出，此前只有规则预警。"
HISTORY = "历史 {days} 天"

# ---- indicators --------------------------------------------------------------------------------
NOW = "本项目现状"
HEAT, SHARE, MEDIA = "舆情热度", "负面占比（24 小时）", "媒体关注（24 小时）"
HEAT_OF = "{n} / 100"
SHARE_OF = "{k} / {n}"
TOO_FEW = "样本不足"
OUTLETS = "{n} 家"
HOW = "怎么算的"
HEAT_COLUMNS = ("文字", "帖", "来源＋转载＋增长", "已过小时", "计入")
SHARE_COLUMNS = ("账号", "个数", "帖")
MEDIA_COLUMNS = ("媒体", "权重", "72 小时内篇数", "帖")
SHOWN = "只列最重的 {n} 项，共 {all} 项。"

# ---- risk and outlook --------------------------------------------------------------------------
RISK = "可能性 × 影响"
RISK_HINT = "供定级参考，与上面按声音数给出的预警级别分开计算；由人定级。"
RISK_COLUMNS = ("方面", "建议值", "依据", "帖")
LIKELIHOOD = "可能性"
ONE_BY_ONE = "逐项依据"
RATED = "{n} / 4"
NO_REASON = "没有特别依据"
AHEAD = "走势"
NO_MORE = "已是最高级别，或窗口已过：没有“再有几个将升级”可说。"
EDITED = "（人工）"

# ---- around ------------------------------------------------------------------------------------
DATES = "关键日期"
NO_DATES = "近期没有登记的关键日期"
OTHER_EVENTS = "其他项目的同类事件（开放预警）"


def chance(score: float) -> str:
    """Return a chance of 10^-score as people read it: 约 0.03 %."""
    found = 10.0**-score
    if found < 1e-6:
        return "不到百万分之一"
    return f"约 {found * 100:.2g} %" if found >= 1e-4 else f"约 {found * 100:.4f} %"


def few(value: float) -> str:
    """Return an expected number: 约 1.2 个, 约 0.05 个, 不到 0.01 个."""
    if value < 0.01:
        return "不到 0.01 个"
    return f"约 {value:.1f} 个" if value >= 0.1 else f"约 {value:.2f} 个"
