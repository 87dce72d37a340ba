"""channels.yml: each mistake names section, key and cure; secrets never show."""

import pytest

from config.channels import channel_facts
from config.facts import read_text
from domain.errors import FactsError

MAIL = "email: {host: smtp.a.example, sender: 烽火 <f@a.example>}"
ROBOT = "robots: {群: {channel: wecom, url: 'https://q.example/send?key=k'}}"


def test_right_facts_are_read_with_their_defaults() -> None:
    facts = channel_facts(f"{MAIL}\n{ROBOT}\n")
    assert facts.mail is not None
    assert (facts.mail.port, facts.mail.security) == (465, "ssl")
    robot = facts.robots["群"]
    assert (robot.channel, robot.allow_private) == ("wecom", False)
    assert "key=k" not in repr(facts)


def test_the_shipped_template_is_right_once_its_marks_are_taken_away() -> None:
    text = read_text("channels.example.yml")
    live = "\n".join(line[1:] for line in text.splitlines() if line.startswith(("#e", "#r", "#  ")))
    facts = channel_facts(live)
    assert facts.mail is not None
    assert [robot.channel for robot in facts.robots.values()] == ["wecom", "dingtalk", "feishu"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mail: {}", "不认识 mail，只能写 email、robots"),
        ("email: 1", "email 应当是"),
        ("email: {sender: f@a.example}", r"email\.host 没有填"),
        ("email: {host: a, sender: f}", r"email\.sender='f' 不对"),
        ("email: {host: a, sender: f@a.example, port: x}", r"email\.port='x' 不对"),
        ("email: {host: a, sender: f@a.example, security: tls}", "ssl、starttls 或 plain"),
        ("email: {host: a.example, sender: f@a.example, security: plain}", "只许用于本机"),
        ("email: {host: a, sender: f@a.example, pass: x}", "不认识 pass"),
        ("robots: [1]", "robots 应当是"),
        ("robots: {群: 1}", r"robots\.群 应当是"),
        ("robots: {群: {channel: qq, url: 'https://a'}}", r"robots\.群\.channel='qq' 不对"),
        ("robots: {群: {channel: wecom}}", r"robots\.群\.url 没有填"),
        ("robots: {群: {channel: wecom, url: 'http://a.example'}}", "https:// Webhook"),
        ("robots: {群: {channel: wecom, url: 'https:///x'}}", "https:// Webhook"),
        ("robots: {群: {channel: wecom, url: 'https://a.example:abc/x'}}", "https:// Webhook"),
        ("robots: {群: {channel: wecom, url: 'https://a.example:70000/x'}}", "https:// Webhook"),
        ("robots: {群: {channel: wecom, url: 'https://[a/x'}}", "https:// Webhook"),
        ("robots: {群: {channel: wecom, url: 'https://a', allow_private: 1}}", "true 或 false"),
        ("robots: {群: {channel: wecom, url: 'https://a', key: 1}}", "不认识 key"),
    ],
)
def test_a_mistake_is_named_with_its_cure(text: str, said: str) -> None:
    with pytest.raises(FactsError, match=said) as wrong:
        channel_facts(text)
    assert str(wrong.value).startswith("channels.yml ")
