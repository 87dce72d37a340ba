"""Scrapy settings, the reason beside each; what a source may change is in spiders/base.py."""

BOT_NAME = "fenghuo"
SPIDER_MODULES = ["crawlers.spiders"]
NEWSPIDER_MODULE = "crawlers.spiders"

# Who we are: a site's operator must be able to recognise and reach us (design §9).
USER_AGENT = "Fenghuo/0.1 (+https://fenghuo.invalid/about; public opinion of property owners)"
# The site's own rules; never overridden.
ROBOTSTXT_OBEY = True
# Rules that cannot be read are no consent (robots.py).
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawlers.robots.CarefulRobots": 100,
}

# Politeness: one request at a time, 2 s apart (spiders/base.py), slower when the site slows down.
DOWNLOAD_DELAY = 2.0
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_REQUESTS = 8
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 2.0
AUTOTHROTTLE_MAX_DELAY = 60.0
# A struggling site is asked twice more, not ten times.
RETRY_TIMES = 2

# A page that takes longer or is bigger is not a forum page or an article.
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
REDIRECT_MAX_TIMES = 5
# The default trusts any certificate; evidence must come from whom it says.
DOWNLOAD_VERIFY_CERTIFICATES = True

# Guests need no session; a forum's sid cookie only makes pages differ (collection §2).
COOKIES_ENABLED = False
# An environment's http_proxy would go round the address guard.
HTTPPROXY_ENABLED = False
# The frontier is ours (CrawlMemory); the default filter silently loses a 302 to itself (§0 #5).
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"

# In the order asked: a list's newest threads first (the default takes the last asked first).
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
# Pages are stored in their order; the default starts a hundred tasks for each answer, which took
# a quarter of a crawl's time.
CONCURRENT_ITEMS = 1

# Only the two schemes we mean, each through the guard that refuses private addresses.
DOWNLOAD_HANDLERS = {
    "http": "crawlers.guard.GuardedDownloadHandler",
    "https": "crawlers.guard.GuardedDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
# asyncio without Twisted's reactor: several crawls in a row in one process (platform §3).
TWISTED_REACTOR_ENABLED = False
# Doors into a running crawl; the second one runs code.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

LOG_LEVEL = "WARNING"
# Scrapy prints whole items, authors and texts included.
LOG_FORMATTER = "crawlers.logs.QuietLogFormatter"

# Named as text, because crawlers import nothing above them (design §3).
ITEM_PIPELINES = {"pipelines.ingest.IngestPipeline": 100}
# callable(settings) -> CrawlMemory
FENGHUO_MEMORY = "pipelines.ingest.crawl_memory"
# callable(settings) -> Clock; the demo town runs on a simulated one.
FENGHUO_CLOCK = "pipelines.ingest.crawl_clock"
# Set per crawl from its source; see guard.py.
FENGHUO_ALLOW_PRIVATE = False
