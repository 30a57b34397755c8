"""The query language alone: what is understood, what is refused and where."""

import pytest

from search.query import MAX_STEPS, QueryError, Step, around, compose, in_words, parse, plain


@pytest.mark.parametrize(
    ("typed", "step"),
    [
        ("a dog -cat", Step("a dog", without=("cat",))),
        ('-"a red ball" dogs -"two cats"', Step("dogs", without=("a red ball", "two cats"))),
        ("dogs -“a red ball”", Step("dogs", without=("a red ball",))),
        ('"Birthday 2019" children', Step("Birthday 2019 children", phrases=("Birthday 2019",))),
        ("a t-shirt - and a hat", Step("a t-shirt - and a hat")),
        ('a 6" pipe', Step('a 6" pipe')),
        ('"then" it rains', Step("then it rains", phrases=("then",))),
        ("see you within 3 days", Step("see you within 3 days")),
    ],
)
def test_it_understands_one_step(typed: str, step: Step) -> None:
    assert parse(typed).steps == (step,)


@pytest.mark.parametrize(
    ("typed", "steps", "within_s"),
    [
        ("a man parks then opens the trunk", ["a man parks", "opens the trunk"], 30),
        ("a dog, then a cat, THEN, a boat", ["a dog", "a cat", "a boat"], 30),
        ("a dog then a cat within 90 s", ["a dog", "a cat"], 90),
        ("a dog then a cat within 1.5 minutes", ["a dog", "a cat"], 90),
        ("a dog then a cat within 1 hour", ["a dog", "a cat"], 3600),
    ],
)
def test_it_understands_moments_in_order(typed: str, steps: list[str], within_s: float) -> None:
    query = parse(typed)
    assert ([step.text for step in query.steps], query.within_s) == (steps, within_s)


def test_a_contrast_belongs_to_its_step() -> None:
    one, other = parse("an open door rather than a closed door -rain then a cat Rather than a dog").steps
    assert one == Step("an open door", (), ("rain",), ("a closed door",))
    assert other == Step("a cat", rather_than=("a dog",))
    assert parse('what he would "rather than" do').steps[0].rather_than == ()
    assert in_words(parse("a cat rather than a dog")) == "“a cat” rather than “a dog”"
    assert parse(compose("a cat", rather_than="a dog", then="a boat")).steps[0].rather_than == ("a dog",)


def test_a_minus_belongs_to_its_step() -> None:
    assert [step.without for step in parse("a dog -cat then a boat -rain").steps] == [("cat",), ("rain",)]


@pytest.mark.parametrize(
    ("typed", "position", "word", "says"),
    [
        ('a dog "on grass', 7, '"on', "never closed"),
        ('a dog ""', 7, '""', "no words"),
        ("then a dog", 1, "then", "nothing before"),
        ("a dog then", 7, "then", "nothing after"),
        ("a dog then then a cat", 7, "then", "nothing after"),
        ("-cat", 1, "-cat", "what to look for"),
        ("a dog then -cat", 7, "then", "what to look for"),
        ("a dog then a cat within 2 hours", 25, "2", "one hour"),
        (" then ".join("abcdef"), 31, "then", f"More than {MAX_STEPS}"),
    ],
)
def test_it_says_where_it_does_not_understand(typed: str, position: int, word: str, says: str) -> None:
    with pytest.raises(QueryError, match=says) as refused:
        parse(typed)
    assert refused.value.position == position
    assert f"(character {position})" in str(refused.value)
    before, marked, after = around(typed, position)
    assert (before + marked + after, marked) == (typed, word)


def test_plain_words_have_no_operators() -> None:
    text = 'a dog -cat then "'
    assert plain(text).steps == (Step(text),)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("a dog", ""),
        ("a dog -cat -boat", "“a dog” without “cat” or “boat”"),
        ('"a b" c', "“a b c” where title or caption say “a b”"),
        ("a then b within 2 min", "“a”, then within 2 min “b”"),
        ("a then b", "“a”, then within 30 s “b”"),
    ],
)
def test_it_says_the_query_back(typed: str, said: str) -> None:
    assert in_words(parse(typed)) == said
