"""The query language: from what a person typed to what is looked for. Pure.

    a man parks the car then opens the trunk within 20 s
    dogs on a beach -people -"a red ball"
    "birthday 2019" children around a table
    an open door rather than a closed door

`then` asks for moments in order, a minus for what shall not be seen, quotes for words that stand exactly so in a title
or a caption, `rather than` for moments nearer to one thing than to another. Anything else is plain words.
"""

import itertools
import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from search import spans

MAX_CHARACTERS = 400  # more than the y-encoder reads
MAX_STEPS = 5
WITHIN_S, MOST_WITHIN_S = 30.0, 3600.0  # from the end of one step to the start of the next

QUOTES = str.maketrans("“”„«»", '"""""')
# A quotation mark inside a word is an inch or a mistake, and stays part of it.
TOKEN = re.compile(r'(?P<minus>-(?=[^\s-]))?(?:"(?P<phrase>[^"]*)"|(?P<open>")|(?P<word>\S+))')
SPAN = re.compile(rf"\s+within\s+(\d+(?:\.\d+)?)\s*{spans.UNIT}\s*$", re.IGNORECASE)
THEN = re.compile(r"then,?", re.IGNORECASE)


class QueryError(ValueError):
    """What was typed cannot be understood: a sentence, and where (the first character is 1)."""

    def __init__(self, sentence: str, position: int) -> None:
        super().__init__(f"{sentence} (character {position})")
        self.position = position


@dataclass(frozen=True)
class Step:
    """One thing to be found."""

    text: str  # looked for by meaning: the plain words and the quoted ones
    phrases: tuple[str, ...] = ()  # must stand in the title or the caption, word for word
    without: tuple[str, ...] = ()  # must not be seen
    rather_than: tuple[str, ...] = ()  # it must be nearer to the text than to this; none, or one

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is read by meaning: what is wanted, then what is not."""
        return self.text, *self.without, *self.rather_than

    @property
    def has_words(self) -> bool:
        """False for blanks and for punctuation alone: nothing can match those."""
        return any(character.isalnum() for character in self.text)


@dataclass(frozen=True)
class Query:
    """What is looked for. `steps` come in this order in one video, each within `within_s` of the one before."""

    text: str  # all that was typed, normalised
    steps: tuple[Step, ...]
    within_s: float = WITHIN_S

    @property
    def has_words(self) -> bool:
        return all(step.has_words for step in self.steps)


@dataclass(frozen=True)
class Token:
    text: str
    position: int  # of its first character, from 1
    is_phrase: bool = False
    is_excluded: bool = False


def normalise(text: str) -> str:
    """Compose accents, drop what cannot be seen, fold runs of white space, cut what is too long.

    >>> normalise("  a  dog\\n on\\x00 grass ")
    'a dog on grass'
    """
    composed = unicodedata.normalize("NFKC", text)
    spaced = (" " if c.isspace() else c for c in composed)
    visible = (c for c in spaced if unicodedata.category(c)[0] != "C")
    return " ".join("".join(visible).split())[:MAX_CHARACTERS].strip()


def parse(text: str) -> Query:
    """What was typed, understood. QueryError where it cannot be.

    >>> parse('a dog then "red ball" -rain within 1 min')
    ... # doctest: +NORMALIZE_WHITESPACE
    Query(text='a dog then "red ball" -rain within 1 min',
          steps=(Step(text='a dog', phrases=(), without=(), rather_than=()),
                 Step(text='red ball', phrases=('red ball',), without=('rain',), rather_than=())),
          within_s=60.0)
    """
    whole = normalise(text)
    parts, within_s = _steps(whole.translate(QUOTES))
    return Query(whole, tuple(_step(part, at) for part, at in parts), within_s)


def around(text: str, position: int) -> tuple[str, str, str]:
    """What was typed, parted at a mistake: before it, the word in which it is, and after.

    >>> around('red "boat at sea', 5)
    ('red ', '"boat', ' at sea')
    """
    words = normalise(text)
    word = words[position - 1 :].split(" ")[0]
    return words[: position - 1], word, words[position - 1 + len(word) :]


def plain(text: str) -> Query:
    """All of the text as one step of plain words."""
    words = normalise(text)
    return Query(words, (Step(words),))


def compose(
    text: str,
    *,
    exact: str = "",
    without: str = "",
    rather_than: str = "",
    then: str = "",
    within_s: float = WITHIN_S,
) -> str:
    """What a person would have typed instead of filling in a form.

    >>> compose("a dog", without="red ball", then="a cat", within_s=60)
    'a dog -"red ball" then a cat within 60 s'
    """
    fields = (exact, without, rather_than, then)
    exact, without, rather_than, then = (field.translate(QUOTES).replace('"', "").strip() for field in fields)
    parts = [text.strip()]
    if exact:
        parts.append(f'"{exact}"')
    if rather_than:
        parts.append(f"rather than {rather_than}")
    if without:
        parts.append(f'-"{without}"')
    if then:
        parts.append(f"then {then}")
        if within_s != WITHIN_S:
            parts.append(f"within {within_s:g} s")
    return " ".join(parts)


def as_typed(text: str) -> str:
    """How a person would type words that shall mean nothing but themselves: in quotes where they hold a sign.

    >>> as_typed("red boat"), as_typed("red boat, then hills")
    ('red boat', '"red boat, then hills"')
    """
    try:
        is_plain = parse(text).steps == plain(text).steps
    except QueryError:
        is_plain = False
    return text if is_plain else '"' + text.translate(QUOTES).replace('"', "") + '"'


def _steps(text: str) -> tuple[list[tuple[list[Token], int]], float]:
    """Tokens of each step with where it begins, and the span; `within` is only heard where there is a `then`."""
    parts = _split(_tokens(text))
    if len(parts) == 1:
        return parts, WITHIN_S
    text, within_s = _span(text)
    parts = _split(_tokens(text))
    if len(parts) > MAX_STEPS:
        raise QueryError(f"More than {MAX_STEPS} steps cannot be searched at once.", parts[MAX_STEPS][1])
    for i, (part, position) in enumerate(parts):
        if not part:
            side, where = ("after", position) if i else ("before", parts[1][1])
            raise QueryError(f"“then” has nothing {side} it. Put it in quotes to search for the word.", where)
    return parts, within_s


def _split(tokens: list[Token]) -> list[tuple[list[Token], int]]:
    parts: list[tuple[list[Token], int]] = [([], 1)]
    for token in tokens:
        if _is_then(token):
            parts.append(([], token.position))
        else:
            parts[-1][0].append(token)
    return parts


def _span(text: str) -> tuple[str, float]:
    """The text without its `within`, and the seconds that it says."""
    span = SPAN.search(text)
    if span is None:
        return text, WITHIN_S
    within_s = spans.in_seconds(span[1], span[2])
    if not 0 < within_s <= MOST_WITHIN_S:
        raise QueryError("“within” takes a span from one second to one hour.", span.start(1) + 1)
    return text[: span.start()], within_s


def _tokens(text: str) -> list[Token]:
    found = []
    for match in TOKEN.finditer(text):
        position = match.start() + 1
        if match["open"] is not None:
            raise QueryError("This quotation mark is never closed.", match.start("open") + 1)
        is_phrase = match["phrase"] is not None
        words = (match["phrase"] if is_phrase else match["word"]).strip()
        if is_phrase and not any(c.isalnum() for c in words):
            raise QueryError("There are no words between these quotation marks.", position)
        found.append(Token(words, position, is_phrase, match["minus"] is not None))
    return found


def _is_then(token: Token) -> bool:
    return not token.is_phrase and not token.is_excluded and THEN.fullmatch(token.text) is not None


def _step(tokens: list[Token], position: int) -> Step:
    tokens, rather_than = _contrast(tokens)
    text = " ".join(token.text for token in tokens if not token.is_excluded).rstrip(",")
    without = tuple(token.text for token in tokens if token.is_excluded)
    if without and not any(c.isalnum() for c in text):
        raise QueryError(f"Say also what to look for, not only “-{without[0]}”.", position)
    phrases = tuple(token.text for token in tokens if token.is_phrase and not token.is_excluded)
    return Step(text, phrases, without, rather_than)


def _contrast(tokens: list[Token]) -> tuple[list[Token], tuple[str, ...]]:
    """The tokens without `rather than ...`, and what stands after it. A minus after it stays a minus."""
    plain_words = [token.text.lower() if not (token.is_phrase or token.is_excluded) else "" for token in tokens]
    places = [i for i, pair in enumerate(itertools.pairwise(plain_words)) if pair == ("rather", "than")]
    if not places:
        return tokens, ()
    at = places[0]
    if len(places) > 1:
        raise QueryError("Only one “rather than” can be searched at once.", tokens[places[1]].position)
    other = " ".join(token.text for token in tokens[at + 2 :] if not token.is_excluded)
    kept = [*tokens[:at], *(token for token in tokens[at + 2 :] if token.is_excluded)]
    wanted = any(not token.is_excluded for token in tokens[:at])
    if not wanted or not any(c.isalnum() for c in other):
        side = "after" if wanted else "before"
        raise QueryError(
            f"“rather than” has nothing {side} it. Put it in quotes to search for it.", tokens[at].position
        )
    return kept, (other,)


def in_words(query: Query) -> str:
    """The query said back; empty where it is plain words and says itself.

    >>> in_words(parse("a dog -cat then a boat within 90 s"))
    '“a dog” without “cat”, then within 90 s “a boat”'
    """
    if query.steps == plain(query.text).steps:
        return ""
    minutes, seconds = divmod(query.within_s, 60)
    span = _("%(n)s s") % {"n": f"{query.within_s:g}"} if seconds else _("%(n)s min") % {"n": f"{minutes:g}"}
    then = _(", then within %(span)s ") % {"span": span}
    return then.join(_said(step) for step in query.steps)


def _said(step: Step) -> str:
    said = _quoted(step.text)
    if step.rather_than:
        said += _(" rather than %(text)s") % {"text": _quoted(step.rather_than[0])}
    if step.without:
        said += _(" without %(texts)s") % {"texts": _(" or ").join(_quoted(text) for text in step.without)}
    if step.phrases:
        texts = _(" and ").join(_quoted(text) for text in step.phrases)
        said += _(" where title or caption say %(texts)s") % {"texts": texts}
    return said


def _quoted(text: str) -> str:
    return _("“%(text)s”") % {"text": text}
