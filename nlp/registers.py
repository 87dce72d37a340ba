"""Whose voice (谁在说): the shapes of an office's answer and of an advertisement; precision first.

Words are facts (lexicon.yml, cues); here stands how they go together. What somebody is quoted
with is no voice of the text, so an answer that repeats a furious letter stays an answer.
"""

import re
from collections.abc import Collection

#: What the office repeats of the letter, and what a text cites.
_QUOTED = re.compile('[“"「『《][^“”"「」『』《》]{1,200}[”"」』》]')
#: A person is called as an office calls him, or the text says that it is an answer.
_ADDRESS = re.compile(
    r"(?!【)[^,。:;!?\n]{0,8}?"
    r"(?:网友|网民|市民|居民|村民|业主|住户|商户|消费者|纳税人|家长|来信人|来件人|来访人|举报人"
    r"|投诉人|诉求人|留言人|客户|用户|群众|女士|先生|同志)(?:朋友)?们?"
    r"(?:[^。!?\n]{0,10}(?:您好|你好|:)|(?:的一封信)|,?您[^,。]{0,20}(?:反映|反对|咨询|投诉|关心|意见))"
)
#: So only an office calls a person.
_OFFICIAL = re.compile(
    r"(?:尊敬的|留言)?(?:网友|网民|市民|村民|来信人|来件人|留言人|举报人|投诉人|诉求人|消费者|纳税人)"
    r"(?:“”|朋友)?[,:!]?(?:您好|你好|:)"
)
_SAYS_ANSWER = re.compile(
    r"^(?:【[^】]{0,12}(?:回复|答复|回应|12345|办理)[^】]{0,6}】|(?:官方|统一|物业|单位|工单)?(?:回复|答复|答复函|情况说明)[:：]"
    r"|(?:回复|答复)(?:各位|您|业主|网友|[^,。:]{0,16}[:：])|工单编号|来电记录|接待记录"
    r"|工程回访单|警情通报)"
    r"|^(?:经[^,。]{0,12}(?:核查|核实|调查|查实|核)|经查|[我本](?:局|站|司|委|所|办|镇|街道|公司)(?:已|于|收到|接到|高度|在))"
    r"|^关于[^。;!?\n]{2,60}(?:的(?:情况)?(?:回复|答复|说明|通报|处理意见|回应)(?=[:。]|如下|$)|(?:统一)?(?:回复|答复)(?:如下)?:)"
    r"|^(?:针对|就)[^。;!?\n]{2,50}(?:回复|答复|回应|说明)如下"
    r"|(?:现|统一|特)(?:就[^,。]{0,30})?(?:回复|答复|回应|说明|声明)(?:如下|:)|(?:我公司|我司)声明"
)
#: What was written, rung or asked before: the text answers it.
_REFERS = re.compile(
    r"(?<![向给和跟与请由被])(?:您|你|你们|贵户)(?:户|单位)?(?:在[^,。]{1,12}[里上中])?(?:所|多次|实名|此前|本次|想|在群里|在公开信中|在意见簿上)?"
    r"(?:反映|反应|投诉|咨询|来信|来电|来函|诉求|提出|提到|质疑|质问|所述|述|询问|关心|申请|留言|举报"
    r"|(?:的)?(?:来信|来电|留言|诉求|投诉|咨询|意见|邮件|工单|建议|问题))"
    r"|(?:来信|留言|来电|邮件|诉求|反映|意见|材料|帖子)[^,。]{0,12}(?:收悉|收到)|收悉"
    r"|^.{0,4}来[信电]反映"
    r"|(?<![向给和跟与请由被])您(?:关于|想|多次|来[电信函])"
    r"|关于[^。,]{0,40}的(?:质疑|来信|举报|帖子|留言|来电|网帖)"
    r"|(?:收到|接到|接)(?:了)?(?:您|你)[^。]{0,40}(?:投诉|反映|来电|电话|来信|诉求|说的|后)"
    r"|关于(?:您|你|网友|部分业主|业主|市民|群众|来信|居民)[^。]{0,50}(?:问题|诉求|来信|投诉|疑问|质疑|情况|事)"
)
#: What only the one who answers writes: he looked, ordered, found, thanks.
_ACTS = re.compile(
    r"经(?:[^,。]{0,14})?(?:核查|核实|核|调查|查|了解|调阅|复核|检查|比对|测量|走访|协调|调解)(?:[,:，]|,|实|询|明|$)"
    r"|(?:我|本)(?:局|委|司|站|办|所|院|行|街道|社区|镇|区|县|中心|公司|单位|大队|支队|机关|部门|处|项目)"
    r"|(?:我们|物业|社区|街道|执法\w{0,4}|工程部|客服|管家|维保单位|民警|区政府|镇政府)(?:工作人员|已)(?:经)?"
    r"|已(?:经)?(?:责令|下达|下发|要求|约谈|督促|移送|转交|转办|转[^,。]{1,14}(?:办理|处理)|立案|函告|告知|联系|组织|安排|协调|上门|现场|通知|向您|电话|派|派单|列入|纳入)"
    r"|责令|情况属实|反映属实|不属实|属实[,。]|不存在|敬请(?:谅解|理解|监督|关注)"
    r"|感谢(?:您|你|大家|监督|理解|来电|来信|支持|关心|提醒|反映|对)|欢迎(?:监督|您|拨打)|致歉"
    r"|道歉|深表歉意"
    r"|建议您|请您|望您|如(?:您|有)[^,。]{0,12}(?:疑问|异议|需|不服)"
    r"|可(?:拨打|致电|咨询|凭|前往|到[^,。]{1,14}(?:领取|办理|咨询))"
    r"|依据|根据《|依照《|按照《|工作日内|答复之日|承办单位|办理情况|回访|会同|督促|督办|整改到位"
    r"|限期整改"
)
#: A writer to an office calls it, tells of himself and asks; the office does neither.
_WRITES = re.compile(
    r"^.{0,16}(?:领导|书记|市长|县长|区长|厅长|局长|主任)们?[^,。]{0,3}[:!]"
    r"|^.{0,16}(?:领导|书记|市长|县长|区长|厅长|局长|主任)们?,?[您你]"
    "|(?:各位|请|希望|求|望)(?:各位|上级|市|县|区|有关)?领导|我家|我是|我叫|本人|我想"
    "|我的(?:工单|问题|房|家|诉求|投诉)|我没有|请教|想表明|希望能|再补充|恳请|强烈请求|请问|求助|咨询一下|想问"
    "|希望(?:政府|领导|有关|相关|尽快|贵)|我们(?:小区|村|这|家|楼|单元|业主)|投诉无门"
)
#: What an office repeats of a letter without quotation marks.
_REPEATED = re.compile(
    r"关于[^。!?\n—]{2,60}的(?:统一)?(?:回复|答复|说明|通报)(?=[:。]|如下)|诉求:[^。!?\n—]{1,60}。"
    r"|(?:反映|反应|投诉|咨询|提出|来[信电]|举报|留言|诉求|关于|称|所述|您要求|质疑)[^。!?\n—]{1,120}?"
    r"(?:的?(?:问题|一事|情况(?!属实)|诉求|事宜|事项|疑问|质疑|投诉|建议|要求|意见|来信|留言)|的事)"
)
#: Blame, demands and harm as no office writes them of its own accord; precision of "answer" first.
_RAGES = re.compile(
    r"骗(?:人|子|我|老百姓|百姓|业主|购房|消费者|钱|局|了|光|走|术)|(?:诈骗|欺骗|欺诈)(?:我|业主|老百姓|百姓|购房|消费者|首付|房款)"
    r"|骗(?=[,。!?]|$)|(?:打发|忽悠|糊弄|敷衍|坑)(?:我|业主|人|老百姓|百姓|咱)|踢皮球|睁眼说瞎话|胡说|鬼话|谁信|打脸"
    r"|强烈(?:要求|谴责|抗议|不满)|坚决(?:要求|抵制|不同意)|不[准许让](?:我们|业主|住户|家属)?(?:报警|说出|声张|上访|投诉|发帖)"
    r"|要求(?:全额|立即|马上|开发商)?(?:退房|退款|退定|赔偿损失|严惩|彻查|严查|给个?说法)|(?:求|请)(?:责令|严查|彻查|严惩|曝光|扩散)"
    r"|还我|血汗钱|黑心|无良|丧尽|昧着良心|天理|欺负|欺压|草菅|无法无天|报应|不要脸|无耻|可恶|太过分|气死|气愤|愤怒|恶心|猖狂"
    r"|跑路|卷款|还有(?:没有)?王法|谁(?:来)?管|没人管|无人管|凭什么|官商|保护伞|沆瀣|狼狈|救救|求求|受不了|忍无可忍|维权到底"
    r"|套路|坑惨|被坑|土匪|流氓|强盗|恶霸|混蛋|打了?(?:业主|住户|人)|挨打|至今(?:没|无|不|仍)[^,。!?]{0,8}(?:人|解决|退|修|消息|说法|结果)|一次都没|没(?:有)?一[个封次分]"
    r"|[一二两三四五六七八九十\d]年了|一分(?:钱|违约金)?[^,。!?]{0,3}没|不签[^,。!?]{0,3}不[给交让]|不交[^,。!?]{0,3}不给"
    r"|(?:通知|联系|找)(?:了|过)?(?:媒体|记者)|每次都是|又是这|就这(?:一|句|样)|这就是(?:物业|你们|开发商)|你们(?:是不是|就是|还|到底)"
    r"|我(?:们)?家|我们(?:业主|老百姓|怎么|去哪|不服|被)|我(?:的)?(?:孩子|儿子|女儿|老婆|老公|妻子|丈夫|妈|爸|父亲|母亲|奶奶|爷爷)"
    r"|(?:孩子|小孩|老人|老婆|孕妇|妈|爸|奶奶|爷爷)[^,。!?]{0,4}(?:住院|摔|晕|送医|病倒|吓|被砸|砸|死|受伤|高烧|发烧)"
)
#: An office denies, warns of or looks into what is blamed.
_HEDGED = re.compile(
    "(?:不存在|并?未|没有|不得|不会|谨防|防范|防止|警惕|避免|以免|杜绝|严禁|禁止|是否|涉嫌|如|若|严厉打击)[^,。!?]{0,10}$"
)
#: Who doubts an answer quotes it below such a title.
_DOUBTS = re.compile(
    "质疑|不满|反映|举报|投诉|恳请|请求|求助|何时|为何|为什么|咨询|[请求?]|再次|期盼"
)
#: Characters within which an answer shows itself, and within which it must not tell of itself.
_HEAD, _FAR = 110, 600
_ANSWERS = 4
#: Characters of an answer known by its opening alone; a shorter one may be mockery.
_TOLD = 40
#: Without one of these, or a word of an office, no text opens as an answer; most hold none.
_OPENINGS = ("您", "你", "回复", "答复", "来信", "来电", "收悉", "声明", "经", "记录", "通报")


def answers(text: str, title: str, cues: int) -> bool:
    """Say whether an office or company answers; `cues` is how many of its words were met."""
    if not cues and not any(sign in text[:_HEAD] for sign in _OPENINGS):
        return False
    if _DOUBTS.search(title):
        return False
    plain = _QUOTED.sub("“”", text[: 2 * _FAR])
    head = plain[:_HEAD]
    called = _ADDRESS.match(head) is not None
    opens = _SAYS_ANSWER.search(head) is not None
    refers = _REFERS.search(head) is not None
    hello = head.startswith(("您好", "你好"))
    if not (called or opens or refers or hello) or _WRITES.search(plain[:_FAR]):
        return False
    if _rages(own_voice(text[: 2 * _FAR])):
        return False
    acts = _signs(_ACTS, plain[:_FAR])
    official = _OFFICIAL.match(head) is not None
    told = len(plain) >= _TOLD and (opens or official)
    if not acts and not told and not (refers and (called or hello)):
        return False
    signs = refers * 2 + opens * 4 + called * 2 + official * 2 + hello * 2
    return signs + min(acts, 3) + min(cues, 2) >= _ANSWERS


def own_voice(text: str) -> str:
    """Return a text of the same length with what it quotes or repeats of a letter blanked."""
    quoted = _QUOTED.sub(_blank, text)
    return _REPEATED.sub(_blank, quoted)


def _blank(match: re.Match[str]) -> str:
    return "“" * len(match.group())


def _rages(plain: str) -> bool:
    found = _RAGES.finditer(plain)
    return any(not _HEDGED.search(plain[max(0, at.start() - 14) : at.start()]) for at in found)


# ---- advertisements ----------------------------------------------------------------------------

#: How the seller is reached, with the signs that hide it from a filter.
_CONTACT = re.compile(
    r"1[3-9]\d{9}|1[3-9]\d[x*\d]{4,8}|\[手机号\]|\[电话\]|\[账号\]|加(?:我|个|下)?(?:微信|v|qq)"
    r"|(?:微信|v信|vx|qq)(?:同号|咨询|联系|私聊|群?号?[:：]? ?[\da-z]{5,}|138)|v信|vx"
    r"|[加➕+＋伽珈嘉家](?:我)?[薇微徽徾威v❤]|[薇徽徾威微v][信芯❤♥](?!息)|扣[1一「]|滴滴?我(?!家)"
    r"|伽我|私我|站内信|叩叩|[扌]丁|\+ ?q ?q"
    r"|(?:联系方式|电话|名片)[^,。]{0,8}(?:私|留|扣|要|问我|给你|发你|发群|放二楼)"
    r"|需要(?:的|联系方式)[^,。]{0,6}(?:私|扣|留|滴|联系|踢)"
)
#: A price as a seller puts it.
_PRICE = re.compile(
    r"\d(?:\.\d+)?(?:元|块)?(?:钱)?/?(?:一|每|/)(?:平|㎡|米|桶|斤|月|小时|户|台|张|套|次|年|个|单|位|天|箱|只)(?![前后内以来多])"
    r"|每平(?:米|方)?\d|每[平米桶斤台套次]\d"
    r"|(?:月租|租金|底薪|月薪|日薪|时薪|原价|现价|售价|特价|优惠价|会员价|团购?价|活动价|仅需?|只要|只需|学费|挂机|柜机|单价|全包|半包|工费)\d"
    r"|\d{2,6}(?:元|块)?(?:出(?!来|去|现|头|门|入)|拿走|带走|包)"
    r"|\d(?:元|块)(?!多|的违|滞|罚|赔)|\d万(?:出|起|元?一套)|首付\d|折后|半价"
    r"|买[一二三\d]送[一二三\d]|\d{2,5}(?:一)?(?:平|斤|份|次|位|盒|箱|件|袋)"
    r"|(?:元|块|\d)(?:/[平㎡])?起(?:步)?(?![来床火诉码])|[\d一二两三四五六七八九半全]折|立减|直降"
    r"|团购价|特价|日结\d|包(?:安装|干|年|邮|会|过|吃住)"
    r"|(?:0|零)(?:增项|首付|距离)|不(?:满意|成功|成|好|开荒)?不(?:收钱|要钱|收费)|不要钱"
    r"|(?:坏果|坏|损坏|死一只|掉一厘米)[^,。]{0,3}[赔包]|先施工后付款|假一罚"
)
#: Who asks, tells or announces does not sell; counts against a few signs, not against many.
_TALKS = re.compile(
    "我(?!家就|家是厂|们厂)|打不通|商家|黑了|自己|宣传册|半夜|妈|熏|刺鼻|关不|打不开|俺|偶|咱家|他|她|老公|老婆"
    "|孩子|昨天|前天|当时|结果|听说|朋友|觉得|知道|居然|竟然|后悔|心得|很|真的"
    "|不错|好吃|感觉|希望|呵呵|以后|同意|晒|祝|求推荐|求介绍|求助|请问|想问|问一?下|哪家|哪里|谁"
    "|怎么|什么|吗|么|呢|啥|[?#]|//@|微博"
    "|开发商|售楼|销售|合同|交房|收房|交付|管家|物业|业委会|保安|公示|公告|通知|提醒|表决|停水"
    "|停电|起诉|法院|报警|报案|诈骗"
    "|被(?!子)|不让|不许|不准|涨|乱|占|违|罚|骂|打人|扣(?!1|一)|拖|欠|逾期|维权|不是|没有|还没"
    "|不能|不会|至今|一直"
    "|投诉|没人|不管|不理|天天|每天|被骗|应聘|疫|口罩|有关部门|分管|规定"
    "|第[一二三四五六七八九十]+条"
)
#: Words of a letter; a company that offers its services to another writes without them.
_LETTER = re.compile(
    "领导|请问|咨询|建议|希望|恳请|反映|举报|投诉|规定|政府|质疑|为什么|为何|合理|妥当|凭什么"
    "|想了解|我(?!司|们公司)"
)
#: A seller's manner of speaking.
_MANNER = re.compile(
    r"免费(?!停车|的)|质保|包[换退赔邮]|厂家|全城|全市|全场|本地|老师傅|老板娘|师傅|专业|持证"
    r"|备案|量大|从优|可?面议|随叫随到|当天|当日|24(?:小时|h)|限[量时]"
    r"|最后\d+(?:天|套|席)|仅剩|剩余?\d+(?:个|套|席|份)|满\d+(?:户|人|单|减)"
    r"|送(?!到|医|来|去|达)[^,。!?]{1,6}(?:一[套台个份张]|\d)|促销|钜惠|特惠|秒杀|清仓|首开|火热"
    r"|全款|免息|低息"
    r"|秒到|包会|包就业|包教|不成功|不过|一次见效|见效|欢迎|诚邀|恭候|新老(?:客户|顾客)|到店|进店"
    r"|体验|预约|报名|(?<!想)(?<!要)咨询(?=[^,。]{0,6}(?:v|薇|1|电话|我|$))|私信|详聊|详谈"
    r"|了解一下|有意者|有意|诚心|长期|大量|高薪"
    r"|要的|有要|谁要|实惠|便宜|划算|好价|性价比|靠谱|放心|良心|干净|新鲜|现摘|现杀|现做|手工"
    r"|正宗|纯|零添加|无添加|不满意|不收|先做后付|验收|售后|保修|三包|真品|正品|原装|进口|环保|e0"
    r"|认证|资质|品牌|老店|连锁|十年|\d+年(?:经验|老|口碑|质)|口碑|好评|回头客|邻居价|业主价"
    r"|友情价|亲情价|福利|红包|礼品|赠|抽奖|扫码|下单|链接|直播|关注|转发|集赞|打卡|一条龙|一站式"
    r"|全程|快速|随时|不限|不用(?:出门|排队)|省心|省钱|省事|可看|看房|看样|样品|实拍|实图|实景"
    r"|图片|价格|价优|低价|平价|批发|走过路过|速来|赶紧|抓紧|手慢|先到|截止|截单|明天到|抢|招租"
    r"|转租|急[转售出租招]|诚[转招聘]|闲置|全新|几乎没用|成新|自用|出(?=[一两二三个台张套辆把])"
    r"|收(?=[一二两个旧酒购])|求购|求租|想要的|需要的|感兴趣|接单|可上门|上门|安装|代[办跑缴写理]"
    r"|出售|转让|出租|招[^,。标商聘投]{0,6}(?:名|人|员|工)|招聘|开班|开业|到货|自提|接龙|团购"
    r"|拼团|包吃"
)
#: Characters up to which a text without a contact and an offer can be an advertisement.
_SHORT = 150
#: Points by which the signs of selling must outdo those of talking, and blame that undoes them.
_SELLS, _BLAME = 3, 1.5
#: Points of manner that count at most, and those with a price.
_MANNERS = 3
_MOST = _MANNERS + 1


def sells(
    text: str, offers: Collection[str], calls: Collection[str], blame: float, *, letter: bool
) -> bool:
    """Say whether a text advertises, by what it offers and how it calls (distinct words)."""
    contact = _CONTACT.search(text) is not None
    if not (offers or calls or contact) or (len(text) > _SHORT and not (contact and offers)):
        return False
    if letter and (not contact or not offers or _LETTER.search(text)):
        return False
    points = 2 * min(len(offers), 2) + min(len(calls), 3) + 2 * contact
    points -= _signs(_TALKS, text) + 2 * (blame >= _BLAME)
    if points + _MOST < _SELLS:
        return False
    points += _PRICE.search(text) is not None
    manner = min(_signs(_MANNER, text), _MANNERS)
    return points + manner >= _SELLS and (manner > 0 or contact or bool(calls))


def _signs(pattern: re.Pattern[str], text: str) -> int:
    return len({match.group() for match in pattern.finditer(text)})
