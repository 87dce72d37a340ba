"""Chinese labels of intake (录入) and on-site reports (现场上报)."""

TABS = ("粘贴群聊", "粘贴网页", "导入文件", "投诉登记", "12345／热线工单", "登记簿")
CHAT, PAGE, FILE, COMPLAINT, ORDERS, BOOK = TABS
PICK = "录入方式"
SUBJECT = "监测对象"
NO_SUBJECT = "未归属（由系统从文字里认）"
OPTIONAL = "选填"

CHAT_HINT = (
    "在电脑版微信或 QQ 里选中消息、复制，粘贴到这里。只存文字和假名，不存昵称；"
    "没有写提供人和依据的，标“依据缺失”，不进报告，30 天后清除。"
)
CHAT_TEXT = "群聊内容"
GROUP = "群名"
PROVIDER, BASIS, ENDS, NOTICE = (
    "提供人",
    "依据（如：群成员本人提供，用于处理投诉）",
    "删除日期",
    "已告知群成员",
)
PICTURES = "截图（只留指纹，勾选下面一项才留图）"
KEEP = "保留图片作为证据"
PREVIEW = "预览"
PREVIEW_COLUMNS = ("说话人", "时间", "内容", "写明房号")
READ_N = "认出 {n} 条消息，{people} 个说话人"
STORE_CHAT = "存入（{n} 条）"
STORED_CHAT = "已存入：{n} 条，新增 {new} 条，已有 {known} 条。几秒钟后进入“今日待阅”。"
WITHOUT_BASIS = "依据缺失：不进报告，30 天后清除。请补提供人和依据后再粘贴一次。"
NO_TIME = "按粘贴时间"

PAGE_HINT = "网页打不开或要登录时，把正文复制过来，连同网址。第一行短则当作标题。"
URL, PAGE_TEXT, KIND = "网址", "网页正文", "来源类型"
STORE_PAGE = "存入网页"
STORED_PAGE = "已存入网页：新增 {new}，新修订 {revised}。"

FILE_HINT = "QQ、微信导出文件，JSONL、CSV、Excel 都可以；重复导入不产生重复。"
UPLOAD = "选择文件"
SOURCE_NAME = "记在哪个来源名下（不填 = 文件里的群名或文件名）"
FILE_TERMS = "业主群的文件请写明提供人、依据和保存期限；缺提供人或依据的不进报告，30 天后清除。"
RETENTION = "保存期限"
NO_RETENTION = "按来源已有的约定"
BACKFILL = "作为历史回填（不触发预警）"
STORE_FILE = "导入"
#: A lost connection empties the form; pressing the button must say so.
NO_FILE = "还没有文件：请先选择文件（断线重连后要重新选）。"
STORED_FILE = "{file}：读到 {n} 条，新增 {new}，已有 {known}。"
REFUSED_LINES = "未收 {n} 行："

FORM_HINT = "客户投诉处理单（F1）。姓名、电话、房号只存在这张单里，屏幕和报告一律遮盖。"
CATEGORY, WAY, OPINION = "投诉类别", "投诉方式", "客户意见"
NAME, PHONE = "客户姓名", "联系方式"
PHASE, BUILDING, UNIT, ROOM = "分期", "楼号", "单元", "房号"
ORDER_CHANNEL, ORDER_NO, REPLY_DUE = (
    "官方渠道（12345、领导留言板、黑猫…）",
    "官方单号",
    "对方要求回复日期",
)
DUE_TIME = "时刻"
REGISTER = "登记"
REGISTERED = "已登记 {number}。"
FROM_POST = "由帖子 #{id} 登记"

ORDERS_HINT = "第一次请核对列的对应，之后同样表头的表格会自动认得。"
CHANNEL = "渠道名称"
COLUMN_OF = "{title}对应的列"
NO_COLUMN = "（没有这一列）"
REMEMBERED = "这种表头以前核对过，已按上次的对应。"
IMPORT_ORDERS = "导入 {n} 张工单"
NOTHING_NEW = "没有新的工单，期限与办结也没有变化"
IMPORTED_ORDERS = "已导入：新增 {new}，期限或办结有变 {changed}，已有 {unchanged}，有误 {wrong}。"

BOOK_HINT = "最近的投诉与工单；回复后外部期限停表。"
BOOK_EMPTY = "还没有登记过投诉或工单"
BOOK_COLUMNS = ("编号", "对象", "类别", "渠道", "单号", "受理", "回复期限", "内容", "状态")
OPEN, REPLIED, WITHDRAWN = "待回复", "已回复", "已撤回"
WHICH = "选择一张"
REPLY, REPLY_DONE = "记录回复", "已记录回复，外部期限停表。"
REPLY_TEXT = "回复内容"
WITHDRAW, WITHDRAW_WHY, WITHDRAW_DONE = "撤回登记", "撤回原因", "已撤回。"
REVEAL, REVEAL_WHY = "查看联系方式（记入审计）", "查看理由"
CONTACT = {
    "name": "姓名", "phone": "电话", "phase": "分期", "building": "楼号", "unit": "单元",
    "room": "房号",
}  # fmt: skip

ONSITE_HINT = "30 秒报完：点情况、选项目、发送。发出后立即预警，人到安全处再补充。"
WHAT = "现场情况"
PEOPLE, PLACE, MORE, PICTURE = "约多少人", "地点", "补充说明", "照片"
SEND = "立即上报"
SENT = "已上报（{time}）。预警将在几秒钟内发出，请保持电话畅通。"
SENT_TWICE = "一分钟内已报过同样内容，没有重复记录。"
#: One of the ways of form F1 (pipelines.complaints.WAYS).
BY_WEB = "网上"
CHOOSE_FIRST = "请先选现场情况和项目"
