"""The lexicon: words of the community, each with as many senses as people give it."""

from bot.core.commands import Command, Option
from bot.core.features import Feature
from bot.features.lexicon import adding, finding
from bot.features.lexicon.carrying import CARRY


def feature() -> Feature:
    """Declare the feature."""
    word = Option("word", limit=adding.TERM_LIMIT)
    text = Option("text", limit=adding.TERM_LIMIT + adding.MEANING_LIMIT)
    return Feature(
        name="lexicon",
        commands=(
            Command("word add", adding.add, (text,)),
            Command("word find", finding.find, (word,)),
            Command("word list", finding.list_),
            Command("word save", finding.save, (word,)),
        ),
        answers={
            "lexicon.add": adding.written,
            "lexicon.credit": adding.credited,
            "lexicon.language": adding.language,
            "lexicon.called": adding.called,
            "lexicon.find": finding.typed,
            "lexicon.shown": finding.chosen,
            "lexicon.back": finding.taken_back,
        },
        home=finding.home,
        carries=(CARRY,),
        variables=finding.variables,
    )
