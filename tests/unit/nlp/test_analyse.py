"""analyse(): registers, spans, mentions, noise; and that no text whatever breaks it."""

import json
import re
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.analysis import Analysis, Label, Span, TextIn
from domain.post import SourceKind
from domain.source import Subject
from nlp.analyse import analyse, analyse_many
from nlp.facts import NlpFacts
from pipelines.language import load_facts
from pipelines.records import analysis_out

CHENGHU = Subject(key="chenghu", name="澄湖苑", aliases=("澄湖",))
YUNXI = Subject(key="yunxi", name="云栖里")


@cache
def facts() -> NlpFacts:
    return load_facts([CHENGHU, YUNXI])


def read(text: str, kind: SourceKind | None = SourceKind.FORUM, title: str = "") -> Analysis:
    return analyse(TextIn(id="1", text=text, title=title, source_kind=kind), facts())


def test_a_complaint_about_a_subject() -> None:
    found = read("澄湖苑地下室又漏水了，报修三次没人处理")
    assert found.label is Label.NEGATIVE
    assert found.relevant
    assert [(m.subject, m.via) for m in found.mentions] == [("chenghu", "text")]
    assert "K09" in found.mentions[0].categories


@pytest.mark.parametrize("text", ["又漏水了", "电梯又坏了", "没人管"])
def test_a_chat_line_counts_with_its_implied_subject(text: str) -> None:
    item = TextIn(id="1", text=text, source_kind=SourceKind.GROUP, implied=(("chenghu", "group"),))
    found = analyse(item, facts())
    assert found.negativity >= 0.5
    assert found.relevant
    assert [(m.subject, m.via, m.span) for m in found.mentions] == [("chenghu", "group", None)]


def test_small_talk_in_a_group_is_neither_relevant_nor_negative() -> None:
    item = TextIn(
        id="1", text="早上好", source_kind=SourceKind.GROUP, implied=(("chenghu", "group"),)
    )
    found = analyse(item, facts())
    assert not found.relevant
    assert found.negativity < 0.5


def test_an_official_answer_is_not_negative() -> None:
    found = read("网友您好！您反映的澄湖苑漏水、欺诈问题已收悉。经核查，现回复如下：已责成整改。")
    assert found.negativity < 0.3


def test_an_ad_is_noise_and_not_relevant() -> None:
    found = read("专业除甲醛，甲醛超标危害大，澄湖苑业主优惠价，加微信13800000000")
    assert found.noise == "ad"
    assert not found.relevant
    assert found.negativity < 0.5


def test_a_complaint_about_formaldehyde_is_no_ad() -> None:
    found = read("我家甲醛超标三倍，孩子住院了，找除甲醛公司来也没用，开发商不管")
    assert found.noise is None
    assert found.negativity >= 0.5


def test_the_companys_own_words() -> None:
    found = read("澄湖苑交付盛典圆满落幕，匠心筑就美好生活，恭迎业主品鉴")
    assert found.noise == "own"
    assert found.negativity < 0.5


def test_sarcasm_turns_praise_into_blame() -> None:
    assert read("不愧是五星级交付，客厅自带水帘洞，非常满意").negativity > 0.5
    assert read("非常满意，师傅很热情").negativity < 0.2


def test_negation_turns_a_word_round() -> None:
    assert read("澄湖苑没有漏水，质量不错").negativity < read("澄湖苑漏水，质量差").negativity / 2


def test_two_subjects_are_judged_by_their_own_sentences() -> None:
    found = read("澄湖苑真不错，物业热情，非常满意。云栖里停工半年，开发商跑路，骗子！")
    by = {mention.subject: mention for mention in found.mentions}
    assert by["chenghu"].negativity < 0.5 < by["yunxi"].negativity
    assert "K08" in by["yunxi"].categories
    assert "K08" not in by["chenghu"].categories
    assert by["chenghu"].severity < by["yunxi"].severity


def test_graver_is_not_angrier() -> None:
    angry = read("垃圾物业，太气人了，差评，烦死了！！！")
    grave = read("澄湖苑3栋外墙脱落砸伤2人，伤者已送医")
    assert grave.severity > angry.severity


def test_spans_stand_in_title_and_text() -> None:
    title, text = "澄湖苑漏水(shuǐ)沒人管", "維 權！垃圾物業(yè)，12戶業(yè)主"
    found = read(text, title=title)
    for span in spans(found):
        source = title if span.field == "title" else text
        assert source[span.start : span.end] == span.text
        assert span.text
    assert {span.field for span in spans(found)} == {"title", "text"}
    assert any(why.span.text == "維 權" for why in found.why)


@pytest.mark.parametrize("room", ["3栋2单元1501", "三栋二单元一五零一", "3-2-1501", "３栋１５０１"])
def test_a_room_is_stated_but_nowhere_shown(room: str) -> None:
    title, text = f"澄湖苑{room}漏水", f"我家{room}漏水没人管，明天上午9点到{room}门口集合维权！"
    found = read(text, title=title)
    rooms = [fact for fact in found.facts if fact.kind == "room"]
    assert [fact.span.field for fact in rooms] == ["title", "text", "text"]
    for span in (fact.span for fact in rooms):
        assert (title if span.field == "title" else text)[span.start : span.end] == room
        assert len(span.text) == len(room)
    assert {fact.home for fact in rooms} == {found.home}
    assert found.home is not None
    assert found.home[1] == "3"
    told = [found.reason, *(signal.anchor for signal in found.signals)]
    shown = " ".join([*told, *(span.text for span in spans(found))])
    assert found.signals
    assert found.home[3] not in repr(found)
    assert not any(piece in shown for piece in ("501", "五零", "零一", "１５", "０１"))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("3栋2单元1501户要求退房", "1501"),
        ("5号楼302户漏水没人管", "302"),
        ("澄湖苑③栋②单元①⑤⓪①漏水没人管", "①⑤"),
        ("澄湖苑3栋²单元¹⁵⁰¹漏水", "¹⁵"),
        ("3栋2门1501漏水", "1501"),
        ("E座1501漏水", "1501"),
        ("3—2—1501漏水", "1501"),
        ("我家3栋\n1501漏水", "1501"),
        ("澄湖苑3栋1501、1502都漏水，明天上午9点到3栋1502门口集合维权", "150"),
        ("三栋二单元一五零一户漏水", "五零"),
        ("我家E12栋1501漏水", "1501"),
    ],
)
def test_what_is_masked_is_nowhere_in_what_is_told(text: str, secret: str) -> None:
    for item in (TextIn(id="a", text=text), TextIn(id="a", title=text, text="物业不管")):
        found = analysis_out(analyse(item, facts()), why=True)
        words = re.findall(r'"[^"]*"', json.dumps(found | {"model": ""}, ensure_ascii=False))
        numbers = [fact["low"] for fact in found["facts"]]
        assert secret in text
        assert secret not in f"{words} {numbers}"


def test_a_room_said_as_a_household_counts_none() -> None:
    one, many = read("3栋2单元1501户要求退房"), read("3栋120户要求退房")
    assert [(f.kind, f.low) for f in one.facts] == [("room", None)]
    assert [(f.kind, f.low) for f in many.facts] == [("household", 120.0)]
    assert one.severity < many.severity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("我家E12栋1501漏水", "我家12栋1501漏水"),
        ("我家A1-2-1501漏水", "我家B1-2-1501漏水"),
        ("我家A1-2-1501漏水", "我家1-2-1501漏水"),
    ],
)
def test_a_letter_is_part_of_the_home(one: str, other: str) -> None:
    homes = [read(text).home for text in (one, other)]
    assert None not in homes
    assert homes[0] != homes[1]
    assert read(one).facts[0].home == homes[0]


def test_more_letters_than_one_leave_the_home_open() -> None:
    found = read("我家AB12栋1501漏水")
    assert [fact.home for fact in found.facts] == [None]
    assert found.home is None


def test_without_why_only_why_is_left_out() -> None:
    item = TextIn(id="1", text="澄湖苑漏水没人管")
    assert analyse(item, facts(), why=False) == replace(analyse(item, facts()), why=(), reason="")


def test_many_equals_one_by_one() -> None:
    items = [TextIn(id=str(n), text=t) for n, t in enumerate(["漏水", "你好", "", "停工"])]
    assert analyse_many(items, facts()) == [analyse(item, facts()) for item in items]


def test_candidates_only_where_no_subjects_are_watched() -> None:
    text = "投诉南浦国际城二期违规"
    assert read(text).mentions == ()
    found = analyse(TextIn(id="1", text=text), load_facts())
    assert [(m.subject, m.via) for m in found.mentions] == [("南浦国际城", "candidate")]


def test_the_version_names_facts_and_subjects() -> None:
    assert load_facts([CHENGHU, YUNXI]).version == load_facts([YUNXI, CHENGHU]).version
    assert load_facts([CHENGHU]).version != load_facts([CHENGHU, YUNXI]).version
    assert len(facts().version) == 12


ANY = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from(
            "澄湖苑云栖里漏水维权不没有非常3户万元(zhí)，。！\n\ud800您反映的问题已收悉"
        ),
    ),
    max_size=120,
)


@settings(max_examples=150, deadline=None)
@given(ANY, ANY, st.sampled_from([None, *SourceKind]))
def test_no_text_breaks_it(title: str, text: str, kind: SourceKind | None) -> None:
    found = analyse(TextIn(id="x", text=text, title=title, source_kind=kind), facts())
    assert 0.0 <= found.negativity <= 1.0
    assert 0.0 <= found.severity <= 1.0
    for span in spans(found):
        source = title if span.field == "title" else text
        assert source[span.start : span.end] == span.text


def spans(found: Analysis) -> list[Span]:
    own = [why.span for why in found.why[:-1]] + [fact.span for fact in found.facts]
    return own + [s.span for s in found.signals] + [m.span for m in found.mentions if m.span]
