"""The `fenghuo model` commands: train, evaluate, show and choose the model of a home."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.settings import read_settings
from domain.access import Actor
from domain.errors import FenghuoError
from pipelines import language, model_choice, model_evaluate, model_shipped, model_trial
from pipelines.model_measure import Figures
from pipelines.usage import plain
from pipelines.wiring import App, open_app

model_app = typer.Typer(help="语言模型：训练、评测、查看、选用。", no_args_is_help=True)

err = Console(stderr=True, highlight=False, soft_wrap=True)

#: Registers of our own set and public sets as the tables name them.
NAMES = {
    "message": "投诉留言（自有）", "post": "帖子（自有）", "chat": "群聊（自有）",
    "title": "新闻标题（自有）", "answer": "官方答复（自有）", "ad": "广告（自有）",
    "own": "本公司发文（自有）", "labels": "本机标注", "shared_message": "投诉留言（公开）",
    "shared_title": "地产新闻标题（公开）", "shared_answer": "官方答复（公开）",
    "civic": "留言（按标题猜）",
    "letter": "留言（读过标注）", "civic_reply": "官方答复", "chnsenticorp_htl": "酒店评论",
    "waimai_10k": "外卖评论", "online_shopping_10_cats": "购物评论",
    "weibo_senti_100k_part": "微博", "smp2020_usual": "SMP 日常", "smp2020_virus": "SMP 疫情",
}  # fmt: skip
KINDS = {
    "public": "随产品发布（public）", "own": "随产品发布（own）", "company": "本公司自训",
    "file": "外来文件",
}  # fmt: skip
DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="公开数据目录，见 docs/model-card.md")
]


@model_app.command("train", epilog="例：fenghuo model train --dry-run")
def train(
    data: DataOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="写到哪里，默认 nlp/weights")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只打印对比，不写也不启用")] = False,
) -> None:
    """训练：用本机的标注微调在用的模型，更好才启用；写 --data 则训练随产品发布的模型（维护者）。

    前者在冻结的自有集与标注上对照新旧两个模型，任何语域变差都不启用。
    """
    if data is not None:
        if dry_run:
            raise FenghuoError("--dry-run 只用于本机标注的训练：请去掉 --data")
        for file in model_shipped.train_shipped(data, out or _weights(), _say):
            err.print(f"已写 {plain(file)}（{file.stat().st_size / 1024:.0f} KiB）")
        return
    if out is not None:
        raise FenghuoError("--out 只与 --data 一起用：本机训练的模型写在数据目录的 models 里")
    opened = open_app()
    model_choice.settle(opened)
    verdict = model_trial.train_company(opened, _say)
    err.print(f"{model_trial.RULE}。")
    _print_lines(_compared(verdict))
    err.print(f"对数损失 {verdict.loss_before:.4f} → {verdict.loss_after:.4f}")
    if verdict.reason:
        err.print(
            f"[yellow]没有启用[/yellow]：{_named(verdict.reason)}；仍用 {verdict.used.version}"
        )
    elif dry_run:
        err.print(f"可以启用 {verdict.model.version}；这次只预演，什么也没有写。")
    else:
        file = model_choice.activate_trained(
            opened, verdict, actor=_cli(opened), now=opened.clock.now()
        )
        err.print(f"已启用 {verdict.model.version}（{plain(file)}）；{_REREAD}")


@model_app.command("evaluate", epilog="例：fenghuo model evaluate --peers")
def evaluate(
    data: DataOption = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="同样的文本上对照 SnowNLP、bixin、字符 LR")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="直接量在用的模型：自有集它训练过，数字偏好")
    ] = False,
    own: Annotated[
        bool, typer.Option("--own", help="只用自有集训练（own 的数字），公开数据只用来量")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="打印 JSON，不打印表格")] = False,
) -> None:
    """评测：逐语域打印 AUC、准确率、召回、误报与校准误差，附 95 % 区间。

    在冻结的自有集（写 --data 则加公开数据的冻结部分）上量；先训练一个没有见过它们的模型。
    """
    used = language.model_of(read_settings().home) if quick else None
    found = model_evaluate.evaluate(data, used, peers=peers, own=own, say=_say)
    for name, cure in found.missing.items():
        err.print(f"[yellow]没有对照 {name}[/yellow]：{plain(cure)}")
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    if found.seen:
        err.print(
            f"量的是在用的模型 {found.model}：除公开的留言、标题与答复外，这些文本它都训练过，"
            "数字偏好；要可信的数字请去掉 --quick。"
        )
    else:
        err.print(f"量的是用其余 {found.trained_on} 条新训练的模型，冻结的部分它没有见过。")
    _print_lines(_table(found))


@model_app.command("show", epilog="例：fenghuo model show")
def show() -> None:
    """查看在用的模型：版本、来历、许可、大小与说明里的数字。"""
    home = read_settings().home
    if (home / "secret.key").exists():
        model_choice.settle(open_app())
    found = model_choice.in_use(home)
    typer.echo(f"版本\t{found.version}")
    typer.echo(f"来历\t{KINDS.get(found.kind, found.kind)}")
    typer.echo(f"许可\t{found.licences}")
    typer.echo(f"大小\t{found.size / 1024:.0f} KiB")
    for key, name in (
        ("base", "底版"), ("base_version", "底版版本"), ("trained_at", "训练时间"),
        ("labels", "标注条数"), ("measured", "数字怎么来"),
    ):  # fmt: skip
        if key in found.card:
            typer.echo(f"{name}\t{found.card[key]}")
    try:
        figures = [
            (name, "", Figures(**each)) for name, each in found.card.get("figures", {}).items()
        ]
    except (TypeError, AttributeError):
        typer.echo("数字\t说明卡读不懂，模型本身不受影响")
        return
    if figures:
        _print_lines(_rows(("",), iter(figures)))


@model_app.command("use", epilog="例：fenghuo model use own")
def use(
    name: Annotated[
        str, typer.Argument(metavar="public|own|FILE", help="随产品发布的两种、本机版本号或文件")
    ],
) -> None:
    """选用模型：public、own（只用自有数据）、本机训练的版本号或 .npz 文件；记入审计。"""
    opened = open_app()
    version = model_choice.use(opened, name, actor=_cli(opened), now=opened.clock.now())
    err.print(f"已选用 {plain(name)}（{version}）；{_REREAD}")


_REREAD = "下一次流水线运行会用它把全部帖子重新分析一遍，人工标注不受影响。"


def _cli(app: App) -> Actor:
    return Actor(name=app.settings.actor, via="cli")


def _say(what: str) -> None:
    err.print(f"  {plain(what)}")


def _weights() -> Path:
    return Path(__file__).parents[1] / "nlp" / "weights"


# ---- tables --------------------------------------------------------------------------------------


def _table(found: model_evaluate.Evaluation) -> Iterator[str]:
    registers = next(iter(found.scorers.values()))
    return _rows(
        ("模型",),
        (
            (register, scorer, measured[register])
            for register in registers
            for scorer, measured in found.scorers.items()
        ),
    )


def _compared(verdict: model_trial.Verdict) -> Iterator[str]:
    return _rows(
        ("模型",),
        (
            (register, when, measured)
            for register, each in verdict.registers.items()
            for when, measured in (("原", each.before), ("新", each.after))
        ),
    )


def _rows(second: tuple[str], rows: Iterator[tuple[str, str, Figures]]) -> Iterator[str]:
    """Yield a Markdown table, ready for the model card."""
    head = ["语域", *(each for each in second if each), "条数", "负面", "AUC", "准确率", "召回",
            "误报", "ECE", "95 % 区间"]  # fmt: skip
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for register, scorer, each in rows:
        cells = [
            NAMES.get(register, register), *([scorer] if second[0] else []), str(each.n),
            str(each.negative), _number(each.auc), _number(each.accuracy), _number(each.recall),
            _number(each.false_alarms), _number(each.ece),
            f"{each.ece_low:.3f}–{each.ece_high:.3f}",
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _named(reason: str) -> str:
    head, colon, names = reason.partition("：")
    return head + colon + "、".join(NAMES.get(name, name) for name in names.split("、"))


def _print_lines(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo(line)
