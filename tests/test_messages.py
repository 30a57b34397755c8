"""German is complete, the catalogues fit the sources, and no page says a word that cannot be translated."""

import shutil
from pathlib import Path

import polib
import pytest
from django.utils import translation

from tests.bare_text import bare
from tests.messages import CATALOGUES, ROOT, gathered, places
from tests.sentences import raised
from webapp.languages.stored import in_language, is_known

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def named(path: Path) -> str:
    return f"{path.parent.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_everything_is_translated(path):
    catalogue = polib.pofile(str(path))
    assert len(catalogue) > 40
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_translations_keep_what_is_filled_in(path):
    for entry in polib.pofile(str(path)):
        said = list(entry.msgstr_plural.values()) or [entry.msgstr]
        sources = [entry.msgid_plural or entry.msgid] * len(said)
        assert [places(text) for text in said] == [places(text) for text in sources], entry.msgid
        ends = [text[-1:].isspace() for text in said]
        assert ends == [entry.msgid[-1:].isspace()] * len(said), entry.msgid


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_the_binary_catalogue_is_the_written_one(path):
    assert path.with_suffix(".mo").read_bytes() == polib.pofile(str(path)).to_binary(), "run make messages"


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="no xgettext here: apt-get install gettext")
def test_the_catalogues_hold_the_texts_of_the_sources(tmp_path):
    fresh = gathered(tmp_path)
    for path in CATALOGUES:
        anew = polib.pofile(str(fresh / path.relative_to(ROOT / "locale")))
        known = {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(path))}
        assert {(entry.msgctxt, entry.msgid) for entry in anew} == known, "run make messages"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_has_words_of_one_language(path):
    assert list(bare(path.read_text())) == []


def test_every_sentence_for_a_person_can_be_translated():
    found = list(raised())
    assert len(found) > 100
    assert [(file, sentence) for file, sentence in found if not is_known(sentence)] == []


def test_stored_sentences_are_said_in_german():
    with translation.override("de"):
        assert in_language("This file is empty.") == "Diese Datei ist leer."
        assert in_language("This file is empty. It was tried 4 times.") == "Diese Datei ist leer. Es gab 4 Versuche."
        away = "The model has changed since your videos were indexed: only titles and captions were searched."
        assert in_language(away).endswith("Nur Titel und Beschreibungen wurden durchsucht.")
        assert in_language("What somebody wrote.") == "What somebody wrote."
        alone = "Scores are plain similarities, not probabilities: nothing was fitted for small 1."
        assert in_language(alone).startswith("Die Werte sind bloße Ähnlichkeiten")
    assert in_language("This file is empty.") == "This file is empty."
