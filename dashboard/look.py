"""How it looks: Streamlit's options and theme, the level colours, and the one style sheet."""

from typing import Any

from dashboard import words
from dashboard.safe import Html

FONT = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Noto Sans SC',sans-serif"
INK = "#2B2622"
BEACON = "#B42A1A"

#: China's four warning colours: red, orange, yellow, blue (darkened to be read on white).
LEVEL_COLOURS = {
    "critical": "#B3181B",
    "major": "#C2570C",
    "moderate": "#8F6A00",
    "minor": "#2B6299",
}
SERIES = ["#B42A1A", "#2B6299", "#8F6A00", "#3E7D4F", "#7B4B94", "#C2570C", "#4B6A78", "#A14A6B"]

#: Set by app.py before Streamlit starts, so they hold from any working directory.
OPTIONS: dict[str, Any] = {
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "browser.gatherUsageStats": False,
    "runner.magicEnabled": False,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.enableStaticServing": False,
    "logger.level": "warning",
    "theme.base": "light",
    "theme.primaryColor": BEACON,
    "theme.backgroundColor": "#FFFFFF",
    "theme.secondaryBackgroundColor": "#F6F3EF",
    "theme.textColor": INK,
    "theme.linkColor": "#9A2617",
    "theme.borderColor": "#E3DCD3",
    "theme.font": FONT,
    "theme.headingFont": FONT,
    "theme.codeFont": f"'JetBrains Mono','Menlo',{FONT}",
    "theme.baseFontSize": 15,
    "theme.baseRadius": "0.4rem",
    "theme.showSidebarBorder": True,
    "theme.chartCategoricalColors": SERIES,
}

#: A plain link, because Streamlit's own opens another tab.
SIGN_OUT = Html(
    f'<a class="fh-out" href="/password" target="_self">{words.CHANGE_WORD}</a> '
    f'<a class="fh-out" href="/logout" target="_self">{words.SIGN_OUT}</a>'
)

STYLE = Html(
    """<style>
.block-container{padding-top:4.3rem;padding-bottom:3rem;max-width:1320px}
h1{font-size:1.6rem!important;padding:.2rem 0 .45rem!important}
h3{font-size:1.08rem!important;padding:.5rem 0 .1rem!important}
[data-testid="stPageLink"] p{font-size:.86rem;color:#9A2617}
[data-testid="stPageLink"] a{padding-left:0;background:none}
a:focus-visible,summary:focus-visible{outline:2px solid #B42A1A!important;outline-offset:2px}
.fh-sub{color:#5F574E;font-size:.84rem;display:flex;flex-wrap:wrap;gap:.25rem 1rem}
.fh-tile .fh-k{color:#5F574E;font-size:.86rem}
.fh-tile .fh-v{font-size:1.9rem;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}
.fh-tile .fh-d{color:#5F574E;font-size:.8rem;min-height:1.5em;display:flex;flex-wrap:wrap;gap:.3rem}
.fh-up{color:#A3241A;font-weight:600}
.fh-down{color:#2F6B3F;font-weight:600}
.fh-chip{display:inline-block;border-radius:.3rem;padding:.05rem .45rem;font-size:.8rem;
 line-height:1.5;border:1px solid #D9D1C6;background:#F6F3EF;color:#3A342E;white-space:nowrap}
.fh-level{font-weight:650;color:#fff;border:0;font-size:.86rem}
.fh-critical{background:#B3181B}.fh-major{background:#C2570C}
.fh-moderate{background:#8F6A00}.fh-minor{background:#2B6299}
.fh-closed{background:#6F675E}
.fh-over{background:#FBE3E1;border-color:#D98C86;color:#8E1410;font-weight:650}
.fh-soon{background:#FDF0D8;border-color:#DDB871;color:#6B4A00;font-weight:600}
.fh-run{background:#EAF1F8;border-color:#B4CBE2;color:#1F4C7A}
.fh-ok{background:#E9F3EB;border-color:#B0D0B7;color:#24552F}
.fh-bad{background:#FBE3E1;border-color:#D98C86;color:#8E1410}
.fh-row{margin:.15rem 0;display:flex;flex-wrap:wrap;gap:.35rem .55rem;align-items:center}
.fh-name{font-weight:650;font-size:1.05rem}
.fh-big{font-size:1.25rem}
.fh-num{color:#5F574E;font-size:.84rem;font-variant-numeric:tabular-nums}
.fh-reason{margin:.35rem 0 .3rem;line-height:1.65}
.fh-lines{line-height:1.65;margin:.15rem 0 .25rem}
.fh-said{border-left:3px solid #E3DCD3;padding:0 0 0 .7rem;margin:.25rem 0;line-height:1.6}
.fh-said a,.fh-table a{color:#9A2617;font-size:.84rem;white-space:nowrap}
.fh-meta{color:#5F574E;font-size:.84rem;line-height:1.7}
.fh-post{border-left:3px solid #E3DCD3;padding:.1rem 0 .1rem .8rem;overflow-wrap:anywhere}
.fh-post.negative{border-left-color:#B3181B}.fh-post.positive{border-left-color:#3E7D4F}
.fh-title{font-weight:600;margin:.15rem 0}
.fh-text{line-height:1.75;margin:.1rem 0 .25rem;overflow-wrap:anywhere}
.fh-note{background:#FDF6E7;border:1px solid #EBD9AE;border-radius:.3rem;padding:.2rem .6rem;
 margin:.3rem 0;font-size:.86rem}
.fh-now{color:#5F574E;font-size:.88rem;margin-top:.2rem}
.fh-quiet{border:1px dashed #CFC6BA;border-radius:.5rem;padding:1.1rem 1.3rem;background:#FBFAF8}
.fh-quiet b{display:block;font-size:1.05rem;margin-bottom:.25rem}
.fh-bars{display:grid;grid-template-columns:minmax(6rem,auto) 1fr 2.5rem;gap:.25rem .6rem;
 align-items:center;font-size:.86rem;overflow-wrap:anywhere}
.fh-bar{display:block;background:#D98C86;height:.7rem;border-radius:.2rem}
.fh-steps{margin:.2rem 0 .2rem 1.1rem;padding:0;color:#4A433B;font-size:.86rem;line-height:1.7}
.fh-url{font-family:monospace;font-size:.78rem;color:#5F574E;overflow-wrap:anywhere}
mark{background:none;color:inherit;padding:0 .05em;border-radius:.15em}
mark.why{background:#FCE8B8}mark.why2{background:#F9C89B}
mark.alias{box-shadow:inset 0 -2px 0 #2B6299}
mark.signal{background:#F7C4BF;outline:1px solid #C9433A;font-weight:600}
mark.weak{background:#FBE7E5}
mark.word{background:#CDE3F7}
.fh-table{border-collapse:collapse;width:100%;font-size:.86rem}
.fh-table th{color:#5F574E;font-weight:600;text-align:left;white-space:nowrap}
.fh-table th,.fh-table td{border-bottom:1px solid #E9E3DB;padding:.35rem .6rem .35rem 0;
 vertical-align:top;overflow-wrap:anywhere}
[data-testid="InputInstructions"]{display:none}
.fh-out{color:#9A2617;font-size:.86rem;white-space:nowrap}
.fh-scroll,.fh-slim{overflow-x:auto}
.fh-scroll .fh-table{min-width:640px}
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"]{font-size:0}
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"]::after{
 content:"选择文件";font-size:.94rem}
[data-testid="stFileUploaderDropzoneInstructions"]{display:none}
@media (max-width:640px){
 .block-container{padding:4.2rem .8rem 2rem}
 h1{font-size:1.35rem!important}
 [data-testid="stElementContainer"]:has([data-testid="stButtonGroup"]){width:100%!important;
  max-width:100%!important;min-width:0!important;flex-basis:100%!important}
 [data-testid="stButtonGroup"],[data-testid="stButtonGroup"]>div{width:100%!important;
  min-width:0!important;flex-wrap:wrap!important}
 .fh-tile .fh-v{font-size:1.5rem}
}
</style>"""
)
