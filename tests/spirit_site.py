"""django-spirit, a forum nobody here wrote, in its own process with its own models and templates.

Run as `python -m tests.spirit_site FOLDER`: it migrates a SQLite file there, serves on a free port
(written to FOLDER/port) and obeys JSON lines on standard input, answering one line each.
"""

import json
import sys
import threading
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

_DJANGO = ("auth", "contenttypes", "sessions", "messages", "staticfiles", "humanize")
_SPIRIT = (
    "core", "admin", "search", "user", "user.admin", "user.auth", "category", "category.admin",
    "topic", "topic.admin", "topic.favorite", "topic.moderate", "topic.notification",
    "topic.private", "topic.unread", "comment", "comment.bookmark", "comment.flag",
    "comment.flag.admin", "comment.history", "comment.like", "comment.poll",
)  # fmt: skip
_MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "spirit.user.middleware.TimezoneMiddleware",
    "spirit.core.middleware.PrivateForumMiddleware",
    "djconfig.middleware.DjConfigMiddleware",
)
_PROCESSORS = (
    "django.contrib.auth.context_processors.auth",
    "django.template.context_processors.i18n",
    "django.template.context_processors.media",
    "django.template.context_processors.static",
    "django.template.context_processors.tz",
    "django.template.context_processors.request",
    "django.contrib.messages.context_processors.messages",
    "djconfig.context_processors.config",
)
_URLS = "spirit_site_urls"


def configure(folder: Path) -> None:
    """Set Django up for a small Chinese forum."""
    _found("django.conf", "settings").configure(
        SECRET_KEY="only-for-tests", ALLOWED_HOSTS=["*"], ROOT_URLCONF=_URLS,
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in _DJANGO),
            *(f"spirit.{name}" for name in _SPIRIT), "djconfig", "haystack",
        ],
        MIDDLEWARE=list(_MIDDLEWARE),
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                "OPTIONS": {"context_processors": list(_PROCESSORS)},
            }
        ],
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "spirit.db")}
        },
        CACHES={
            name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
            for name in ("default", "st_rate_limit")
        },
        HAYSTACK_CONNECTIONS={
            "default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}
        },
        LOGIN_URL="spirit:user:auth:login", STATIC_URL="/static/", MEDIA_URL="/media/",
        MEDIA_ROOT=str(folder), LANGUAGE_CODE="zh-hans", TIME_ZONE="Asia/Shanghai", USE_TZ=True,
        ST_SITE_URL="http://127.0.0.1/", LOGGING_CONFIG=None,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )  # fmt: skip


def addresses() -> None:
    """Make the address table, which can only be built once the apps are loaded."""
    path, include = _found("django.urls", "path"), _found("django.urls", "include")
    module = ModuleType(_URLS)
    module.urlpatterns = [path("", include("spirit.urls"))]  # type: ignore[attr-defined]
    sys.modules[_URLS] = module


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class Forum:
    """What a test may do to the forum."""

    def __init__(self) -> None:
        category = _found("spirit.category.models", "Category")
        self.category = category.objects.create(title="东岸花园", slug="dongan")

    def obey(self, order: dict[str, Any]) -> Any:
        """Do one order by name and return what the test needs to know."""
        verb = str(order.pop("do"))
        return getattr(self, verb)(**order)

    def topic(self, author: str, title: str, text: str) -> list[int]:
        """Open a topic with its first comment."""
        made = _found("spirit.topic.models", "Topic").objects.create(
            user=self._user(author), category=self.category, title=title
        )
        return [made.pk, self.comment(author, made.pk, text)]

    def comment(self, author: str, topic: int, text: str) -> int:
        """Post a comment through the forum's own form and counters."""
        form = _found("spirit.comment.forms", "CommentForm")(
            user=self._user(author), data={"comment": text},
            topic=_found("spirit.topic.models", "Topic").objects.get(pk=topic),
        )  # fmt: skip
        made = _saved(form)
        _found("spirit.comment.utils", "comment_posted")(comment=made, mentions=form.mentions)
        return int(made.pk)

    def edit(self, comment: int, text: str) -> int:
        """Edit a comment as its author would."""
        comments = _found("spirit.comment.models", "Comment").objects
        _found("spirit.comment.utils", "pre_comment_update")(comment=comments.get(pk=comment))
        old = comments.get(pk=comment)
        form = _found("spirit.comment.forms", "CommentForm")(
            user=old.user, data={"comment": text}, instance=old
        )
        _found("spirit.comment.utils", "post_comment_update")(comment=_saved(form))
        return comment

    def delete(self, comment: int) -> int:
        """Remove a comment as the forum's own moderator view does."""
        comments = _found("spirit.comment.models", "Comment").objects
        comments.filter(pk=comment).update(is_removed=True)
        return comment

    def base(self) -> str:
        """Return the path of the board."""
        return str(self.category.get_absolute_url())

    @staticmethod
    def _user(name: str) -> Any:
        users = _found("django.contrib.auth", "get_user_model")().objects
        found = users.filter(username=name).first()
        return found or users.create_user(
            username=name, password="x", email=f"u{users.count()}@example.test"
        )


def _found(module: str, name: str) -> Any:
    """Return a name of a library without types that can be imported only once it is set up."""
    return getattr(import_module(module), name)


def _saved(form: Any) -> Any:
    if not form.is_valid():
        raise ValueError(form.errors)
    return form.save()


def main() -> None:
    """Serve until standard input ends."""
    configure(Path(sys.argv[1]))
    _found("django", "setup")()
    addresses()
    _found("django.core.management", "call_command")("migrate", verbosity=0)
    application = _found("django.core.wsgi", "get_wsgi_application")()
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    forum = Forum()
    sys.stdout.write(json.dumps({"port": server.server_port}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps({"did": forum.obey(json.loads(line))}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
