"""A host's folder with a mistake of every nature, and where each of them stands."""

from pathlib import Path

from tests.operations.mistakes import HEADER

SECRET = "hunter2-do-not-print"
CLAUSE = """\
      - id: listen
        version: 1
        title: {en: Listen, fr: Écouter}
        text: {en: We listen., fr: Écoutons.}
        intent: {en: To hear., fr: Entendre.}
        why: {en: It helps., fr: "Cela aide."}
"""
CHARTER = (
    """\
schema: 1
version: 1.0.0
purpose: {en: To learn, fr: Apprendre}
sections:
  - id: one
    title: {en: One, fr: Un}
    clauses:
"""
    + CLAUSE
    + CLAUSE.replace(", fr: Entendre.", "")
    + """\
amendment:
  who: member
  seconds: 1
  windows: {clarify: 3, react: 3, consent: 7}
  min_consents: 5
  integrate_rounds: 2
  review_after: 180
history: []
"""
)
PROMPT = """\
  - id: {id}
    title: {{en: A title, fr: Un titre}}
    text: {{en: '{text}', fr: Quoi ?}}
    easier: {{en: What?, fr: Quoi ?}}
    starters: {{en: [One…, Two…, Three…], fr: [Un…, Deux…, Trois…]}}
    intent: {{en: To tell., fr: Dire.}}
    note: {{en: Begin., fr: Commence.}}
"""
HUNT = """\
schema: 1
id: walk
version: 1
title: {en: A walk, fr: Un tour}
about: {en: About., fr: À propos.}
minutes: 15
steps:
  - id: sign
    kind: raect
    title: {en: A sign, fr: Un signe}
    text: {en: React., fr: Réagis.}
    hints: [{en: Look., fr: Regarde.}, {en: There., fr: Là.}]
    answer: {en: Any., fr: Tout.}
    place: {en: here, fr: ici}
  - id: wave
    kind: wave
    room: newcomers
    title: {en: A wave, fr: Bonjour}
    text: {en: Post., fr: Écris.}
    hints: [{en: Look., fr: Regarde.}]
    answer: {en: Any., fr: Tout.}
    place: {en: there, fr: là}
"""
PLANTED = {
    "circlekeeper.toml": 'key_fiel = "k"\ncontent = "content"\ncharter = "charter.yaml"\n'
    '\n[matrix]\nhomeserver = "example.org"\nuser_id = "@keeper:example.org"\n'
    f'password = "{SECRET}"\n',
    "charter.yaml": CHARTER,
    "content/hunts/content/walk.yaml": HUNT,
    "content/prompts/content/ours.yaml": "schema: 1\nkind: story\nprompts:\n"
    + PROMPT.format(id="ours", text="What?")
    + PROMPT.format(id="ours", text="{{ 7 * 7 }}"),
    "content/reflection/content/empty.yaml": "schema: 1\nid: empty\ntitle: {en: E, fr: E}\n"
    "about: {en: A., fr: A.}\nquestions: []\n",
    "content/reflection/content/broken.yaml": "schema: 1\nid: set\n  title: {en: Set}\n",
    "content/ours/words.md.j2": "{% block a %}{% trans %}Good {{ day }}{% endtrans %}"
    "{% endblock %}\n"
    "{% block b %}{{ day|momant }}{% endblock %}\n",
    "content/ours/fr.po": HEADER + 'msgid "Good %(day)s"\nmsgstr "Bon %(jour)s"\n',
}
# Where each of them stands, and a word by which it is named.
NAMED = (
    ("circlekeeper.toml", 1, "key_fiel is no setting"),
    ("circlekeeper.toml", 6, "matrix.homeserver"),
    ("charter.yaml", 14, "'listen'"),
    ("charter.yaml", 18, "French (fr)"),
    ("content/hunts/content/walk.yaml", 8, "'raect'"),
    ("content/hunts/content/walk.yaml", 20, "'hints'"),
    ("content/prompts/content/ours.yaml", 11, "'ours'"),
    ("content/prompts/content/ours.yaml", 13, "template"),
    ("content/reflection/content/empty.yaml", 5, "'questions'"),
    ("content/reflection/content/broken.yaml", 3, "not valid YAML"),
    ("content/ours/words.md.j2", 1, "'ours'"),
    ("content/ours/words.md.j2", 2, "'momant'"),
    ("content/ours/fr.po", 6, "%(jour)s"),
)


def plant(folder: Path) -> None:
    """Write the files into a folder."""
    for name, text in PLANTED.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
