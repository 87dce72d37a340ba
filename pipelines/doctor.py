"""Doctor: what is wrong with this home, and what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from config.calendar import workday
from config.channels import exposed, read_channels
from config.clock import SystemClock
from config.settings import Settings
from domain.clock import SHANGHAI
from domain.errors import FenghuoError
from domain.level import Level
from pipelines import language, model_choice, rulebook
from pipelines.wiring import App, open_app
from store import audit, health, outbox, packs, people, subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding of the doctor; `cure` says what to do when it is not ok."""

    name: str
    ok: bool
    found: str
    cure: str = ""


def run(settings: Settings) -> Iterator[Check]:
    """Yield every check; a broken home yields just that."""
    try:
        app = open_app(settings)
    except FenghuoError as error:
        yield Check(name="数据目录", ok=False, found=str(error), cure="按提示处理后再体检")
        return
    yield Check(name="数据目录", ok=True, found=str(settings.home))
    for check in _CHECKS:
        try:
            yield check(app)
        except FenghuoError as error:
            yield Check(name="配置", ok=False, found=str(error), cure="按提示改正后再体检")


def _rules(app: App) -> Check:
    rules = rulebook.active_rules(app)
    with app.db.read() as connection:
        pack = packs.active(connection, "procedure")
    return Check(
        name="规则与程序包", ok=pack is not None,
        found=f"规则 {len(rules.rules)} 条，程序包 {pack.name if pack else '未选'}",
        cure="运行 fenghuo init --pack 选择程序包",
    )  # fmt: skip


def _subjects(app: App) -> Check:
    with app.db.read() as connection:
        watched = subjects.load(connection)
    return Check(
        name="监测对象", ok=bool(watched), found=f"{len(watched)} 个",
        cure="还没有监测对象：帖子会入库，但不会产生预警",
    )  # fmt: skip


def _language(app: App) -> Check:
    model_choice.settle(app)
    with app.db.read() as connection:
        facts = language.load_facts(subjects.load(connection), language.model_of(app.settings.home))
    return Check(name="词库与模型", ok=True, found=f"分析器 {facts.version}")


def _sources(app: App) -> Check:
    with app.db.read() as connection:
        total, ill = health.sources(connection, SystemClock().now())
    return Check(
        name="来源", ok=not ill, found=f"{total} 个，{len(ill)} 个异常 {'、'.join(ill[:5])}",
        cure="看板“来源健康”写有每个来源的问题与处理办法",
    )  # fmt: skip


def _recipients(app: App) -> Check:
    """Fail where a grave alert reaches nobody; warn where only the console shows it."""
    with app.db.read() as connection:
        reached = people.reach(connection, Level.CRITICAL)
    deaf = [item.subject for item in reached if not item.people]
    inside = [item.subject for item in reached if item.people and not item.outside]
    found = f"重大预警无人接收的对象 {len(deaf)} 个 {'、'.join(deaf[:5])}"
    if inside:
        found += f"；注意：{len(inside)} 个只到控制台，不看屏幕就不知道 {'、'.join(inside[:5])}"
    return Check(
        name="收件人", ok=not deaf, found=found,
        cure="用 fenghuo recipients import 收件人.xlsx 为这些对象添加收件人",
    )  # fmt: skip


def _channels(app: App) -> Check:
    path = app.settings.home / "channels.yml"
    try:
        known = read_channels(path)
    except FenghuoError as error:
        return Check(name="渠道", ok=False, found=str(error), cure="改正 channels.yml 后再体检")
    if exposed(path):
        return Check(
            name="渠道", ok=False, found="channels.yml 里有密钥，本机其他用户也能读",
            cure=f"运行 chmod 600 {path}",
        )  # fmt: skip
    mail = "邮件已设" if known.mail else "邮件未设"
    return Check(name="渠道", ok=True, found=f"{mail}，机器人 {len(known.robots)} 个")


def _outbox(app: App) -> Check:
    with app.db.read() as connection:
        counts = outbox.counts(connection)
    failed = counts.get("failed", 0)
    return Check(
        name="消息", ok=not failed,
        found=f"待发 {counts.get('queued', 0)}，已达 {counts.get('accepted', 0)}，失败 {failed}",
        cure="失败的消息在预警详情“谁已被告知”中写有渠道的原话",
    )  # fmt: skip


def _audit(app: App) -> Check:
    with app.db.read() as connection:
        verdicts = list(audit.verify(connection))
    broken = [verdict.object for verdict in verdicts if verdict.broken_at]
    return Check(
        name="审计链", ok=not broken, found=f"{len(verdicts)} 条，{len(broken)} 条有问题",
        cure="运行 fenghuo audit verify 查看是哪一步，并从备份核对",
    )  # fmt: skip


def _calendar(app: App) -> Check:
    """Say which year is not announced yet; that is nobody's fault, so it is never a failure."""
    ahead = app.clock.now().astimezone(SHANGHAI).date() + timedelta(days=40)
    if workday(ahead) is not None:
        return Check(name="工作日历", ok=True, found=f"{ahead.year} 年已知")
    hint = f"{ahead.year} 年放假安排未公布，跨年的工作日时限标为“暂定”；公布后升级 chinesecalendar"
    return Check(name="工作日历", ok=True, found=hint)


_CHECKS: tuple[Callable[[App], Check], ...] = (
    _rules, _subjects, _language, _sources, _recipients, _channels, _outbox, _audit,
    _calendar,
)  # fmt: skip
