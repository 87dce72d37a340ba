"""Pages as stock Discuz! X3.4 and X3.5 templates lay them out; all content is the caller's."""

from collections.abc import Sequence
from html import escape

STOCK_LABELS = {1: "楼主", 2: "沙发", 3: "板凳", 4: "地板"}


def frame(title: str, content: str, *, charset: str = "utf-8", head: str = "") -> str:
    """Return a whole page with the header form every Discuz! page has."""
    return (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
        '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
        f'<html xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<meta http-equiv="Content-Type" '
        f'content="text/html; charset={charset}" />\n<title>{escape(title)} - Powered by Discuz!'
        f'</title>\n{head}<meta name="generator" content="Discuz! X3.5" />\n</head>\n'
        '<body id="nv_forum" class="pg_viewthread" onkeydown="if(event.keyCode==27) return false;">'
        '<div id="append_parent"></div><form id="scbar_form" method="post">'
        '<input type="hidden" name="formhash" value="4fa6e21c" /></form>\n'
        f'<div id="wp" class="wp">{content}</div>\n<div id="ft" class="wp cl">Powered by '
        "<strong>Discuz!</strong></div></body></html>"
    )


def pager(page: int, pages: int, links: dict[int, str]) -> str:
    """Return div.pg as multi() makes it, nothing for a single page."""
    if pages <= 1:
        return ""
    parts = [f'<a href="{links[page - 1]}" class="prev">&nbsp;&nbsp;</a>'] if page > 1 else []
    parts += [
        f"<strong>{n}</strong>" if n == page else f'<a href="{links[n]}">{n}</a>'
        for n in range(1, pages + 1)
    ]
    parts.append(
        '<label><input type="text" name="custompage" class="px" size="2" />'
        f'<span title="共 {pages} 页"> / {pages} 页</span></label>'
    )
    if page < pages:
        parts.append(f'<a href="{links[page + 1]}" class="nxt">下一页</a>')
    return f'<div class="pg">{"".join(parts)}</div>'


def label(number: int) -> str:
    """Return a floor's label as stock sites show it."""
    return STOCK_LABELS.get(number) or f"<em>{number}</em><sup>#</sup>"


def member(name: str, uid: str, pid: str) -> str:
    """Return the left column of a member who is shown with name, card and avatar."""
    link = f"home.php?mod=space&amp;uid={uid}"
    return (
        f'<div id="favatar{pid}" class="pls favatar">\n<div class="pi">\n<div class="authi">'
        f'<a href="{link}" target="_blank" class="xw1">{escape(name)}</a>'
        '<a href="home.php?mod=spacecp&amp;ac=profile&amp;op=verify&amp;vid=1" target="_blank">'
        "实名业主</a></div>\n</div>\n"
        f'<div class="p_pop blk bui" id="userinfo{pid}" style="display: none; margin-top: -11px;">'
        f'<div class="i y"><div><strong><a href="{link}" class="xi2">{escape(name)}</a></strong>'
        f'<em>当前离线</em></div></div></div>\n<div><div class="avatar"><a href="{link}" '
        'class="avtm"><img src="avatar.php" /></a></div></div>\n'
        '<ul class="xl xl2 o cl"><li class="pm2"><a href="#">发消息</a></li></ul></div>'
    )


def aside(words: str) -> str:
    """Return the left column of somebody without a member's card (匿名, 游客, 已删除)."""
    return f'<div class="pls favatar">\n<div class="pi">\n{words}\n</div></div>'


def body(pid: str, message: str) -> str:
    """Return the container of an ordinary message."""
    return (
        f'<div class="t_fsz">\n<table cellspacing="0" cellpadding="0"><tr><td class="t_f" '
        f'id="postmessage_{pid}">\n{message}</td></tr></table>\n</div>'
    )


def floor(
    pid: str, content: str, *, left: str, number: str | None, at: str, tid: str = "731",
    uid: str = "", after: str = "", sign: str = "心若向阳", top: str = "",
) -> str:  # fmt: skip
    """Return one floor; `content` stands in div.pcb, `after` behind it."""
    only = (
        f'<span class="pipe">|</span><a href="forum.php?mod=viewthread&amp;tid={tid}&amp;page=1'
        f'&amp;authorid={uid}" rel="nofollow">只看该作者</a>'
        if uid
        else ""
    )
    strong = (
        f'<strong>\n<a href="forum.php?mod=redirect&amp;goto=findpost&amp;ptid={tid}&amp;pid={pid}"'
        f' id="postnum{pid}" onclick="setCopy(this.href, \'帖子地址复制成功\');return false;">\n'
        f"{number}</a>\n</strong>"
        if number
        else ""
    )
    return (
        f'<div id="post_{pid}" >\n<table id="pid{pid}" class="plhin" summary="pid{pid}" '
        f'cellspacing="0" cellpadding="0">\n<tr>\n<td class="pls" rowspan="2">\n{left}\n</td>\n'
        f'<td class="plc">\n<div class="pi">\n{strong}<div class="pti">\n<div class="pdbt"></div>\n'
        f'<div class="authi">\n<img class="authicn vm" id="authicon{pid}" src="o.gif" />\n'
        f'<em id="authorposton{pid}">发表于 {at}</em>\n{only}'
        f'<span class="none"><img src="arw_r.gif" /></span></div>\n</div>\n</div>'
        f'<div class="pct">{top}<style type="text/css">.pcb{{margin-right:0}}</style>'
        f'<div class="pcb">\n{content}<div id="comment_{pid}" class="cm">\n{after}</div>\n'
        f'<div id="post_rate_div_{pid}"></div>\n</div>\n</div>\n\n</td></tr>\n'
        f'<tr><td class="plc plm">\n<div class="sign" style="max-height:100px;">{sign}</div>\n'
        f'</td>\n</tr>\n<tr id="_postposition{pid}"></tr>\n<tr>\n<td class="pls"></td>\n'
        '<td class="plc" style="overflow:visible;">\n<div class="po hin"><div class="pob cl"><em>'
        f'<a class="fastre" href="forum.php?mod=post&amp;action=reply&amp;fid=2&amp;tid={tid}'
        f'&amp;repquote={pid}&amp;page=1">回复</a></em><p><a href="javascript:;">举报</a></p></div>'
        '</div>\n</td>\n</tr>\n<tr class="ad">\n<td class="pls">\n</td>\n<td class="plc">\n'
        "</td>\n</tr>\n</table>\n</div>"
    )


def gone_floor(pid: str, number: int) -> str:
    """Return what stands for a deleted floor until the site has renumbered the thread."""
    return (
        f'<div id="post_{pid}" ><table id="pid{pid}" summary="pid{pid}" cellspacing="0" '
        'cellpadding="0">\n<tbody>\n<tr>\n<td class="pls"></td>\n<td class="plc">\n<div class="pi">'
        f"\n<strong><a>{label(number)}</a></strong>\n</div>\n"
        '<div class="pct">该帖子已被删除</div>\n</td>\n</tr></tbody>\n</table></div>'
    )


def thread(
    floors: Sequence[str], *, tid: str = "731", title: str = "阳台门关不严", counts: str = "",
    pages: str = "", charset: str = "utf-8", head: str = "", base: str = "",
) -> str:  # fmt: skip
    """Return a thread page around its floors."""
    corner = counts or '<div id="tath" class="cl">楼主: <a href="#">老槐树下</a></div>'
    return frame(
        f"{title} - 东岸花园业主 - 示例论坛",
        f"<script>var fid = parseInt('2'), tid = parseInt('{tid}');</script>\n"
        f'<div id="ct" class="wp cl">\n<div id="pgt" class="pgs mbm cl">{pages}</div>\n'
        '<div id="postlist" class="pl bm">\n<table cellspacing="0" cellpadding="0">\n<tr>\n'
        f'<td class="pls ptn pbn">\n{corner}\n</td>\n<td class="plc ptm pbn vwthd">\n'
        '<h1 class="ts">\n<a href="forum.php?mod=forumdisplay&amp;fid=2&amp;typeid=3">[求助]</a>\n'
        f'<span id="thread_subject">{escape(title)}</span>\n</h1>\n</td>\n</tr>\n</table>\n'
        + "\n".join(floors)
        + '<div id="postlistreply" class="pl"><div id="post_new" class="viewthread_table" '
        'style="display: none"></div></div>\n</div>\n'
        '<form method="post" autocomplete="off" name="modactions" id="modactions"></form>\n'
        f'<div class="pgs mtm mbm cl">{pages}</div>\n<form id="fastpostform">发表回复</form></div>',
        charset=charset,
        head=(f'<base href="{base}" />' if base else "") + head,
    )


def counts(views: int, replies: int) -> str:
    """Return the corner of a thread's first page."""
    return (
        f'<div class="hm ptn">\n<span class="xg1">查看:</span> <span class="xi1">{views}</span>'
        f'<span class="pipe">|</span><span class="xg1">回复:</span> <span class="xi1">{replies}'
        "</span>\n</div>"
    )


def notice(message: str, *, charset: str = "utf-8") -> str:
    """Return a 提示信息 page."""
    return frame(
        "提示信息 - 示例论坛",
        '<div id="ct" class="wp cl w"><div class="nfl"><div class="f_c altw"><div id="messagetext" '
        f'class="alert_error">\n<p>{message}</p>\n<script>document.write("x")</script></div></div>'
        "</div></div>",
        charset=charset,
    )


def row(
    tid: str, title: str, *, href: str, author: str, uid: str, replies: int | str,
    views: int | str, created: str, last: str, last_author: str = "", sticky: bool = False,
    moved: bool = False,
) -> str:  # fmt: skip
    """Return one row of a board."""
    kind = "stickthread" if sticky else "normalthread"
    cite = (
        f'<a href="home.php?mod=space&amp;uid={uid}" c="1">{escape(author)}</a>' if uid else author
    )
    return (
        f'<tbody id="{kind}_{tid}">\n<tr>\n<td class="icn"><a href="{href}" title="新窗口打开">'
        '<img src="folder_common.gif" /></a></td>\n<th class="common">\n'
        f'<a href="javascript:;" id="content_{tid}" class="showcontent y" title="更多操作"></a>\n'
        f'<em>[<a href="forum.php?mod=forumdisplay&amp;fid=2&amp;typeid=3">求助</a>]</em> '
        f'{"移动:" if moved else ""}<a href="{href}" onclick="atarget(this)" class="s xst">'
        f'{escape(title)}</a>\n<span class="tps">&nbsp;...<a href="{href}">2</a></span></th>\n'
        f'<td class="by">\n<cite>\n{cite}</cite>\n<em><span>{created}</span></em>\n</td>\n'
        f'<td class="num"><a href="{href}" class="xi2">{replies}</a><em>{views}</em></td>\n'
        f'<td class="by">\n<cite><a href="home.php?mod=space&amp;username=x" c="1">'
        f'{escape(last_author)}</a></cite>\n<em><a href="forum.php?mod=redirect&amp;tid={tid}'
        f'&amp;goto=lastpost#lastpost">{last}</a></em>\n</td>\n</tr>\n</tbody>'
    )


def board(rows: Sequence[str], *, name: str, pages: str = "", charset: str = "utf-8") -> str:
    """Return a board page around its rows."""
    return frame(
        f"{name} - 示例论坛",
        '<div id="threadlist" class="tl bm bmw"><div class="bm_c"><form method="post" '
        'name="moderate" id="moderate"><table summary="forum_2" cellspacing="0" cellpadding="0" '
        'id="threadlisttableid">\n<tbody id="separatorline" class="emptb"><tr><td class="icn"></td>'
        '<th></th><td class="by"></td><td class="num"></td><td class="by"></td></tr></tbody>\n'
        + "\n".join(rows)
        + f'</table></form></div></div><div class="bm bw0 pgs cl">{pages}</div>',
        charset=charset,
    )
