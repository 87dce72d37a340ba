"""Chinese labels of the accounts page (账号)."""

INTRO = "账号决定谁能看、能做什么；法人主体决定看哪些项目。每一步操作都按姓名记入审计。"
FIRST = (
    "还没有账号：现在看板只在这台电脑上能打开，操作记在 {name} 名下。"
    "建立第一个账号（全公司管理员）之后，打开看板就要登录，也才可以让别的电脑访问。"
)
COLUMNS = ("登录名", "姓名", "角色", "可见范围", "状态")
WHOLE = "全公司"
ACTIVE, DISABLED, LOCKED = "启用", "已停用", "暂停中（密码连错）"
NEW = "新建账号"
LOGIN, NAME = "登录名", "姓名（写进审计）"
FIRST_WORD, AGAIN = "密码（至少 10 个字符）", "再输一次密码"
ROLES, SCOPE = "角色", "可见的法人主体"
WHOLE_BOX = "全公司（看得到所有法人主体）"
ENABLE = "恢复停用的账号"
CREATE = "建立账号"
DIFFERENT = "两次输入的密码不同：请重新输入"
DONE = "已建立账号 {login}"
DONE_FIRST = "已建立第一个账号 {login}。请现在登录。"
EDIT = "修改账号"
WHICH = "选择账号"
SAVE = "保存角色与范围"
RESET = "重设密码"
DISABLE = "停用账号"
SAVED = "已保存"
OWN = "修改我的密码"
ROLE_HELP = (
    "查看：只看；监测：待阅、研判、录入；危机小组：另可定级、查看联系方式；"
    "媒介：周报、媒体来访；管理员：对象、收件人、账号。可多选。"
)
