"""The town's forum as HTML: Discuz! X3.x markup, noise and all (collection §2)."""

import random
from datetime import datetime, timedelta
from html import escape
from urllib.parse import urlencode

from domain.clock import SHANGHAI
from pipelines.town.load import Thread, Town, TownPost, as_of, uid_of

ROWS_A_PAGE, FLOORS_A_PAGE = 20, 10
_LABELS = {1: "楼主", 2: "沙发", 3: "板凳", 4: "地板"}
_JAM = "江畔云影城西旧梦灯火长桥渡口春水白鹭石阶"

#: The stock robots.txt of the engine, as far as it matters here.
ROBOTS = """User-agent: *
Disallow: /api/
Disallow: /member.php
Disallow: /search.php
Disallow: /forum.php?mod=redirect
Disallow: /forum.php?mod=misc
Disallow: /forum.php?mod=attachment
"""


def board_page(town: Town, fid: int, page: int, now: datetime) -> str:
    """Return one page of a board, threads by last post."""
    board = town.board(fid)
    if board is None:
        return notice("抱歉，您没有权限访问该版块，请先登录")
    rows = _rows(town, fid, now)
    shown = rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    bodies = "\n".join(_row(thread, posts, now) for thread, posts in shown)
    pager = _pager(page, -(-len(rows) // ROWS_A_PAGE), {"mod": "forumdisplay", "fid": str(fid)})
    return _frame(
        f"{board['name']} - {town.facts['forum']['name']}",
        f'<div id="threadlist" class="tl bm"><table summary="forum_{fid}" id="threadlisttableid" '
        f'cellspacing="0" cellpadding="0">\n<tbody id="separatorline"><tr class="ts">'
        f"<td>&nbsp;</td><th>版块主题</th></tr></tbody>\n{bodies}\n</table></div>{pager}",
    )


def thread_page(town: Town, tid: str, page: int, now: datetime) -> str:
    """Return one page of a thread; floors are numbered anew after a deletion, as Discuz does."""
    thread = next((thread for thread in town.threads if thread.tid == tid), None)
    posts = visible(thread, now) if thread else []
    if thread is None or not posts:
        return notice("抱歉，指定的主题不存在或已被删除或正在被审核")
    first = (page - 1) * FLOORS_A_PAGE
    by_pid = {post.native_id: post for post in posts}
    floors = "\n".join(
        _floor(post, first + number, by_pid, now)
        for number, post in enumerate(posts[first : first + FLOORS_A_PAGE], start=1)
    )
    pager = _pager(page, -(-len(posts) // FLOORS_A_PAGE), {"mod": "viewthread", "tid": tid})
    return _frame(
        f"{thread.title} - {town.facts['forum']['name']}",
        f'<div id="postlist" class="pl bm"><table cellspacing="0" cellpadding="0"><tr>'
        f'<td class="plc ptm pbn"><h1 class="ts"><span id="thread_subject">'
        f"{_written(thread.title)}</span></h1></td></tr></table>\n{floors}\n</div>{pager}",
    )


def notice(message: str) -> str:
    """Return Discuz's 提示信息 page, which comes with status 200."""
    return _frame(
        "提示信息",
        f'<div id="messagetext" class="alert_error"><p>{escape(message)}</p></div>',
    )


def visible(thread: Thread, now: datetime) -> list[TownPost]:
    """Return the floors that are there at `now`, in their words of that time."""
    return [
        as_of(post, now)
        for post in thread.posts
        if post.at <= now and not (post.gone_at and post.gone_at <= now)
    ]


def encode(page: str) -> bytes:
    """Return the page in GBK; what that lacks was escaped by `_written` already."""
    return page.encode("gbk", errors="xmlcharrefreplace")


def _rows(town: Town, fid: int, now: datetime) -> list[tuple[Thread, list[TownPost]]]:
    """Return the board's threads: global stickies first, then by last post."""
    rows = [
        (thread, posts)
        for thread in town.threads
        if (thread.fid == fid or thread.sticky) and (posts := visible(thread, now))
    ]
    return sorted(rows, key=lambda row: (row[0].sticky, row[1][-1].at), reverse=True)


def _row(thread: Thread, posts: list[TownPost], now: datetime) -> str:
    first, last = posts[0], posts[-1]
    kind = "stickthread" if thread.sticky else "normalthread"
    link = escape("forum.php?" + urlencode({"mod": "viewthread", "tid": thread.tid}))
    extra = escape(f"&extra=page=1&r={random.randrange(10**6)}")
    created = _local(first.at)
    return (
        f'<tbody id="{kind}_{thread.tid}"><tr><td class="icn"></td><th class="common">'
        f'<a href="{link}{extra}" onclick="atarget(this)" class="s xst">'
        f"{_written(thread.title)}</a></th>"
        f'<td class="by"><cite><a href="home.php?mod=space&amp;uid={uid_of(first.author)}">'
        f"{_written(first.author)}</a></cite><em><span>{created:%Y}-{created.month}-{created.day}"
        f'</span></em></td><td class="num"><a href="{link}" class="xi2">{len(posts) - 1}</a>'
        f"<em>{_large(thread.views + 7 * len(posts))}</em></td>"
        f'<td class="by"><cite><a href="#">{_written(last.author)}</a></cite><em>'
        f'<a href="#">{_when(last.at, now, seconds=False)}</a></em></td></tr></tbody>'
    )


def _floor(post: TownPost, number: int, by_pid: dict[str | None, TownPost], now: datetime) -> str:
    pid, uid = post.native_id, uid_of(post.author)
    label = _LABELS.get(number) or f"<em>{number}</em><sup>#</sup>"
    return (
        f'<div id="post_{pid}"><table id="pid{pid}" class="plhin" cellspacing="0"><tr>'
        f'<td class="pls" rowspan="2"><div class="pi"><div class="authi">'
        f'<a href="home.php?mod=space&amp;uid={uid}" target="_blank" class="xw1">'
        f"{_written(post.author)}</a></div></div></td>"
        f'<td class="plc"><div class="pi"><strong><a href="#" id="postnum{pid}">{label}</a>'
        f'</strong><div class="pti"><div class="authi"><em id="authorposton{pid}">发表于 '
        f"{_when(post.at, now, seconds=True)}</em></div></div></div>"
        f'<div class="pct"><div class="pcb">{_body(post, by_pid, now)}</div>'
        f'<div id="post_rate_div_{pid}"></div></div></td></tr>'
        f'<tr><td class="plc plm"><div class="sign">人生若只如初见</div></td></tr></table></div>'
    )


def _body(post: TownPost, by_pid: dict[str | None, TownPost], now: datetime) -> str:
    if post.blocked_at and post.blocked_at <= now:
        return '<div class="locked">提示: <em>该帖被管理员或版主屏蔽</em></div>'
    words = "<br />\r\n".join(_written(line) for line in post.text.split("\n"))
    cut = len(words) // 2 if "<" not in words and "&" not in words else len(words)
    jammed = words[:cut] + _jammer() + words[cut:] + _jammer()
    return (
        f'<div class="t_fsz"><table cellspacing="0"><tr><td class="t_f" '
        f'id="postmessage_{post.native_id}">{_edit(post)}{_quote(post, by_pid)}{jammed}</td>'
        f"</tr></table></div>"
    )


def _edit(post: TownPost) -> str:
    if not post.edited_at:
        return ""
    at = _local(post.edited_at)
    stamp = f"{at.year}-{at.month}-{at.day} {at:%H:%M}"
    return f'<i class="pstatus"> 本帖最后由 {_written(post.author)} 于 {stamp} 编辑 </i><br />'


def _quote(post: TownPost, by_pid: dict[str | None, TownPost]) -> str:
    quoted = by_pid.get(post.reply_to) if post.reply_to else None
    if quoted is None:
        return ""
    at = _local(quoted.at)
    return (
        f'<div class="quote"><blockquote><font size="2"><a href="forum.php?mod=redirect&amp;'
        f'goto=findpost&amp;pid={quoted.native_id}&amp;ptid={quoted.thread_id}" target="_blank">'
        f'<font color="#999999">{_written(quoted.author)} 发表于 {at.year}-{at.month}-{at.day} '
        f"{at:%H:%M}</font></a></font><br />\r\n{_written(quoted.text[:60])}</blockquote></div>"
        f"<br />\r\n"
    )


def _jammer() -> str:
    """Return words against copying, random at each request."""
    words = "".join(random.choices(_JAM, k=6))
    if random.random() < 0.5:
        return f'<font class="jammer">{words}</font>'
    return f'<span style="display:none">{words}</span>'


def _when(at: datetime, now: datetime, *, seconds: bool) -> str:
    """Return the time as Discuz shows it: relative with a title for a week, then absolute."""
    local, today = _local(at), _local(now)
    shape = "%H:%M:%S" if seconds else "%H:%M"
    exact = f"{local.year}-{local.month}-{local.day} {local.strftime(shape)}"
    age, days = now - at, (today.date() - local.date()).days
    if days >= 7:
        return exact
    if age < timedelta(minutes=1):
        words = f"{max(int(age.total_seconds()), 1)} 秒前"
    elif age < timedelta(minutes=30):
        words = f"{int(age.total_seconds() // 60)} 分钟前"
    elif age < timedelta(hours=1):
        words = "半小时前"
    elif days == 0:
        words = f"{int(age.total_seconds() // 3600)} 小时前"
    else:
        words = {1: f"昨天 {local:%H:%M}", 2: f"前天 {local:%H:%M}"}.get(days, f"{days} 天前")
    return f'<span title="{exact}">{words}</span>'


def _large(count: int) -> str:
    return str(count) if count < 10_000 else f'<span title="{count}">{count // 10_000}万</span>'


def _pager(page: int, pages: int, query: dict[str, str]) -> str:
    if pages <= 1:
        return ""
    parts = [
        f"<strong>{number}</strong>"
        if number == page
        else f'<a href="{_link(query, number)}">{number}</a>'
        for number in range(1, pages + 1)
    ]
    parts.append(f'<label><span title="共 {pages} 页"> / {pages} 页</span></label>')
    if page < pages:
        parts.append(f'<a href="{_link(query, page + 1)}" class="nxt">下一页</a>')
    return f'<div class="pgs mtm mbm cl"><div class="pg">{"".join(parts)}</div></div>'


def _link(query: dict[str, str], page: int) -> str:
    return escape("forum.php?" + urlencode({**query, "page": page}))


def _frame(title: str, content: str) -> str:
    """Return a page with a formhash that differs at each request, as real ones do."""
    formhash = f"{random.getrandbits(32):08x}"
    return (
        '<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; '
        f'charset=gbk" /><title>{_written(title)} - Powered by Discuz!</title></head><body '
        f'id="nv_forum"><form id="scbar_form"><input type="hidden" name="formhash" '
        f'value="{formhash}" /></form><div id="wp" class="wp">{content}</div></body></html>'
    )


def _written(text: str) -> str:
    """Return user text as a GBK site stores it: foreign characters as &#N;, escaped once more."""
    known = "".join(
        char if char.encode("gbk", errors="ignore") else f"&#{ord(char)};" for char in text
    )
    return escape(known)


def _local(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI)
