"""The pages run on the sample home and on an empty one (Streamlit's own AppTest)."""

import ast
import re
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import words
from store import board, board_alert, board_health, board_posts
from tests.builders import Sample, home, sample_home

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return sample_home(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def opened(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> Open:
    def run(view: str, folder: Path | None = None, **params: str) -> AppTest:
        monkeypatch.setenv("FENGHUO_HOME", str(folder or sample.app.settings.home))
        page = AppTest.from_file(str(DASHBOARD / "main.py"), default_timeout=60)
        page.run()
        page.query_params.update(params)
        if view != "overview":
            page.switch_page(str(DASHBOARD / "views" / f"{view}.py"))
        page.run()
        assert not page.exception
        return page

    return run


def shown(page: AppTest) -> str:
    """Everything on the page as text, markup included."""
    return "\n".join(str(getattr(element, "value", "")) for element in page.main) + "\n".join(
        str(element.proto) for element in page.get("html")
    )


def html_of(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def test_overview_lists_the_grave_alert_first_with_its_clock(opened: Open, sample: Sample) -> None:
    seen = html_of(opened("overview"))
    assert seen.index(sample.critical) < seen.index(sample.major)
    assert words.suggested("critical") in seen
    assert "研判 剩余 10分钟" in seen
    assert "上报集团危机小组 已超时 18小时" in seen
    assert words.SIMULATED in seen


def test_overview_of_an_empty_home_says_what_to_do(opened: Open, tmp_path: Path) -> None:
    home(tmp_path)
    page = opened("overview", tmp_path)
    assert words.NO_DATA_YET in html_of(page)
    assert words.GUIDE in html_of(page)
    assert "start" in {link.proto.page for link in page.get("page_link")}, "the guide is one click"


@pytest.mark.parametrize(
    ("view", "says"),
    [
        ("alert_detail", words.NO_ALERT_YET),
        ("post_search", words.NOTHING_FOUND),
        ("source_health", words.NO_SOURCES),
    ],
)
def test_other_pages_of_an_empty_home_say_what_to_do(
    opened: Open, tmp_path: Path, view: str, says: str
) -> None:
    home(tmp_path)
    assert says in html_of(opened(view, tmp_path))


def test_a_folder_that_is_no_home_is_named(opened: Open, tmp_path: Path) -> None:
    seen = html_of(opened("overview", tmp_path / "nothing"))
    assert words.NOT_READY in seen
    assert "fenghuo init" in seen


def test_alert_shows_reason_old_text_messages_and_clock_steps(opened: Open, sample: Sample) -> None:
    seen = html_of(opened("alert_detail", id=sample.critical))
    for expected in (
        "预告线下聚集",
        "11月22日上午9点 售楼部",
        words.WAS_EDITED,
        "等通知吧",
        words.WAS_DELETED,
        "errcode 93000",
        "疑似重大的研判时限为60分钟",
        "17–23 个账号",
    ):
        assert expected in seen


def test_personal_numbers_are_masked_everywhere(opened: Open, sample: Sample) -> None:
    for page in (
        opened("alert_detail", id=sample.critical),
        opened("post_search", q="集合"),
        opened("post_search", post=str(sample.repost)),
    ):
        seen = html_of(page)
        assert "138********" in seen
        assert "13812345678" not in shown(page) + seen
        assert "1501" not in seen


def test_search_finds_by_words_and_filters_from_the_address(opened: Open) -> None:
    page = opened("post_search")
    page.text_input(key="q").set_value("监管资金").run()
    assert not page.exception
    assert '<mark class="word"' in html_of(page)
    page.text_input(key="q").set_value("没有这样的词").run()
    assert words.NOTHING_FOUND in html_of(page)


def test_a_post_shows_all_its_versions_and_its_alert(opened: Open, sample: Sample) -> None:
    seen = html_of(opened("post_search", post=str(sample.edited)))
    assert words.REVISION.format(n=2) in seen
    assert words.REVISION.format(n=1) in seen
    assert "坍塌" in seen
    for wrong in ("999999", "abc", "1e9", "-1"):
        assert words.UNKNOWN_POST.format(id=wrong) in html_of(opened("post_search", post=wrong))


def test_health_names_the_blocked_source_and_what_to_do(opened: Open) -> None:
    seen = html_of(opened("source_health"))
    assert words.OUTCOMES["blocked"] in seen
    assert words.ADVICE["blocked"] in seen
    assert "中位 6分钟" in seen


# ---- how the pages are written -------------------------------------------------------------------

SOURCES = sorted(DASHBOARD.rglob("*.py"))

#: Calls whose text Streamlit reads as markdown or HTML.
READS_MARKUP = {
    "markdown", "write", "caption", "info", "warning", "error", "success", "metric", "title",
    "header", "subheader", "html", "button", "badge", "toast", "expander", "popover", "tabs",
    "selectbox", "radio", "toggle", "checkbox", "text_input", "date_input", "table", "latex",
    "page_link", "link_button", "pills", "segmented_control", "status", "spinner",
}  # fmt: skip


def _labels(path: Path) -> list[tuple[str, ast.expr]]:
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    found = []
    for call in calls:
        target = call.func
        if not (isinstance(target, ast.Attribute) and ast.unparse(target.value) == "st"):
            continue
        if target.attr in READS_MARKUP:
            named = [k.value for k in call.keywords if k.arg in ("label", "help", "body")]
            first = [] if target.attr in ("page_link",) else call.args[:1]
            found += [(target.attr, value) for value in [*first, *named]]
    return found


#: words.TITLE or w.TITLE (the words of one page), also picked by a key of ours.
WORD = r"(words|w)\.[A-Z_]+(\[\w+\])?"
NUMBERS = r"\.format\((n|id)=(len\([\w.]+\)|[\w.]+)\)"


def _is_ours(value: ast.expr) -> bool:
    """A constant, a word of words*.py (numbers filled in), or something made safe."""
    if isinstance(value, ast.List):
        return all(_is_ours(item) for item in value.elts)
    if isinstance(value, ast.IfExp):
        return _is_ours(value.body) and _is_ours(value.orelse)
    code = ast.unparse(value)
    return (
        isinstance(value, ast.Constant)
        or bool(re.fullmatch(rf"{WORD}({NUMBERS})?", code))
        or code.startswith("safe.label(")
    )


def test_no_page_gives_crawled_text_to_markdown_or_html() -> None:
    bad = [
        f"{path.name}: st.{call}({ast.unparse(value)})"
        for path in SOURCES
        for call, value in _labels(path)
        if not _is_ours(value)
        and (path.name, call) not in {("safe.py", "html"), ("post_search.py", "selectbox"),
                                      ("post_search.py", "date_input")}
    ]  # fmt: skip
    assert bad == []


#: The style sheet; and a page of its own that needs no Streamlit and keeps its few words by it.
ELSEWHERE = {"look.py", "acknowledge.py"}


def test_chinese_stands_only_in_words() -> None:
    bad = []
    for path in SOURCES:
        if path.name.startswith("words") or path.name in ELSEWHERE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        bad += [
            f"{path.name}:{node.lineno} {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docs
            and re.search(r"[㐀-鿿]", node.value)
        ]
    assert bad == []


def test_nothing_lists_or_ranks_authors() -> None:
    """A12, privacy 3: pages show counts of accounts, never an account."""
    for path in SOURCES:
        assert not re.search(r"\bauthors?(_key)?\b", path.read_text(encoding="utf-8")), path.name
    models = [item for module in (board, board_alert, board_posts, board_health)
              for item in vars(module).values() if is_dataclass(item)]  # fmt: skip
    assert len(models) > 15
    for model in models:
        names = {field.name for field in fields(model)}
        assert not {name for name in names if "author" in name or "household" in name}, model


def test_no_module_of_the_dashboard_shadows_another() -> None:
    root = DASHBOARD.parent
    tops = {folder.name for folder in root.iterdir() if (folder / "__init__.py").exists()}
    names = {path.stem for path in DASHBOARD.glob("*.py")} - {"__init__"}
    assert not names & (tops | set(sys.stdlib_module_names))
