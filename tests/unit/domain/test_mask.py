"""Masking hides personal numbers, keeps everything else and never moves a character."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mask import mask, mask_room


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        ("打我13812345678说", "打我138********说"),
        ("+86 138-1234-5678", "+86 138-****-****"),
        ("１３８１２３４５６７８", "１３８********"),
        ("座机027-87654321", "座机027-********"),
        ("(027)87654321", "(027)********"),
        ("身份证420106198001011234", "身份证******************"),
        ("42010619800101123X。", "******************。"),
        ("车牌鄂A12345堵门", "车牌鄂A*****堵门"),
        ("鄂AD12345", "鄂A******"),
        ("邮箱wang.li@example.com", "邮箱w***.**@example.com"),
        ("3-2-1501漏水", "3-*-****漏水"),
        ("3栋2单元1501室", "3栋*单元****室"),
        ("三号楼二单元1501", "三号楼*单元****"),
        ("A座1203厨房", "A座****厨房"),
        ("3-1501室", "3-****室"),
        ("我家1501室漏水", "我家****室漏水"),
        ("2单元1501的", "*单元****的"),
        ("三栋二单元一五零一漏水", "三栋*单元****漏水"),
        ("十二号楼一五〇一室", "十二号楼****室"),
        ("3栋一五零一", "3栋****"),
        ("二单元五〇二", "*单元***"),
        ("一五零一室", "****室"),
        ("３栋２单元１５０１", "３栋*单元****"),
        ("Ａ座１２０３", "Ａ座****"),
        ("3栋15楼1501", "3栋**楼****"),
        ("我家3-1501漏水", "我家3-****漏水"),
        ("3楼1501漏水", "3楼****漏水"),
        ("3栋1501户漏水", "3栋****户漏水"),
        ("1103业主说的", "****业主说的"),
        ("电话幺三八零零一三八零零零", "电话幺三八********"),
        ("打一三八〇〇一三八〇〇〇", "打一三八********"),
        ("一三八 零零一三 八零零零", "一三八 **** ****"),
        ("壹叁捌零零壹叁捌零零零", "壹叁捌********"),
        ("138.0013.8000", "138.****.****"),
        ("１３８－００１３－８０００", "１３８－****－****"),
        ("零二七八七六五四三二一", "零二七八*******"),
        ("邮箱ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "邮箱ｗ***＠ｅｘａｍｐｌｅ．ｃｏｍ"),
    ],
)
def test_personal_numbers_are_starred(clear: str, masked: str) -> None:
    assert mask(clear) == masked


@pytest.mark.parametrize(
    "clear",
    [
        "2026-11-22上午9点集合",
        "拨打12345投诉，315曝光",
        "已经有30户、1200人签名",
        "合同总价1260000元，违约金0.01%",
        "3栋电梯坏了，15楼漏水",
        "(2026)江01民初88号",
        "400电话没人接",
        "新A股行情",
        "二〇二五年一月交房，一九九八年建成",
        "一三五工程，三一五曝光，一二三四五热线12345",
        "3栋1200户没通气，3栋120户联名",
        "三栋一二三单元都停水，一二三期一样",
        "十一月三号，3号1200人到场，11月3号1200元",
        "二〇二六年十一月二十二日上午",
        "四零零电话没人接，一一九来了",
        "7-11便利店，比分3-2，24-36小时",
    ],
)
def test_figures_of_the_matter_stay(clear: str) -> None:
    assert mask(clear) == clear


@pytest.mark.parametrize(
    ("said", "masked"),
    [
        ("3-2-1501", "3-*-****"), ("1103", "****"), ("a座1203", "a座****"),
        ("二单元502", "*单元***"), ("十二号楼一五〇一室", "十二号楼****室"), ("8号302", "8号***"),
    ],
)  # fmt: skip
def test_of_a_room_only_the_building_stays(said: str, masked: str) -> None:
    assert mask_room(said) == masked


@pytest.mark.parametrize(
    "piece", ["1", "一", "a", "a@", "a.", "3-", "3栋 ", "栋  ", "鄂A", "1 ", "一五零一", "86-"]
)
def test_the_cost_is_linear(piece: str) -> None:
    spent = []
    for length in (20_000, 200_000):
        text = (piece * length)[:length] + "3栋1501"
        start = process_time()
        mask(text)
        spent.append(process_time() - start)
    assert spent[1] < 40 * spent[0] + 0.1


@given(st.text(alphabet="0123456789-栋单元室楼号户业主鄂A@x. 1一五零３８", max_size=60))
def test_offsets_never_move_and_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text)
    assert len(once) == len(text)
    assert mask(once) == once
