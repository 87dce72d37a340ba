"""Trace: one post's whole way as text, for whoever asks "why was this (not) raised?"."""

from collections.abc import Iterator
from typing import Any

from domain.clock import iso_shanghai
from domain.errors import FenghuoError
from domain.mask import mask
from store import trace
from store.db import Connection

_LEVELS = {"critical": "重大", "major": "较大", "moderate": "一般", "minor": "轻微"}
_REASONS = {
    "opened": "新预警", "raised": "级别上升", "overdue": "研判超时", "repeat": "再次提醒",
    "clock": "时限到期", "brief": "每日简报",
}  # fmt: skip


def trace_post(connection: Connection, wanted: str) -> str:
    """Return the way of a post (row id, or site|native id); raises FenghuoError if unknown."""
    way = trace.way(connection, wanted)
    if way is None:
        raise FenghuoError(
            f"没有编号为 {wanted} 的帖子：可用看板“帖子检索”查到编号，或写成 站点|原帖号"
        )
    return "\n".join(_lines(way))


def _lines(way: dict[str, Any]) -> Iterator[str]:
    post = way["post"]
    yield f"帖子 {post['id']}  {post['site']}|{post['native_id']}"
    yield f"  发布 {iso_shanghai(post['published_at'])}（精度 {post['published_precision']}）"
    yield f"  采集 {iso_shanghai(post['fetched_at'])}{'，回填' if post['backfill'] else ''}"
    for seen in way["seen"]:
        yield f"  来源 {seen['name']}（{iso_shanghai(seen['first_at'])} 首见）"
    for revision in way["revisions"]:
        yield from _revision(revision)
    relation = way["relation"]
    if relation is None:
        yield "关联  还没有"
    else:
        copy = f"，是帖子 {relation['duplicate_of']} 的转载" if relation["duplicate_of"] else ""
        yield f"关联  事件 {relation['key']}“{mask(relation['title'])}”{copy}"
    if not way["alerts"]:
        yield "预警  没有预警以它为依据"
    for alert in way["alerts"]:
        yield (
            f"预警  {alert['number']} 疑似{_LEVELS[alert['level']]}（{alert['status']}）"
            f" 规则 {alert['rule']}，依据第 {alert['n']} 版原文"
        )
        yield f"  {mask(alert['reason_zh'])}"
    for told in way["told"]:
        yield (
            f"送达  {told['number']}-v{told['version']} → {told['recipient']}/{told['channel']}"
            f"（{_reason(told['reason'])}）{told['verdict'] or told['status']}"
        )


def _reason(code: str) -> str:
    """Return why a message was sent; repeats and clocks carry their number behind a dash."""
    return _REASONS.get(code, _REASONS.get(code.partition("-")[0], code))


def _revision(revision: dict[str, Any]) -> Iterator[str]:
    state = (
        "已删除"
        if revision["deleted"]
        else f"不可见（{mask(revision['hidden'])}）"
        if revision["hidden"]
        else mask(" ".join(f"{revision['title']} {revision['text']}".split()))
    )
    yield f"第 {revision['n']} 版  {state}"
    if revision["sha256"]:
        yield f"  取证 SHA-256 {revision['sha256']}"
    for analysis in revision["analyses"]:
        codes = "、".join(c["code"] for c in analysis["details"]["categories"]) or "无"
        yield (
            f"  分析 {analysis['version']}{'' if analysis['active'] else '（旧）'}：负面"
            f" {analysis['negativity']:.2f}，严重 {analysis['severity']:.2f}，类别 {codes}"
            f"，{'相关' if analysis['relevant'] else '不相关'}"
        )
        why = sorted(analysis["details"]["why"], key=lambda w: -abs(w["weight"]))[:5]
        if why:
            words = "、".join(f"{mask(w['text'])} {w['weight']:+.1f}" for w in why)
            yield f"    依据 {words}"
        for mention in analysis["mentions"]:
            yield (
                f"    对象 {mention['name']}（{mention['via']}：{mask(mention['alias']) or '—'}）"
                f" 负面 {mention['negativity']:.2f}"
            )
