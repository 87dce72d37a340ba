"""Plain pages beside Streamlit: no script, fit for a phone, posted only from our own pages."""

import html
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from dashboard import words

_STYLE = """
body{font:17px/1.6 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;margin:0;
background:#F6F3EF;color:#2B2420}
main{max-width:26rem;margin:8vh auto;padding:1.6rem;background:#fff;border:1px solid #E3DCD3;
border-radius:.5rem}
h1{font-size:1.3rem;margin:0 0 1rem}
label{display:block;margin:.8rem 0}
input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.55rem;margin-top:.25rem;
border:1px solid #9C8F84;border-radius:.35rem}
button{font:inherit;width:100%;padding:.7rem;margin-top:1rem;border:0;border-radius:.35rem;
background:#9A2617;color:#fff}
.problem{background:#FBE9E5;border-left:4px solid #9A2617;padding:.6rem .8rem;margin:0 0 1rem}
.done{background:#E9F3EA;border-left:4px solid #2E7D32;padding:.6rem .8rem;margin:0 0 1rem}
dl{margin:0 0 1rem}dt{color:#6B5F57;font-size:.9rem}dd{margin:0 0 .5rem}
.said{border-left:4px solid #9A2617;padding-left:.8rem}
.quiet{color:#6B5F57;font-size:.9rem}
"""


def page(
    title: str, body: str, *, problem: str = "", done: str = "", status: int = 200
) -> HTMLResponse:
    """Return a page; `body` is markup of ours, everything else is escaped."""
    note = f"<p class=problem role=alert>{html.escape(problem)}</p>" if problem else ""
    note += f"<p class=done role=status>{html.escape(done)}</p>" if done else ""
    said = html.escape(title)
    return HTMLResponse(
        f"<!doctype html><html lang=zh-CN><meta charset=utf-8>"
        f"<meta name=viewport content='width=device-width,initial-scale=1'>"
        # The referrer policy lets the browser say that a form is ours; elsewhere nothing is sent.
        f"<meta name=referrer content=same-origin>"
        f"<title>{said}｜{words.APP}</title><style>{_STYLE}</style>"
        f"<main><h1>{said}</h1>{note}{body}</main></html>",
        status_code=status,
        headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"},
    )


def is_ours(request: Request) -> bool:
    """Whether our own page sent the form: by Origin, else by the browser's own statement (CSRF)."""
    origin = request.headers.get("origin", "")
    if origin and origin != "null":
        return urlsplit(origin).netloc == request.headers.get("host")
    return request.headers.get("sec-fetch-site") == "same-origin"


def same_origin(request: Request) -> None:
    """Refuse a form that another site sent; raises HTTPException 403."""
    if not is_ours(request):
        raise HTTPException(403, words.FOREIGN_FORM)
