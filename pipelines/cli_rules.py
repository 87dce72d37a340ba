"""The verbs on alert rules (预警规则), `rules check|test|backtest` (design §5, B-RU1)."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.checked import span
from crawlers.decode import decode
from domain.alert import Rules
from domain.clock import say_time
from domain.errors import FactsError
from domain.level import Level
from pipelines import backtest as backtests
from pipelines import files, rule_check, rulebook
from pipelines.usage import plain
from pipelines.wiring import open_app

rules_app = typer.Typer(help="预警规则：检查、跑例子、回看过去 90 天。", no_args_is_help=True)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
#: Exit code when a file or an example fails.
FAILED = 1

FilesArgument = Annotated[list[str], typer.Argument(metavar="FILE…", help="规则文件 YAML")]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="规则文件 YAML，默认用正在生效的规则")
]


@rules_app.command(epilog="例：fenghuo rules check 我的规则.yml")
def check(paths: FilesArgument) -> None:
    """检查规则文件：写法、必填说明和全部例子；有错写明文件、键和改法，不改变任何数据。"""
    bad = 0
    for path in paths:
        name = Path(path).name
        try:
            rules = rule_check.read_rules(_text(path), name)
        except FactsError as error:
            bad += 1
            err.print(f"[red]不能用：[/red]{plain(error)}")
            continue
        for line in rule_check.missing(rules):
            err.print(f"[yellow]请补全[/yellow] {plain(name)} {plain(line)}")
        active = sum(rule.active for rule in rules.rules)
        examples = sum(len(rule.examples) for rule in rules.rules)
        out.print(
            f"{plain(name)}：可以用，{len(rules.rules)} 条规则（启用 {active}），"
            f"{examples} 个例子全部符合"
        )
    if bad:
        raise typer.Exit(FAILED)


@rules_app.command("test", epilog="例：fenghuo rules test --rules 我的规则.yml")
def run_examples(rules: RulesOption = None) -> None:
    """逐条运行规则的例子，一个例子一行：符合或不符、应当怎样、实际怎样。"""
    bad = total = 0
    for verdict in rule_check.run(_rules(rules)):
        total += 1
        bad += not verdict.passed
        mark = "符合" if verdict.passed else "不符"
        got = verdict.level.value if verdict.level else "没有报"
        said = f"{mark} {verdict.rule} {verdict.wanted}（实际 {got}）：{verdict.example.title}"
        out.print(plain(said))
    out.print(f"{total} 个例子，{bad} 个不符")
    if bad:
        raise typer.Exit(FAILED)


@rules_app.command(epilog="例：fenghuo rules backtest --since 90d --rules 我的规则.yml")
def backtest(
    since: Annotated[str, typer.Option(help="回看多久，如 90d、12h")] = "90d",
    rules: RulesOption = None,
) -> None:
    """回看：已入库的帖子在这些规则下会报什么；给了 --rules 就与正在生效的规则相比。"""
    opened = open_app()
    now = opened.clock.now()
    start = now - span("--since", "时长", since)
    tried = None if rules is None else _rules(rules)
    if tried and (bad := sum(not verdict.passed for verdict in rule_check.run(tried))):
        err.print(f"[yellow]{bad} 个例子不符[/yellow]，这样的规则不能装入：见 fenghuo rules test")
    past = backtests.load(opened, start)
    out.print(
        f"回看 {say_time(start)} 至 {say_time(now)}：{past.posts} 帖，{past.subjects} 个对象"
        "（按发布时刻重放，补采的帖子也当作及时看到）"
    )
    active = backtests.run(past, rulebook.active_rules(opened))
    fired = active if tried is None else backtests.run(past, tried)
    _print_tallies(fired)
    if tried is not None:
        _print_difference(*backtests.difference(active, fired))


def _print_tallies(fired: list[backtests.Fired]) -> None:
    for tally in backtests.tallies(fired):
        judged = f"，已研判 {tally.judged} 次其中属实 {tally.right}" if tally.judged else ""
        out.print(f"{tally.rule}：会报 {tally.fired} 次，其中一般以上 {tally.pushed} 次{judged}")
    pushed = sum(one.level is not Level.MINOR for one in fired)
    out.print(f"合计：会报 {len(fired)} 次，其中一般以上 {pushed} 次")


def _print_difference(added: list[backtests.Fired], gone: list[backtests.Fired]) -> None:
    out.print(f"与正在生效的规则相比：新增 {len(added)} / 减少 {len(gone)}")
    for mark, one in [*(("新增", one) for one in added), *(("减少", one) for one in gone)]:
        said = f"  {mark} {one.at[:16]} {one.subject} {one.rule} {one.level.value}："
        out.print(plain(f"{said}{one.reason_zh[:80]}"))


def _rules(path: Path | None) -> Rules:
    """Return the rules of a file, else those in force, else the shipped ones."""
    if path is None:
        return rulebook.in_force()
    return rulebook.read(_text(str(path)), path.name)


def _text(path: str) -> str:
    return decode(files.read_bytes(path), where=Path(path).name)
