"""Chinese labels of setting up: the first hour, subjects, recipients."""

INTRO = "从空库到第一条推送，按顺序做完下面几步；做完的会打勾，随时可以回来补。"
STEPS = {
    "company": "公司与程序包",
    "subjects": "监测对象（项目、集团、物业…）与别名",
    "recipients": "收件人：至少一人用控制台以外的渠道（邮件、企业微信…），不看屏幕也知道",
    "sources": "来源：粘贴网址，或按城市从目录挑选（只靠导入文件时可以跳过）",
    "posts": "带来内容：导入文件，或粘贴一段群聊",
    "accounts": "账号（要让别的电脑访问时）",
}
DONE_MARK, TODO_MARK = "已完成", "待做"
GO = {
    "subjects": "去导入监测对象 →",
    "recipients": "去导入收件人 →",
    "sources": "去设置来源 →",
    "posts": "去录入内容 →",
    "accounts": "去建立账号 →",
}
POSTS_BY = "录入内容由{roles}账号完成"
WHOLE_BY = "这一步由能看全公司的管理员完成"
ALL_DONE = "都准备好了。新内容几秒钟内会进入“今日待阅”，达到规则会推送。"
COMPANY = "公司名称（写在推送与报告上）"
PACK = "公司采用的程序包（时限与级别按它计算）"
PACK_HINT = "拿不准时先选最接近本公司制度的一份；登记第一个个案之前可以改。"
ZONE = "时区"
SAVE_COMPANY = "保存"
SAVED_COMPANY = "已保存公司与程序包。"
COMPANY_LINE = "{company} · 程序包 {pack} · 时区 {zone}"
CHANGE = "修改"
BACK = "回到第一小时 →"

UPLOAD = "选择文件（.xlsx、.csv、.yml）"
TEMPLATE, EXPORT = "下载空表", "导出现有"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DRY_RUN = "预演：还没有写入"
WRONG = "有误的行不会导入，请改正后重新上传"
WARNINGS = "请留意（可以照常导入）"
HITS = "每个名称在近 90 天已存帖子里会命中多少"
HITS_COLUMNS = ("对象", "名称", "命中")
ROW_COLUMNS = ("位置", "名称", "会怎样", "改动")
APPLY = "导入 {n} 个对象"
NOTHING = "没有需要导入的改动"
APPLIED = "已导入：新增 {new}，改动 {changed}，无变化 {unchanged}。"
SUBJECTS_INTRO = "对象的别名越全，认得越准；短名、通用名请写进“需语境的别名”并给语境词。"
SUBJECTS_EMPTY = "还没有监测对象"
SUBJECTS_EMPTY_HINT = "下载空表，填好后上传；先预演，看清重名、同名和命中数，再导入。"
SUBJECT_COLUMNS = ("名称", "类型", "法人主体", "城市", "区域", "别名", "负责人", "关键日期")

ALIASES = "待认的名称（{n}）"
ALIASES_HINT = (
    "近 30 天未归属的帖子里反复出现、像楼盘的名称。选“是别名”后，全部帖子会按新别名重新归属。"
)
ALIAS_PICK = "选一个监测对象"
ALIAS_OF = "“{word}”是谁的别名"
ALIAS_CITY = "“{word}”在哪个城市（选填）"
ALIAS_YES, ALIAS_NO, ALIAS_NEW = "是别名", "不是我们的", "是另一个对象"
ALIAS_SAID = {
    "yes": "已把“{word}”记为“{name}”的别名。",
    "no": "“{word}”不再提示。",
    "new": "已新增监测对象“{word}”，请补全资料与收件人。",
}
ALIASES_MORE = "还有 {n} 个名称，处理完上面的再列出。"

SUBJECTS_FILE, SUBJECTS_TEMPLATE = "监测对象.xlsx", "监测对象-空表.xlsx"
PEOPLE_FILE, PEOPLE_TEMPLATE = "收件人.xlsx", "收件人-空表.xlsx"
PEOPLE_INTRO = "每个对象至少要有一个人能被推送到；没有人收的对象，体检（fenghuo doctor）会报问题。"
PEOPLE_EMPTY = "还没有收件人"
PEOPLE_EMPTY_HINT = "下载空表，写清谁、哪些对象或区域、最低级别、哪个渠道，再上传。"
PEOPLE_COLUMNS = ("姓名", "角色", "范围", "最低级别", "渠道")
PEOPLE_ROW_COLUMNS = ("姓名", "会怎样", "条数（范围×渠道）")
PEOPLE_APPLY = "导入 {n} 人"
PEOPLE_APPLIED = "已保存 {n} 人。"
REPLACE = "文件里没有的人不再收（停用）"
RETIRED = "将停用：{names}"
DEAF = "导入后仍没有人收的对象：{names}"
EVERYTHING = "全部"
REGION = "区域：{name}"
