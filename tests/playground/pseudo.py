"""Catalogues in a made-up language that is read from the right: our English in other letters."""

import io
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

_KEPT = re.compile(r"(%\(\w+\)s|%%|\{\w+\}|`[^`]*`|https?://\S+|<[^>]*>|\*\*|\n)")
_LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابثدهفجحيكلمنوپقرستعطخزذشغ", "")


def pseudo(text: str) -> str:
    """Return a text in other letters; what is filled in or typed stays."""
    parts = _KEPT.split(text)
    return "".join(
        part if position % 2 else part.lower().translate(_LETTERS)
        for position, part in enumerate(parts)
    )


def write_catalogues(prompts: Path, out: Path, language: str) -> None:
    """Write a catalogue of each feature, made of the messages that the French ones translate."""
    for path in sorted(prompts.glob("*/fr.po")):
        with path.open("rb") as file:
            french = read_po(file, locale="fr")
        made = Catalog(locale=language)
        for message in french:
            if not message.id:
                continue
            if isinstance(message.id, str):
                made.add(message.id, pseudo(message.id), context=message.context)
            else:
                several = [pseudo(message.id[1])] * made.num_plurals
                made.add(message.id, several, context=message.context)
        folder = out / path.parent.name
        folder.mkdir(parents=True)
        held = io.BytesIO()
        write_po(held, made, width=0)
        (folder / f"{language}.po").write_bytes(held.getvalue())
