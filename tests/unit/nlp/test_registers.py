"""Whose voice: answers and advertisements are known by their shape, and nothing else is."""

from functools import cache

import pytest

from domain.analysis import TextIn
from domain.post import SourceKind
from nlp.facts import NlpFacts
from nlp.reading import read, register_of
from nlp.registers import answers
from pipelines.language import load_facts


@cache
def facts() -> NlpFacts:
    return load_facts(())


def register(text: str, kind: SourceKind = SourceKind.FORUM, title: str = "") -> str:
    item = TextIn(id="1", text=text, title=title, source_kind=kind)
    return register_of(read([item], facts())[0]).name


@pytest.mark.parametrize(
    "text",
    [
        "网友您好，您反映的三号楼外墙渗水问题收悉，现回复如下：施工单位本月进场。",
        "您好，您所反映的电梯停运一事，经查系钢丝绳更换，明日恢复。",
        "关于业主反映“车位只卖不租”的答复：我司已开放月租车位120个，请到前台办理。",
        "工单编号2026112200，诉求：停水。承办单位：城南街道。办理情况：已恢复供水。",
        "李女士：您投诉保安态度差，情况属实，该员工已停岗，我们向您致歉。",
        "经核查，您提到的收费没有依据，我局已责令该公司退还并公示。",
        "【区住建局回复】市民您好，来信收悉。我局已约谈开发企业，责令限期整改。",
        "尊敬的业主：您说“物业就是骗钱的，我家漏了三年没人管”，经查属实，已安排维修。",
    ],
)
def test_an_answer(text: str) -> None:
    assert register(text, SourceKind.COMPLAINT) == "answer"
    assert register(text) == "answer"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("", "尊敬的领导：您好！我家在澄湖苑三栋，外墙渗水两年，物业一直推诿，恳请处理。"),
        ("", "我向您反映过停水的问题，至今没有解决，请领导重视。"),
        ("", "您好，我想咨询一下不动产证怎么办理，需要哪些材料？"),
        ("", "各位业主，明天上午九点一起去售楼部，要求退房。"),
        ("", "物业回复说情况属实，然后就没有然后了，漏水还是漏水。"),
        ("", "你好意思吗？收了钱不办事，你们公司已经被约谈几次了"),
        ("对住建局回复的质疑", "网友您好！您的来信收悉，经查，该项目符合规定。感谢您的关注。"),
        ("", "尊敬的热线同志：我的工单您已办结五次，我没有接到过一个电话。"),
        ("", "【停水通知】各位业主：因水箱清洗，明天停水两小时，敬请谅解。"),
    ],
)
def test_no_answer(title: str, text: str) -> None:
    assert register(text, SourceKind.COMPLAINT, title) != "answer"
    assert register(text, SourceKind.FORUM, title) != "answer"


@pytest.mark.parametrize(
    "text",
    [
        "网友您好:您反映的漏水问题我司已转办——就这一句话打发我们，孩子住院了物业还在骗人",
        "经查，开发商无预售证违规卖房，诈骗业主首付款，强烈要求退房",
        "您好，物业已要求不准报警，情况属实，请责令整改",
        "您好，我司已转办，每次都是这句话，电梯困人三次，依据什么不换",
        "尊敬的业主：您反映的问题收悉。这就是物业的答复，漏了三年，一次都没来修",
        "您好，开发商已要求业主签放弃违约金的协议，不签不给钥匙，情况属实",
        "情况说明：我们被开发商套路，首付款打到私人账户，现责令退还",
    ],
)
def test_who_blames_in_the_words_of_an_office_is_no_office(text: str) -> None:
    assert register(text, SourceKind.COMPLAINT) != "answer"
    assert register(text, SourceKind.SOCIAL) != "answer"


@pytest.mark.parametrize(
    "text",
    [
        "网友您好，您反映的开发商诈骗业主、强烈要求退房的问题收悉，我局已立案，感谢您的监督。",
        "市民您好，来信收悉。经核查，不存在欺骗业主的情况，我局已告知您，感谢您的关注。",
        "关于多次投诉没人管的回复：经查，该店未设烟道，执法局已责令停业，感谢您的监督。",
    ],
)
def test_blame_an_office_repeats_or_denies_is_not_its_own(text: str) -> None:
    assert register(text, SourceKind.COMPLAINT) == "answer"


@pytest.mark.parametrize(
    "text",
    [
        "您好，楼上掉瓷砖砸伤两人，物业已通知家属，情况属实，敬请关注",
        "经核实，明早九点售楼部门口集合，已通知各楼栋业主，感谢大家支持",
    ],
)
def test_a_red_line_is_drawn_by_no_answer(text: str) -> None:
    assert register(text, SourceKind.COMPLAINT) != "answer"
    quoted = f"网友您好，您反映的“{text}”收悉，我局已责令整改，感谢您的监督。"
    assert register(quoted, SourceKind.COMPLAINT) == "answer"


@pytest.mark.parametrize(
    "text",
    [
        "专业除甲醛，母婴级药剂，不达标不收费，微信同号138xxxx5678",
        "开荒保洁4.5元/平起，玻璃缝点全清，干不好不收钱",
        "断桥铝封阳台团购第二期，588一平，免费量尺，要的私我",
        "招聘保洁两名，月薪3200，包吃住，有意者联系138xxxx5678",
        "B2人防车位转让，6.8万可议价，非中介，电话138xxxx5678",
        "房产证代办一条龙299，省得请假，咨询加薇138xxxx5678",
        "转发抽奖送空气净化器，扫码预约，名额有限",
        "老房翻新半包388/平，零增项，送全屋灯具，预约量房",
    ],
)
def test_an_advertisement(text: str) -> None:
    assert register(text, SourceKind.GROUP) == "ad"
    assert register(text) == "ad"


@pytest.mark.parametrize(
    "text",
    [
        "求推荐靠谱的装修公司，预算十万，最好是本地的",
        "装修公司和中介一天打十几个电话，谁把我的号码卖出去的？138xxxx5678这个最烦",
        "请的验房师敲出八十多处空鼓，开发商说不影响使用",
        "交了中介费一万八，房子没有买成，钱一直不退",
        "刚收房物业就在群里推销除甲醛，一套收四千八，不买还不给钥匙",
        "宣传册上写的健身房现在招租，一年4800，当初是怎么承诺的",
        "车位月租涨到500元，不交就锁车，凭什么",
        "招聘说五险一金，去了全没有，工资拖了两个月",
        "美缝才半年就全黑了，商家电话打不通",
        "物业电话是多少？家里停水了",
    ],
)
def test_no_advertisement(text: str) -> None:
    assert register(text, SourceKind.GROUP) != "ad"
    assert register(text) != "ad"


@pytest.mark.parametrize("kind", [SourceKind.NEWS, SourceKind.COMPLAINT])
def test_the_press_and_letters_quote_what_others_advertise(kind: SourceKind) -> None:
    text = "“全屋定制半包388/平零增项”低价引流，专家建议签约前看清报价"
    assert register(text, kind) != "ad"


def test_a_company_may_offer_its_trade_in_a_letter() -> None:
    text = "我司专业除甲醛，质保十年，团购价每平米18元，诚邀洽谈，电话138xxxx5678"
    assert register(text, SourceKind.COMPLAINT) == "ad"


def test_what_is_quoted_is_no_voice_of_the_answer() -> None:
    said = "您反映“我家漏水，恳请领导处理”的问题，经查属实，我局已责令维修"
    assert answers(said, "", 1)
    assert not answers(said.replace("“", "").replace("”", ""), "", 1)
