"""Masking hides personal numbers, keeps everything else and never moves a character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mask import mask


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
    ],
)
def test_figures_of_the_matter_stay(clear: str) -> None:
    assert mask(clear) == clear


@given(st.text(alphabet="0123456789-栋单元室鄂A@x. 1一", max_size=60))
def test_offsets_never_move_and_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text)
    assert len(once) == len(text)
    assert mask(once) == once
