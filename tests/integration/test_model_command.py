"""`fenghuo model`: trained from labels only where it is better, switched with an audit line."""

import gzip
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from domain.access import Actor
from domain.errors import FenghuoError
from domain.label import NO, YES, Field, Judgement
from domain.post import SourceKind
from pipelines import (
    cli,
    language,
    model_evaluate,
    model_rows,
    model_shipped,
    model_trial,
)
from pipelines.model_files import blank, pack, stamped, unpack
from pipelines.model_measure import TITLES, shared_rows
from pipelines.model_rows import CIVIC, MEASURED, REVIEWS, Row, own_rows
from pipelines.wiring import App
from store import audit, labels, training
from store import tables as t
from tests.conftest import NOON
from tests.posts import feed, post, prepare

CLERK = Actor(name="王敏", via="cli")
#: What a town's owners mean by it, and what only sounds like it.
BAD = (
    "管家又画饼了，{}门禁说好上周修", "样板间同款？呵呵，{}自己去看看",
    "{}群里又打太极，三周没下文",
    "说是下月交，{}连脚手架都没拆", "{}的承诺书成了一张废纸", "{}大堂灯坏了半个月，管家已读不回",
)  # fmt: skip
FINE = (
    "{}今天做了消防演练，投诉电话贴在大堂", "{}渗水那户已经修好回访过了",
    "维权讲座改到{}架空层，律师免费答疑", "{}电梯年检合格证贴出来了，之前的故障清零",
    "物业把{}的漏水点都补好了，速度可以", "{}业主代表说问题都解决了，赔偿也到账",
)  # fmt: skip
PLACES = tuple("东南西北中春夏秋冬梅兰竹菊松柏桂枫")


def town_rows(places: int = 12) -> list[Row]:
    """Labelled rows as the store would give them."""
    return [
        Row(
            text=text.format(f"{place}苑"), negativity=negative, source="labels",
            family=f"label{place}{text}", kind=SourceKind.FORUM,
        )
        for place in PLACES[:places]
        for negative, said in ((1, BAD), (0, FINE))
        for text in said
    ]  # fmt: skip


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a sixteenth of our own rows stand for all of them."""
    rows = list(own_rows())[::16]
    for module in (model_trial, model_evaluate, model_shipped):
        monkeypatch.setattr(module, "own_rows", lambda: iter(rows))


def labelled(app: App, rows: list[Row]) -> None:
    prepare(app)
    feed(app, [post(f"p{at}", row.text, NOON + timedelta(seconds=at), f"业主{at}")
               for at, row in enumerate(rows)])  # fmt: skip
    with app.db.write() as connection:
        ids = {row.native_id: row.id for row in connection.execute(select(t.post))}
        for at, row in enumerate(rows):
            said = Judgement(field=Field.NEGATIVE, value=YES if row.negative else NO)
            labels.add(connection, ids[f"p{at}"], [said], actor=CLERK, now=NOON)


@dataclass
class Ran:
    """What one command came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def call(home: Path, *args: str) -> Ran:
        monkeypatch.setenv("FENGHUO_HOME", str(home))
        monkeypatch.setenv("FENGHUO_ACTOR", "测试员")
        monkeypatch.setattr(sys, "argv", ["fenghuo", "model", *args])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        with pytest.raises(SystemExit) as stop:
            cli.main()
        shown = capsys.readouterr()
        return Ran(int(stop.value.code or 0), shown.out, shown.err)

    return call


# ---- labels --------------------------------------------------------------------------------------


def test_the_last_word_counts_undone_ones_do_not(app: App) -> None:
    prepare(app)
    feed(app, [post(f"p{n}", f"第{n}条说的是别的事", NOON, f"业主{n}") for n in range(3)])
    with app.db.write() as connection:
        ids = {row.native_id: row.id for row in connection.execute(select(t.post))}
        for native, value in (("p0", YES), ("p0", NO), ("p1", YES)):
            said = Judgement(field=Field.NEGATIVE, value=value)
            labels.add(connection, ids[native], [said], actor=CLERK, now=NOON)
        gone = Judgement(field=Field.NEGATIVE, value=YES)
        labels.undo(
            connection, labels.add(connection, ids["p2"], [gone], actor=CLERK, now=NOON),
            actor=CLERK, now=NOON,
        )  # fmt: skip
        found = list(training.labelled_texts(connection))
    assert [(each.text, each.kind, each.negative) for each in found] == [
        ("第0条说的是别的事", "forum", False), ("第1条说的是别的事", "forum", True),
    ]  # fmt: skip


def test_what_complains_about_one_subject_complains(app: App) -> None:
    prepare(app)
    feed(app, [post("p0", "望江府挺好，星河湾里天天漏水", NOON, "业主")])
    with app.db.write() as connection:
        (number,) = connection.scalars(select(t.post.c.id))
        said = [
            Judgement(field=Field.NEGATIVE, value=value, subject=key)
            for key, value in (("xinghewanli", YES), ("wangjiangfu", NO))
        ]
        labels.add(connection, number, said, actor=CLERK, now=NOON)
        assert [each.negative for each in training.labelled_texts(connection)] == [True]


def test_near_copies_of_a_text_share_a_family(app: App) -> None:
    long = "物业从去年开始就没有公布过账目，业主多次去要都被赶出来，电梯广告费也不知道去了哪里"
    labelled(
        app, [Row(text=long + end, negativity=1, source="", family="") for end in ("。", "！转")]
    )
    assert len({row.family for row in model_trial.label_rows(app)}) == 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [(town_rows(1), "至少要 50 条"), ([r for r in town_rows() if r.negative], "只有一类")],
    ids=["few", "one class"],
)
def test_too_few_labels_are_refused(app: App, rows: list[Row], says: str) -> None:
    labelled(app, rows)
    with pytest.raises(FenghuoError, match=says):
        model_trial.train_company(app, lambda _: None)


# ---- a company's model ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nudged() -> list[Any]:
    from pipelines import model_company

    learned = [row for row in town_rows() if not row.measured]
    anchors = [row for row in own_rows() if not row.measured][::10]
    return model_company.candidates(language.shipped("public"), learned, anchors)


def test_labels_move_only_the_registers_they_lie_in(nudged: list[Any]) -> None:
    base = language.shipped("public")
    for candidate in nudged:
        moved = {key for key, each in candidate.model.stack.items() if each != base.stack[key]}
        assert moved
        assert moved <= {"post", "chat"}
        assert candidate.model.severity == base.severity
        assert candidate.model.version != base.version


def test_what_the_labels_say_is_learned_and_elsewhere_little_changes(nudged: list[Any]) -> None:
    base, frozen = language.shipped("public"), [row for row in town_rows() if row.measured]
    news = [row for row in own_rows() if row.measured and row.source == "title"][:60]
    negative = np.array([row.negative for row in frozen])
    for candidate in nudged:
        before, after = (model_trial.told(frozen, m) for m in (base, candidate.model))
        assert after[negative].mean() > before[negative].mean()
        drift = model_trial.told(news, candidate.model) - model_trial.told(news, base)
        assert np.abs(drift).mean() < 0.02


def test_grams_change_in_few_small_steps(nudged: list[Any]) -> None:
    base = language.shipped("public").grams
    grams = next(each for each in nudged if each.name == "grams").model.grams
    steps = np.abs(grams.weights.astype(int) - base.weights.astype(int))
    assert 0 < (steps > 0).sum() < 2000
    assert steps.max() <= 16
    assert grams.scale == base.scale


def verdict(before: tuple[float, ...], after: tuple[float, ...]) -> model_trial.Verdict:
    """Two rows of each class in a register and among the labels."""
    rows = [
        Row(text="t", negativity=n, source=source, family="f")
        for source in ("post", "labels") for n in (1, 1, 0, 0)
    ]  # fmt: skip
    model = language.shipped("public")
    return model_trial.judge(
        rows, np.array(before), np.array(after), name="stack", used=model, base_name="public",
        base=model, model=model, labels=50,
    )  # fmt: skip


GOOD, MIDDLING, POOR = (0.9, 0.9, 0.1, 0.1), (0.8, 0.6, 0.4, 0.2), (0.8, 0.3, 0.4, 0.2)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ((*GOOD, *POOR), (*GOOD, *GOOD), ""),
        ((*GOOD, *POOR), (*MIDDLING, *GOOD), ""),
        ((*GOOD, *POOR), (*POOR, *GOOD), "这些语域变差：post"),
        ((*GOOD, *GOOD), (*GOOD, *POOR), "这些语域变差：labels"),
        ((*GOOD, *GOOD), (*GOOD, *GOOD), "对数损失没有下降"),
        ((*GOOD, *GOOD), (*GOOD, *MIDDLING), "对数损失没有下降"),
    ],
    ids=[
        "better",
        "on balance better",
        "a register lost",
        "the labels lost",
        "no change",
        "less sure",
    ],
)
def test_the_rule_of_activation(
    before: tuple[float, ...], after: tuple[float, ...], reason: str
) -> None:
    assert verdict(before, after).reason == reason


def test_a_better_model_is_kept_with_its_card_and_used(
    app: App, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frozen rows are of registers without labels: whatever ships, none of them can fall."""
    still = [row for row in own_rows() if row.source in ("title", "answer")][::16]
    monkeypatch.setattr(model_trial, "own_rows", lambda: iter(still))
    home = app.settings.home
    labelled(app, town_rows())
    tried = run(home, "train", "--dry-run")
    assert tried.code == 0, tried.err
    assert "什么也没有写" in tried.err
    assert not (home / "models").exists()
    done = run(home, "train")
    assert done.code == 0, done.err
    assert "| 本机标注 | 新 |" in done.out
    used = language.model_of(home)
    card = json.loads((home / "models" / f"{used.version}.json").read_text(encoding="utf-8"))
    assert (card["kind"], card["labels"]) == ("company", 144)
    assert (card["base"], card["base_version"]) == ("public", language.shipped("public").version)
    assert card["loss"]["after"] < card["loss"]["before"]
    # Trained again it starts from the same place: the same labels do not count twice.
    assert model_trial._base(home) == "public"
    shown = run(home, "show").out
    assert "本公司自训" in shown
    assert used.version in shown
    with app.db.read() as connection:
        lines = list(audit.export(connection, "home:model"))
    assert [row["action"] for row in lines] == ["model-activated"]
    assert lines[0]["payload"]["model"] == used.version


def test_a_worse_model_is_not_activated(
    app: App, run: Callable[..., Ran], small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels of the frozen part that say the contrary of the others: no gain can be shown."""
    rows = [
        replace(row, negativity=1 - row.negativity) if row.measured else row for row in town_rows()
    ]
    monkeypatch.setattr(model_trial, "label_rows", lambda _: rows)
    done = run(app.settings.home, "train")
    assert done.code == 0
    assert "没有启用" in done.err
    assert not (app.settings.home / "models").exists()


# ---- maintainers ---------------------------------------------------------------------------------


def test_missing_data_and_wrong_options_are_told(tmp_path: Path, run: Callable[..., Ran]) -> None:
    told = run(tmp_path, "train", "--data", str(tmp_path))
    assert told.code == 1
    assert "缺少" in told.err
    assert "civic/with_replies.train.jsonl.gz" in told.err
    assert "只与 --data 一起用" in run(tmp_path, "train", "--out", str(tmp_path)).err
    assert "缺少" in run(tmp_path, "evaluate", "--data", str(tmp_path)).err


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder laid out as the maintainers' one, with invented rows."""
    monkeypatch.setattr(model_rows, "_own_labels", lambda: {(CIVIC[0], "00"): 2})
    folder = tmp_path / "data"
    letter = {"title": "投诉云栖里停工", "text": "工地没有人，{}号楼停了半年", "reply": "已转{}办"}
    thanks = {"title": "感谢云栖里物业", "text": "{}号楼的灯修好了，很快", "reply": "谢谢{}号来信"}
    rows: dict[str, list[dict[str, Any]]] = {
        f"sentiment/{name}.train.jsonl.gz": [
            {"text": f"第{n}次来，{said}", "label": label}
            for n in range(6)
            for said, label in (("又脏又吵", min(negative, key=str)), ("很舒服", "happy"))
        ]
        for name, (negative, _) in REVIEWS.items()
    }
    for name in CIVIC:
        rows[name] = [
            {"id": f"{n}{at}", **{k: v.format(f"{name[:9]}{n}") for k, v in each.items()}}
            for n in range(6)
            for at, each in enumerate((letter, thanks))
        ]
    rows[MEASURED] = [{"source_id": "x", "title": "投诉", "text": "漏水没人管", "negativity": 1}]
    rows[TITLES] = [{"title": "云栖里停工半年", "polarity": -1}]
    for name, lines in rows.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(folder / name, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return folder


def test_what_ships_is_trained_with_its_cards(
    data: Path, tmp_path: Path, run: Callable[..., Ran], small: None
) -> None:
    out = tmp_path / "out"
    done = run(tmp_path, "train", "--data", str(data), "--out", str(out))
    assert done.code == 0, done.err
    assert sorted(file.name for file in out.iterdir()) == [
        "idf.npz", "own.json", "own.npz", "public.json", "public.npz",
    ]  # fmt: skip
    assert {file.stat().st_mode & 0o777 for file in out.iterdir()} == {0o644}
    cards = {name: json.loads((out / f"{name}.json").read_text()) for name in ("own", "public")}
    for name, card in cards.items():
        assert card["version"] == unpack((out / f"{name}.npz").read_bytes()).version
        assert sum(card["rows"].values()) == sum(each["n"] for each in card["figures"].values())
    assert set(cards["own"]["rows"]) < set(cards["public"]["rows"])
    assert {"civic", "letter", "waimai_10k", "smp2020_usual"} <= set(cards["public"]["rows"])
    assert "不含任何第三方数据" in cards["own"]["licences"]
    assert {row.source for row in shared_rows(data)} >= {"shared_message", "shared_title"}


def test_without_scikit_learn_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name="sklearn.linear_model")

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(FenghuoError, match=r"pip install 'scikit-learn>=1\.7'"):
        model_evaluate.fit([], lambda _: None)


def test_the_command_line_does_not_load_scikit_learn() -> None:
    import subprocess

    said = "import sys, pipelines.cli; print('sklearn' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


# ---- evaluating ----------------------------------------------------------------------------------


def test_the_model_in_use_is_measured_without_training(
    tmp_path: Path, run: Callable[..., Ran], small: None
) -> None:
    done = run(tmp_path, "evaluate", "--quick", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["seen"]
    assert told["model"] == language.shipped("public").version
    frozen = [row for row in list(own_rows())[::16] if row.measured]
    assert sum(each["n"] for each in told["scorers"]["烽火"].values()) == len(frozen)
    table = run(tmp_path, "evaluate", "--quick")
    assert "偏好" in table.err
    assert "| 群聊（自有） | 烽火 |" in table.out


def test_peers_read_the_same_rows_and_a_missing_one_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "bixin", None)
    model = language.shipped("public")
    rows = list(own_rows())[::40]
    monkeypatch.setattr(model_evaluate, "own_rows", lambda: iter(rows))
    found = model_evaluate.evaluate(None, model, peers=True, say=lambda _: None)
    assert list(found.missing) == ["bixin"]
    assert "jieba_fast" in found.missing["bixin"]
    assert list(found.scorers) == ["烽火", "SnowNLP", "SnowNLP 重新训练", "字符 LR"]
    sizes = {name: [f.n for f in each.values()] for name, each in found.scorers.items()}
    assert len({tuple(each) for each in sizes.values()}) == 1


def test_an_evaluated_model_has_not_seen_the_frozen_rows(
    small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[Row] = []

    class Fitted:
        model = language.shipped("public")

    def fit(rows: list[Row], _: Any) -> Fitted:
        learned.extend(rows)
        return Fitted()

    monkeypatch.setattr(model_evaluate, "fit", fit)
    found = model_evaluate.evaluate(None, None, peers=False, say=lambda _: None)
    assert learned
    assert not any(row.measured for row in learned)
    assert found.trained_on == len(learned)
    assert not found.seen


def test_training_twice_gives_the_same_model() -> None:
    """Few rows and few buckets: the whole training is for maintainers."""
    from pipelines import model_fit, model_sheet

    facts = language.load_facts((), blank(14))
    rows = [row for row in own_rows() if row.source == "post"][::4]
    first, second = (
        model_fit.train(rows, facts, model_sheet.Recipe(bits=14), lambda _: None).model
        for _ in range(2)
    )
    assert pack(first) == pack(second)
    assert unpack(pack(first)).version == stamped(first).version
