"""NlpFacts: everything analyse() needs, compiled once and handed in."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from domain.language import CategoryFacts, Language
from domain.source import Subject
from nlp.alias_forms import NameFacts
from nlp.aliases import AliasTable, build_aliases
from nlp.lexicon import Lexicon, build_lexicon
from nlp.model import Model
from nlp.names import NameTable, build_names
from nlp.signals import SignalTable, build_signals
from nlp.terms import TermTable, build_terms

#: Raised by hand when the code decides differently on the same facts.
RULES = "8"


@dataclass(frozen=True, slots=True, kw_only=True)
class NlpFacts:
    """Compiled facts; `version` names the analyser (design §4: one analysis per analyser)."""

    version: str
    terms: TermTable
    lexicon: Lexicon
    signals: SignalTable
    aliases: AliasTable
    names: NameTable
    model: Model
    categories: CategoryFacts


def build_facts(
    language: Language,
    model: Model,
    subjects: Sequence[Subject] = (),
    names: NameFacts = NameFacts(),  # noqa: B008  (frozen)
) -> NlpFacts:
    """Compile the facts; the model's version is part of theirs."""
    ordered = tuple(sorted(subjects, key=lambda subject: subject.key))
    said = repr((RULES, model.version, names.version, language, ordered))
    return NlpFacts(
        version=hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        terms=build_terms(language),
        lexicon=build_lexicon(language.lexicon),
        signals=build_signals(language.signals),
        aliases=build_aliases(ordered, names),
        names=build_names(language.signals),
        model=model,
        categories=language.categories,
    )
