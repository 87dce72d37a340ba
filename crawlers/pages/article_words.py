"""The words by which Chinese pages mark what is body and what is frame, grouped by use."""

import re

#: Running text: a Chinese sentence mark, or an English one between words.
SENTENCE = re.compile(r"[，。！？；]|[a-z][,.;!?] ")

#: ids and classes of the page's frame.
FRAME_BOX = re.compile(
    r"comment|reply|replies|pinglun|gentie|tie-|related|relate[-_]|recommend|share|sidebar|"
    r"side[-_]bar|crumb|copyright|footer|foot[-_]|[-_]foot|\bfoot\b|\bnav|navi|menu|toolbar|banner|"
    r"advert|\bads?\b|[-_]ads?\b|\bads?[-_]|qrcode|login|pager|pagination|page-?nav|popup|dialog|"
    r"modal|ewm|xgyd|xgxw|tuijian",
    re.IGNORECASE,
)
#: A class or id, one of its words as a whole: what readers wrote under an article.
READERS_BOX = re.compile(
    r"(?:^|\s)(?:comments?|(?:comments?|cmts?|pinglun|reply|replies)[_-]?(?:list|box|area|wrap|items?|"
    r"con|section)|pinglun|cmts?|gentie)(?=$|\s)",
    re.IGNORECASE,
)
#: The heading above what readers wrote.
READERS_HEADING = re.compile(
    r"^[\W_]*(?:网友|最新|热门|全部)评论[\W_]*(?:[（(]?\s*\d[\d,]*\s*条?\s*[)）]?)?[\W_]*$"
)
#: ids and classes that often are frame, unless they hold paragraphs.
AD_BOX = re.compile(
    r"position|hot[-_]|rank|tags?\b|hidden|disclaim|statement|declare|keyword|more[-_]|"
    r"editor-?info|about",
    re.IGNORECASE,
)
#: A box with such a word in its name holds the article, whatever else the name says.
TEXT_BOX = re.compile(r"article|content|main|body|text|detail|news|post|entry|story", re.IGNORECASE)

#: ids, classes and itemprops by which well-known systems and papers mark the body.
KNOWN_BOXES = frozenset(
    {"artibody", "article-content", "article_content", "articlecontent", "article-box"}
    | {"articlebody", "trs_editor", "trs_uedit", "rm_txt_con", "endtext", "post_text", "post_body"}
    | {"js_content", "rich_media_content", "mw-parser-output", "news_txt", "cnt-main-article-qq"}
    | {"content-article", "main_content", "entry-content", "post-content", "cnt_bd", "zoom"}
    | {"ucap-content", "vsb_content", "art_main", "show_text", "left_zw", "text_area"}
    | {"content_area", "main-aticle", "p-detail"}
)

#: A line above the body that tells about it: source, author, time, tools, path.
HEAD_LINE = re.compile(
    r"(?:来源|稿源|来自|作者|责编|编辑|记者|发布(?:时间|日期|人)?|更新时间|时间|日期|阅读(?:量|数)?|"
    r"点击(?:量|数)?|浏览(?:量|次数)?|评论(?:数)?|字号|字体|版主|栏目|分类|标签|主题)\s*[:：]|字号|"
    r"小\s*中\s*大|大\s*中\s*小|打印|收藏|复制链接|分享|扫一扫|手机看|网友评论|发表评论|我要评论|"
    r"条评论|首页|当前位置|您的位置|精华区|^\s*原创\s*$|\bhttps?://"
)
#: A heading after which the frame begins.
AFTER_BODY = re.compile(
    r"^[\W_]*(?:相关(?:阅读|新闻|链接|报道|文章|推荐|专题|资讯|主题|内容)|推荐(?:阅读|文章|新闻)|"
    r"延伸阅读|更多精彩|精彩推荐|猜你喜欢|热门(?:推荐|文章|评论|新闻|资讯)?|"
    r"(?:网友|最新|精彩|热门|全部|文章)?评论|发表评论|我要评论|网友跟帖|今日推荐|为[你您]推荐|"
    r"大家都在看|编辑推荐|图片新闻|其他文章|[上下]一篇|免责声明|版权声明|特别声明|声明)"
    r"(?:[:：].*|\W*|\s.{0,4})$"
)
#: The newsroom's own line, with which a Chinese article ends.
EDITOR_LINE = re.compile(r"^[\W_]*(?:责任编辑|编辑|责编|(?:我要)?纠错)")
#: Lines that fall away at the end.
LAST_LINE = re.compile(
    r"^[\W_]*(?:(?:责任)?编辑|责编|校对|编审|审核|值班|监制|来源|稿源|文章来源|原标题|标签|关键[词字]|"
    r"转载|版权|免责|声明|特别声明|更多|点击|分享|[上下]一[页篇]|打印|收藏|关闭|返回|本文来源|"
    r"本文(?:为|系|来自)|举报|投诉|阅读|赞|评论|登录|扫描|扫一扫|长按|关注|微信|下载|专题|纠错|"
    r"[（(]?更多内容|本文链接|文章链接|原文链接|文章地址|网址)"
)
#: Notices of law at the end, of any wording.
NOTICE = re.compile(
    r"版权(?:所有|归)|转载(?:请|申请|须|时)|未经.{0,10}(?:授权|许可|允许)|不代表本|举报(?:电话|邮箱)|"
    r"禁止.{0,6}转载|仅代表作者|本站立场|观点仅|备案|许可证|All Rights Reserved|Copyright",
    re.IGNORECASE,
)
#: Longest line that can be a pager or a button (the patterns below are tried on no longer one).
LONGEST_LABEL = 60
#: Lines of a pager: 上一页 1 2 3 下一页, [1] [2] [3]; a bare number may be a table's.
PAGER_LINE = re.compile(
    r"^(?=.*页)[\W_\d上下前后首末尾一第共页]+$|^(?=.*[\[\]<>|«»])[\s\d\[\]()【】<>|·.«»‹›]+$"
)
BUTTON_LINE = re.compile(
    r"^[\W_]*(?:更多|分享到?|发表评论|我要评论|点击进入.{0,8}|查看(?:原文|更多|全文)|展开(?:全文)?|收起|"
    r"返回.{0,6}|打印|收藏|关闭|全屏|播放|原创|转载|广告|点击查看大图|图集|加载中|正在加载.{0,6}|"
    r"放大|缩小|大|中|小|编辑)[\W_]*$"
)
