"""The data model of design §4, complete: every table and column, in a post's order of travel.

Codes are text, never ordinals; times are `UtcDateTime`; every constraint has a name, because
Alembic on SQLite loses unnamed ones (platform §2).
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from store.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _ref(name: str, target: str, *, null: bool = False) -> Column[int]:
    return Column(name, Integer, ForeignKey(target), nullable=null)


# ---- what the company says of itself -----------------------------------------------------------

#: Company name, time zone, chosen pack, demo flag: small facts of this installation.
installation = Table(
    "installation",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

#: Immutable versions of rule packs, categories, words, rules (design §4 "Packs").
pack = Table(
    "pack",
    metadata,
    _id(),
    Column("kind", String(32), nullable=False),  # procedure | rules | categories | lexicon …
    Column("name", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("yaml", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("author", String(128), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("kind", "name", "version"),
)

pack_active = Table(
    "pack_active",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("pack_id", Integer, ForeignKey("pack.id"), nullable=False),
)

subject = Table(
    "subject",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(128), nullable=False),
    Column("city", String(64)),
    Column("legal_entity", String(128)),
    Column("region", String(64)),
    Column("context", JSON, nullable=False, default=list),
    #: Filing name, promotion name, phases, buildings, households, key dates …
    Column("details", JSON, nullable=False, default=dict),
    Column("created_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),
)

alias = Table(
    "alias",
    metadata,
    _id(),
    _ref("subject_id", "subject.id"),
    Column("text", String(64), nullable=False),
    Column("ambiguous", Boolean, nullable=False, default=False),
    UniqueConstraint("subject_id", "text"),
)

person = Table(
    "person",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("post", String(64), nullable=False, default=""),
    Column("phone", String(32), nullable=False, default=""),
    Column("legal_entity", String(128)),
    Column("retired_at", UtcDateTime),
)

#: Who is told what by which channel: a subject, a region, or all (both null) × minimum level.
subscription = Table(
    "subscription",
    metadata,
    _id(),
    _ref("person_id", "person.id"),
    _ref("subject_id", "subject.id", null=True),
    Column("region", String(64)),
    Column("min_level", String(16), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("address", String(256), nullable=False, default=""),
    UniqueConstraint("person_id", "subject_id", "region", "channel", "address"),
)

silence = Table(
    "silence",
    metadata,
    _id(),
    Column("matcher", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", String(128), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
)

# ---- sources and what they gave ----------------------------------------------------------------

source = Table(
    "source",
    metadata,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    Column("engine", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("site", String(128), nullable=False),
    Column("url", Text, nullable=False),
    Column("every_seconds", Integer, nullable=False),
    _ref("subject_id", "subject.id", null=True),
    Column("allow_private", Boolean, nullable=False, default=False),
    Column("enabled", Boolean, nullable=False, default=True),
    Column("min_posts", Integer, nullable=False, default=0),
    Column("options", JSON, nullable=False, default=dict),
    #: Privacy of group sources (A12): without provider and basis the import is 依据缺失.
    Column("provider", String(128)),
    Column("basis", Text),
    Column("ends_on", String(10)),
    Column("next_check_at", UtcDateTime),
    #: hot | normal | cold and why: how often the source is visited now.
    Column("pace", String(8), nullable=False, server_default="normal"),
    Column("pace_reason", Text),
    #: When a visit last brought what the source promises; null = 未验证.
    Column("verified_at", UtcDateTime),
    Index("ix_source_next_check_at", "next_check_at"),
)

crawl = Table(
    "crawl",
    metadata,
    _id(),
    _ref("source_id", "source.id"),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("outcome", String(16), nullable=False),  # running | done | blocked | failed
    Column("pages", Integer, nullable=False, default=0),
    Column("posts", Integer, nullable=False, default=0),
    Column("new_posts", Integer, nullable=False, default=0),
    Column("new_revisions", Integer, nullable=False, default=0),
    Column("errors", Integer, nullable=False, default=0),
    Column("message", Text, nullable=False, default=""),
    #: Answers read, list pages included.
    Column("requests", Integer, nullable=False, server_default="0"),
    #: Reason → how many pages or records were refused for it.
    Column("rejected", JSON, nullable=False, server_default="{}"),
    #: Field → posts that had it, with "posts" as the whole: a fall tells of a changed layout.
    Column("fields", JSON, nullable=False, server_default="{}"),
    Index("ix_crawl_source_id_started_at", "source_id", "started_at"),
)

crawl_mark = Table(
    "crawl_mark",
    metadata,
    Column("source_id", Integer, ForeignKey("source.id"), primary_key=True),
    Column("key", String(256), primary_key=True),
    Column("state", JSON, nullable=False),
    Column("settled_at", UtcDateTime, nullable=False),
    #: When it is to be looked at again although nothing tells of a change (ageing re-visit).
    Column("due_at", UtcDateTime),
    Index("ix_crawl_mark_source_id_due_at", "source_id", "due_at"),
)

#: Something somebody must act on, as a row and not as log text (source health page).
issue = Table(
    "issue",
    metadata,
    _id(),
    _ref("source_id", "source.id", null=True),
    Column("at", UtcDateTime, nullable=False),
    Column("level", String(8), nullable=False),  # error | warning
    Column("code", String(64), nullable=False),
    Column("message", Text, nullable=False),
    Column("data", JSON, nullable=False, default=dict),
    Column("closed_at", UtcDateTime),
    Index("ix_issue_source_id_at", "source_id", "at"),
)

#: One site's pages are alike: a dictionary trained on them makes each page tiny (collection §0).
evidence_dictionary = Table(
    "evidence_dictionary",
    metadata,
    _id(),
    Column("site", String(128), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_evidence_dictionary_site", "site"),
)

evidence = Table(
    "evidence",
    metadata,
    _id(),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("content_type", String(128), nullable=False, default=""),
    Column("status", Integer, nullable=False, default=200),
    Column("headers", JSON, nullable=False, default=dict),
    Column("size", Integer, nullable=False),
    #: Path below the evidence folder; null for private imports (hash only, A12).
    Column("path", String(256)),
    Column("private", Boolean, nullable=False, default=False),
    Column("codec", String(8), nullable=False, server_default="gzip"),  # gzip | zstd
    _ref("dictionary_id", "evidence_dictionary.id", null=True),
    #: When the bytes were erased at the end of their time; digest and manifest stay.
    Column("purged_at", UtcDateTime),
)

#: What each crawl saw and kept, as a hash chain: it verifies also after bytes were purged.
manifest = Table(
    "manifest",
    metadata,
    _id(),
    _ref("crawl_id", "crawl.id"),
    Column("n", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers_digest", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    UniqueConstraint("crawl_id", "n"),
)

#: A file people brought: who gave it, on what basis, how long it may be kept (A12, N-06).
import_file = Table(
    "import_file",
    metadata,
    _id(),
    _ref("source_id", "source.id"),
    Column("name", String(256), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("format", String(32), nullable=False),
    Column("provider", String(128), nullable=False, default=""),
    Column("basis", Text, nullable=False, default=""),
    Column("retention", String(16), nullable=False, default=""),
    Column("ends_on", String(10)),
    Column("by", String(128), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("messages", Integer, nullable=False, server_default="0"),
    Column("new_posts", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    #: Null until the whole file is stored.
    Column("finished_at", UtcDateTime),
    Index("ix_import_file_source_id_at", "source_id", "at"),
)

#: A key by which another system hands in complaints; only its hash is kept.
intake_key = Table(
    "intake_key",
    metadata,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    _ref("source_id", "source.id"),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(128), nullable=False),
    Column("revoked_at", UtcDateTime),
)

#: The answer to each idempotency key, given again when the other system asks again.
intake_request = Table(
    "intake_request",
    metadata,
    Column("key_id", Integer, ForeignKey("intake_key.id"), primary_key=True),
    Column("idempotency_key", String(128), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("answer", JSON, nullable=False),
)

# ---- posts -------------------------------------------------------------------------------------

post = Table(
    "post",
    metadata,
    _id(),
    Column("site", String(128), nullable=False),
    Column("native_id", String(256), nullable=False),
    _ref("source_id", "source.id"),
    Column("kind", String(16), nullable=False),
    Column("message_kind", String(16), nullable=False, default="text"),
    Column("thread_id", String(128)),
    Column("floor", Integer),
    Column("url", Text),
    Column("outlet", String(128)),
    #: Where the outlet says it took the article from (来源：…), else null.
    Column("syndicated_from", String(128)),
    #: How far the authority is with it, in the site's own words (已受理, 办结 …).
    Column("state", String(32)),
    #: HMAC(site, native uid); null = anonymous. Never a name.
    Column("author_key", String(32)),
    #: On-site report of our own staff (AD-11): banner | reporter | petition | casualty | other.
    Column("onsite", String(16)),
    #: HMAC(project, phase, building, unit, room); null unless the owner says so.
    Column("household_key", String(32)),
    #: Key of the subject that board, group or record implies, with its via.
    _ref("subject_id", "subject.id", null=True),
    Column("subject_via", String(16)),
    Column("published_at", UtcDateTime, nullable=False),
    Column("published_precision", String(8), nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    #: Fetched > 72 h after publishing, or so flagged: trend and baseline only (B-EV2).
    Column("backfill", Boolean, nullable=False, default=False),
    #: Calendar day in Asia/Shanghai as 20261121, so that no date() stands in GROUP BY.
    Column("day_cn", Integer, nullable=False),
    Column("reply_to", String(256)),
    Column("views", Integer),
    Column("likes", Integer),
    Column("replies", Integer),
    Column("deleted_at", UtcDateTime),
    UniqueConstraint("site", "native_id"),
    CheckConstraint(
        "published_precision IN ('second','minute','day','none')", name="published_precision"
    ),
    Index("ix_post_day_cn_kind", "day_cn", "kind"),
    Index("ix_post_published_at", "published_at"),
    Index("ix_post_thread", "site", "thread_id", "floor"),
    #: What home an author has named, asked for each batch that names one (store/homes.py).
    Index(
        "ix_post_author_home",
        "site",
        "author_key",
        sqlite_where=text("household_key IS NOT NULL"),
        postgresql_where=text("household_key IS NOT NULL"),
    ),
)

post_seen = Table(
    "post_seen",
    metadata,
    Column("post_id", Integer, ForeignKey("post.id"), primary_key=True),
    Column("source_id", Integer, ForeignKey("source.id"), primary_key=True),
    Column("first_at", UtcDateTime, nullable=False),
)

#: Views, likes and replies as a time series; a row only when a number changed.
post_count = Table(
    "post_count",
    metadata,
    Column("post_id", Integer, ForeignKey("post.id"), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("views", Integer),
    Column("likes", Integer),
    Column("replies", Integer),
)

#: Never overwritten; a deletion is a revision too.
revision = Table(
    "revision",
    metadata,
    _id(),
    _ref("post_id", "post.id"),
    Column("n", Integer, nullable=False),
    Column("title", Text, nullable=False, default=""),
    Column("text", Text, nullable=False),
    Column("content_hash", String(32), nullable=False),
    Column("edited_at", UtcDateTime),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("hidden", Text),
    #: Names of attached files, as shown.
    Column("attachments", JSON, nullable=False, server_default="[]"),
    _ref("evidence_id", "evidence.id", null=True),
    UniqueConstraint("post_id", "n"),
)

#: External content of the full-text index: app-made bigrams (platform §2: trigram finds no 维权).
search_text = Table(
    "search_text",
    metadata,
    Column("post_id", Integer, ForeignKey("post.id"), primary_key=True),
    Column("bigrams", Text, nullable=False),
)

# ---- what nlp says -----------------------------------------------------------------------------

analyser = Table(
    "analyser",
    metadata,
    _id(),
    Column("version", String(64), nullable=False, unique=True),
    Column("parts", JSON, nullable=False, default=dict),
    Column("created_at", UtcDateTime, nullable=False),
    Column("active", Boolean, nullable=False, default=False),
    Index(
        "uq_analyser_one_active",
        "active",
        unique=True,
        sqlite_where=text("active"),
        postgresql_where=text("active"),
    ),
)

analysis = Table(
    "analysis",
    metadata,
    _id(),
    _ref("revision_id", "revision.id"),
    _ref("analyser_id", "analyser.id"),
    _ref("post_id", "post.id"),
    Column("negativity", Float, nullable=False),
    Column("severity", Float, nullable=False),
    Column("label", String(8), nullable=False),
    Column("relevant", Boolean, nullable=False),
    Column("noise", String(16)),
    Column("at", UtcDateTime, nullable=False),
    #: {"categories": […], "facts": […], "signals": […], "why": […]} of the JSONL contract.
    Column("details", JSON, nullable=False),
    UniqueConstraint("revision_id", "analyser_id"),
    Index("ix_analysis_post_id", "post_id"),
    #: Rows without analysis are found by analyser, not by scanning revisions.
    Index("ix_analysis_analyser_id_revision_id", "analyser_id", "revision_id"),
)

#: What counts, indexes and statistics are made from; post facts repeated for covering indexes.
mention = Table(
    "mention",
    metadata,
    _id(),
    _ref("analysis_id", "analysis.id"),
    _ref("post_id", "post.id"),
    _ref("subject_id", "subject.id"),
    Column("via", String(16), nullable=False),
    Column("alias", String(64), nullable=False, default=""),
    Column("field", String(8), nullable=False, default="text"),
    Column("start", Integer),
    Column("end", Integer),
    Column("negativity", Float, nullable=False),
    Column("severity", Float, nullable=False),
    Column("label", String(8), nullable=False),
    Column("categories", JSON, nullable=False, default=list),
    #: Relevant and no noise, unless a label says otherwise.
    Column("relevant", Boolean, nullable=False, server_default=true()),
    #: Whether this mention counts as a voice of complaint: relevant, no noise, negative.
    Column("negative", Boolean, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("day_cn", Integer, nullable=False),
    UniqueConstraint("analysis_id", "subject_id"),
    Index("ix_mention_post_id", "post_id"),
    Index("ix_mention_subject", "subject_id", "published_at", "negative", "post_id"),
    Index("ix_mention_day", "day_cn", "subject_id", "label", "negative"),
)

#: A person's word beats every analyser and survives re-scoring.
label = Table(
    "label",
    metadata,
    _id(),
    _ref("revision_id", "revision.id"),
    _ref("subject_id", "subject.id", null=True),
    Column("field", String(32), nullable=False),
    Column("value", String(64), nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("undone_at", UtcDateTime),
    Column("undone_by", String(128)),
    Column("note", Text),
    Index("ix_label_revision_id", "revision_id"),
    Index("ix_label_at", "at"),
)

#: Recomputed per dirty (day, subject), never incremented.
day_stat = Table(
    "day_stat",
    metadata,
    Column("day_cn", Integer, primary_key=True),
    Column("subject_id", Integer, ForeignKey("subject.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("posts", Integer, nullable=False),
    Column("negative", Integer, nullable=False),
    Column("voices", Integer, nullable=False),
)

dirty_day = Table(
    "dirty_day",
    metadata,
    Column("day_cn", Integer, primary_key=True),
    Column("subject_id", Integer, ForeignKey("subject.id"), primary_key=True),
)

#: Distinct negative voices by topic and "all": what baselines are made from (D-C2).
topic_day = Table(
    "topic_day",
    metadata,
    Column("subject_id", Integer, ForeignKey("subject.id"), primary_key=True),
    Column("day_cn", Integer, primary_key=True),
    Column("topic", String(32), primary_key=True),
    Column("voices", Integer, nullable=False),
)

#: Posts of any tone by site: a day on which a site was silent is not a quiet day (D-X1).
site_day = Table(
    "site_day",
    metadata,
    Column("subject_id", Integer, ForeignKey("subject.id"), primary_key=True),
    Column("day_cn", Integer, primary_key=True),
    Column("site", String(128), primary_key=True),
    Column("posts", Integer, nullable=False),
)

#: What the subjects of a channel type share, estimated on each Monday (D-C3).
pooled_week = Table(
    "pooled_week",
    metadata,
    Column("monday", Integer, primary_key=True),
    Column("estimates", JSON, nullable=False),
)

#: Up to which relation the statistics of a subject have looked at its posts.
stream_mark = Table(
    "stream_mark",
    metadata,
    Column("subject_id", Integer, ForeignKey("subject.id"), primary_key=True),
    Column("relation_id", Integer, nullable=False),
)

# ---- events ------------------------------------------------------------------------------------

event = Table(
    "event",
    metadata,
    _id(),
    #: Natural key from the first post: the same on every machine that saw the same posts.
    Column("key", String(32), nullable=False, unique=True),
    _ref("first_post_id", "post.id"),
    Column("title", Text, nullable=False, default=""),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("merged_into", Integer, ForeignKey("event.id")),
)

#: A person's merge of two alerts: at this subject an event counts as part of another (B-MS1). Its
#: key stays and leads on to the other (B-ID2); taking the row away parts them again.
event_merge = Table(
    "event_merge",
    metadata,
    Column("event_id", Integer, ForeignKey("event.id"), primary_key=True),
    Column("subject_id", Integer, ForeignKey("subject.id"), primary_key=True),
    _ref("into_id", "event.id"),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(128), nullable=False),
)

relation = Table(
    "relation",
    metadata,
    #: Order of decision: an index rebuilt in this order equals the one that decided.
    _id(),
    Column("post_id", Integer, ForeignKey("post.id"), nullable=False, unique=True),
    Column("event_id", Integer, ForeignKey("event.id"), nullable=False),
    Column("duplicate_of", Integer, ForeignKey("post.id")),
    Column("edge", String(8)),
    #: The copy it is most like, and what says so: proven | inferred | time.
    Column("hop", Integer, ForeignKey("post.id")),
    Column("evidence", String(8)),
    Column("similarity", Float, nullable=False),
    Column("revision_id", Integer, ForeignKey("revision.id"), nullable=False),
    #: What the decision was made from, so that it can be re-loaded exactly.
    Column("subjects", JSON, nullable=False, default=list),
    Column("categories", JSON, nullable=False, default=list),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_relation_event_id", "event_id"),
)

#: What later posts find a related post by; swept when its event can no longer be open. Narrow and
#: without references: a dozen rows a post, all of them looked up by key alone.
posting = Table(
    "posting",
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("relation_id", Integer, primary_key=True),
    #: The relation itself (keys of its text), or its event (keys of its words and matters).
    Column("target", Integer, nullable=False),
    #: Days since 1970 (UTC) of publishing.
    Column("day", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: What an event is about: the sum of its posts, for comparing; kept as long as the event.
event_profile = Table(
    "event_profile",
    metadata,
    Column("event_id", Integer, ForeignKey("event.id"), primary_key=True),
    Column("posts", Integer, nullable=False),
    #: Subject keys, and category codes with their number of posts, parted by spaces.
    Column("subjects", Text, nullable=False),
    Column("codes", Text, nullable=False),
    Column("features", LargeBinary, nullable=False),
)

#: (event, subject) pairs to assess; written by relate and analyse, taken by assess (B-EV1).
dirty_event = Table(
    "dirty_event",
    metadata,
    Column("event_id", Integer, ForeignKey("event.id"), primary_key=True),
    Column("subject_id", Integer, ForeignKey("subject.id"), primary_key=True),
)

# ---- alerts ------------------------------------------------------------------------------------

alert = Table(
    "alert",
    metadata,
    _id(),
    #: W-YYYYMMDD-nnnn, the warning number people quote.
    Column("number", String(24), nullable=False, unique=True),
    #: (subject, event) | (subject, topic) | (source): B-ID1.
    Column("identity", String(128), nullable=False),
    _ref("subject_id", "subject.id", null=True),
    _ref("event_id", "event.id", null=True),
    _ref("source_id", "source.id", null=True),
    Column("topic", String(32)),
    Column("status", String(16), nullable=False),  # open | closed | dismissed | merged
    Column("level", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    #: Since when the reset condition holds (B-HY1); null = it does not.
    Column("below_since", UtcDateTime),
    Column("next_check_at", UtcDateTime),
    #: What a person said of it: confirmed | false_alarm | merged | registered.
    Column("verdict", String(16)),
    Column("verdict_at", UtcDateTime),
    Column("verdict_by", String(128)),
    Column("verdict_reason", Text),
    _ref("merged_into", "alert.id", null=True),
    Index(
        "uq_alert_open_identity",
        "identity",
        unique=True,
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
    Index("ix_alert_next_check_at", "next_check_at"),
    CheckConstraint("level IN ('minor','moderate','major','critical')", name="level"),
    CheckConstraint("status IN ('open','closed','dismissed','merged')", name="status"),
)

alert_alias = Table(
    "alert_alias",
    metadata,
    Column("identity", String(128), primary_key=True),
    Column("alert_id", Integer, ForeignKey("alert.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

finding = Table(
    "finding",
    metadata,
    _id(),
    _ref("alert_id", "alert.id"),
    Column("rule", String(64), nullable=False),
    #: Topic, or "all", of a statistical finding; "" for event rules.
    Column("stream", String(32), nullable=False, default=""),
    Column("rule_version", Integer, nullable=False),
    Column("level", String(16), nullable=False),
    Column("observed", Float, nullable=False),
    Column("expected", Float),
    Column("score", Float),
    Column("reason_zh", Text, nullable=False),
    #: Window, bounds of the count, baseline snapshot: whatever re-computes the numbers (B-EV1).
    Column("snapshot", JSON, nullable=False, default=dict),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Index("ix_finding_alert_id", "alert_id"),
)

#: The posts behind a finding, by revision: an edit does not erase what justified the alarm.
finding_post = Table(
    "finding_post",
    metadata,
    Column("finding_id", Integer, ForeignKey("finding.id"), primary_key=True),
    Column("revision_id", Integer, ForeignKey("revision.id"), primary_key=True),
    Column("post_id", Integer, ForeignKey("post.id"), nullable=False),
    Index("ix_finding_post_post_id", "post_id"),
)

#: One row per outcome change: what `replay` prints, what people were told (alert event out).
alert_change = Table(
    "alert_change",
    metadata,
    _id(),
    _ref("alert_id", "alert.id"),
    Column("version", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("change", String(16), nullable=False),  # opened|raised|lowered|closed|dismissed …
    Column("level", String(16), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("observed", Float),
    Column("expected", Float),
    Column("score", Float),
    Column("reason_zh", Text, nullable=False),
    Column("post_ids", JSON, nullable=False, default=list),
    Column("by", String(128), nullable=False),
    UniqueConstraint("alert_id", "version"),
)

# ---- cases and clocks --------------------------------------------------------------------------

case = Table(
    "case_file",  # CASE is an SQL word
    metadata,
    _id(),
    Column("number", String(24), nullable=False, unique=True),
    _ref("subject_id", "subject.id"),
    Column("title", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("level", String(16)),
    Column("registered_at", UtcDateTime, nullable=False),
    Column("registered_by", String(128), nullable=False),
    Column("graded_at", UtcDateTime),
    Column("graded_by", String(128)),
    Column("closed_at", UtcDateTime),
    #: Frozen at opening (B-SN1): the id and a full copy of the pack.
    _ref("pack_id", "pack.id"),
    Column("pack_copy", Text, nullable=False),
)

case_alert = Table(
    "case_alert",
    metadata,
    Column("case_id", Integer, ForeignKey("case_file.id"), primary_key=True),
    Column("alert_id", Integer, ForeignKey("alert.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

clock = Table(
    "clock",
    metadata,
    _id(),
    #: alert:<number> or case:<number>.
    Column("object", String(64), nullable=False),
    Column("definition", String(64), nullable=False),  # triage, T-08, T-23 …
    Column("name", String(128), nullable=False),
    Column("role", String(64), nullable=False, default=""),
    Column("started_at", UtcDateTime, nullable=False),
    Column("start_event", String(64), nullable=False),
    Column("stop_event", String(64), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("calendar", String(32), nullable=False),
    #: Why is it due then (B-CL6): list of Chinese lines.
    Column("steps", JSON, nullable=False, default=list),
    Column("provisional", Boolean, nullable=False, default=False),
    Column("stopped_at", UtcDateTime),
    Column("stopped_by", String(128)),
    #: A breach is a fact, never erased by a later stop (B-CL3).
    Column("breached_at", UtcDateTime),
    UniqueConstraint("object", "definition", "started_at"),
)

#: Stored due times of a clock's warnings; the tick scans only this (B-CL2).
clock_due = Table(
    "clock_due",
    metadata,
    _id(),
    _ref("clock_id", "clock.id"),
    Column("percent", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("handled_at", UtcDateTime),
    Column("late", Boolean, nullable=False, default=False),
    UniqueConstraint("clock_id", "percent"),
    Index(
        "ix_clock_due_open",
        "due_at",
        sqlite_where=text("handled_at IS NULL"),
        postgresql_where=text("handled_at IS NULL"),
    ),
)

# ---- telling people ----------------------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    _id(),
    #: What the message is about: alert:<number>, case:<number>, brief:<day> …
    Column("object", String(64), nullable=False),
    _ref("alert_id", "alert.id", null=True),
    Column("version", Integer, nullable=False),
    Column("recipient", String(64), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("address", String(256), nullable=False, default=""),
    Column("reason", String(32), nullable=False),
    Column("subject_line", Text, nullable=False),
    Column("body", Text, nullable=False),
    #: queued → sending → accepted | failed (B-NL1).
    Column("status", String(16), nullable=False),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("next_try_at", UtcDateTime),
    Column("attempts", Integer, nullable=False, default=0),
    Column("claimed_at", UtcDateTime),
    Column("accepted_at", UtcDateTime),
    #: The channel's own words: error code or OK.
    Column("verdict", Text, nullable=False, default=""),
    UniqueConstraint("object", "version", "recipient", "channel", "address", "reason"),
    CheckConstraint("status IN ('queued','sending','accepted','failed')", name="status"),
    Index("ix_outbox_status_next_try_at", "status", "next_try_at"),
)

#: Acknowledged (已知悉, B-AK1): stops repeats, not clocks; covers this version's level only.
acknowledgement = Table(
    "acknowledgement",
    metadata,
    _id(),
    _ref("alert_id", "alert.id"),
    Column("version", Integer, nullable=False),
    Column("level", String(16), nullable=False),
    Column("by", String(128), nullable=False),
    Column("via", String(16), nullable=False),  # web | link | group
    Column("at", UtcDateTime, nullable=False),
    Index("ix_acknowledgement_alert_id", "alert_id"),
)

#: What is done once a day: (name, Shanghai day) → when.
daily = Table(
    "daily",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("day_cn", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

# ---- people at the dashboard -------------------------------------------------------------------

account = Table(
    "account",
    metadata,
    _id(),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("password_hash", Text, nullable=False),  # argon2id
    Column("roles", JSON, nullable=False),
    #: Legal entities; null = the whole company.
    Column("entities", JSON),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", UtcDateTime),
)

#: A signed-in browser: only the SHA-256 of its cookie is kept.
web_session = Table(
    "web_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

#: When a person last left the inbox: what came since is new to them (T-30).
inbox_visit = Table(
    "inbox_visit",
    metadata,
    Column("who", String(128), primary_key=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("previous_at", UtcDateTime),
)

# ---- what people bring in ----------------------------------------------------------------------

#: Complaint (客户投诉处理单 F1) or official order (12345 …): its text is also a post.
complaint = Table(
    "complaint",
    metadata,
    _id(),
    Column("number", String(24), nullable=False, unique=True),  # C-YYYYMMDD-nnnn
    _ref("subject_id", "subject.id", null=True),
    _ref("post_id", "post.id", null=True),
    _ref("case_id", "case_file.id", null=True),
    Column("category", String(32), nullable=False),
    Column("way", String(32), nullable=False),
    Column("text", Text, nullable=False),
    #: Personal, masked unless revealed: {"name", "phone", "building", "unit", "room"}; erasable.
    Column("contact", JSON, nullable=False, default=dict),
    #: Official channel and its order number (AD-11), with the external reply deadline.
    Column("channel", String(32), nullable=False, default=""),
    Column("order_no", String(64)),
    Column("received_at", UtcDateTime, nullable=False),
    Column("received_by", String(128), nullable=False),
    Column("reply_due_at", UtcDateTime),
    Column("reply", Text, nullable=False, default=""),
    Column("replied_at", UtcDateTime),
    Column("replied_by", String(128)),
    Column("withdrawn_at", UtcDateTime),
    #: Further fields of the form, by their Chinese names.
    Column("details", JSON, nullable=False, default=dict),
    UniqueConstraint("channel", "order_no"),
    Index("ix_complaint_received_at", "received_at"),
)

#: Remembered columns of a table people bring again and again (12345, hotline).
column_map = Table(
    "column_map",
    metadata,
    Column("kind", String(32), primary_key=True),
    #: Hash of the header row: the same table next week needs no questions.
    Column("header", String(32), primary_key=True),
    Column("mapping", JSON, nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

#: The authority's or our own public reply, beside the post it answers (AD-11).
public_reply = Table(
    "public_reply",
    metadata,
    _id(),
    _ref("post_id", "post.id"),
    Column("author", String(128), nullable=False),  # the office that replied
    Column("text", Text, nullable=False),
    Column("url", Text),
    Column("at", UtcDateTime, nullable=False),
    Column("entered_by", String(128), nullable=False),
)

# ---- media relations, forms and reports --------------------------------------------------------

#: Media enquiry register (媒体来访登记, AD-1).
media_enquiry = Table(
    "media_enquiry",
    metadata,
    _id(),
    Column("number", String(24), nullable=False, unique=True),  # M-YYYYMMDD-nnn
    _ref("subject_id", "subject.id", null=True),
    _ref("case_id", "case_file.id", null=True),
    Column("outlet", String(128), nullable=False),
    #: Personal, masked unless revealed: {"reporter", "phone"}.
    Column("contact", JSON, nullable=False, default=dict),
    Column("question", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("received_by", String(128), nullable=False),
    Column("deadline_at", UtcDateTime),
    Column("wording", String(128), nullable=False, default=""),  # 口径版本
    Column("reply", Text, nullable=False, default=""),
    Column("replied_at", UtcDateTime),
    Column("called_back_at", UtcDateTime),
    Column("written_sent_at", UtcDateTime),
    Column("published_url", Text),
    Column("withdrawn_at", UtcDateTime),
)

#: What the company itself published (自有发布): media relations enter it by hand.
own_release = Table(
    "own_release",
    metadata,
    _id(),
    _ref("subject_id", "subject.id", null=True),
    Column("at", UtcDateTime, nullable=False),
    Column("outlet", String(128), nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("note", Text, nullable=False, default=""),
    Column("entered_by", String(128), nullable=False),
    Column("withdrawn_at", UtcDateTime),
)

#: A form of a case as it was printed (F3, F4 …): F4 number n says what changed since n-1.
form = Table(
    "form",
    metadata,
    _id(),
    _ref("case_id", "case_file.id"),
    Column("kind", String(8), nullable=False),
    Column("n", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(128), nullable=False),
    Column("values", JSON, nullable=False),
    UniqueConstraint("case_id", "kind", "n"),
)

#: The editor's hand on a report: kept when the report is made again.
report_edit = Table(
    "report_edit",
    metadata,
    #: weekly:2026-11-20, the period by its cut-off day.
    Column("report", String(64), primary_key=True),
    #: alert:<number>, enquiry:<number>, release:<id>, or note:<section>.
    Column("item", String(64), primary_key=True),
    Column("included", Boolean, nullable=False, default=True),
    Column("note", Text, nullable=False, default=""),
    Column("by", String(128), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# ---- proof and housekeeping --------------------------------------------------------------------

#: One hash chain per object; the unique (object, seq) is the optimistic lock (B-AU1).
audit = Table(
    "audit",
    metadata,
    _id(),
    Column("object", String(64), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("via", String(16), nullable=False),  # web | cli | rule | import | demo
    Column("action", String(64), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("payload_digest", String(64), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("object", "seq"),
)

#: Apart from the chain, so that personal content can be erased and the chain still verifies.
audit_payload = Table(
    "audit_payload",
    metadata,
    Column("audit_id", Integer, ForeignKey("audit.id"), primary_key=True),
    Column("payload", JSON),
    Column("erased_at", UtcDateTime),
)

#: What the ticker asks the worker for, and when it was last done (platform §3).
tick = Table(
    "tick",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("message", Text, nullable=False, default=""),
)

#: The simulated clock of a demo home; no row = the real clock.
sim_clock = Table(
    "sim_clock",
    metadata,
    _id(),
    Column("now", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("step_seconds", Integer, nullable=False),
    Column("finished_at", UtcDateTime),
)
