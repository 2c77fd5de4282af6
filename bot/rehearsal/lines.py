"""What the people of a rehearsal say, each in their own language; the bot's words are elsewhere.

What they answer has to go with whatever prompt comes, a host's own among them.
"""

WAVE = "Good morning, I am new here and reading along for now."
CHARTER_WORD = "draft"
EXPECTATIONS = (
    "One idea that survives a Monday.",
    "Twelve years of chemistry lessons, and some doubts.",
    "-",
    "I would stop preparing my answers while others speak.",
)
KEPT = "Somebody wrote: I read this twice and have nothing finished. That is allowed here."
INTRODUCTION = "On my desk there is a kitchen timer. I keep it for the pauses, not for the talking."
THOUGHTS = (
    "I asked the group a question and then answered it myself. Next time I will count to ten.",
    "A colleague waits until somebody else speaks. It takes her no effort at all.",
)
OWN_PROMPT = "What did you leave out this week, and did anybody miss it?"
FORTNIGHT = "fortnightly tuesday 9:00"

# What became of the last words (its block in `reflection`), and the answer; None: nothing.
CHECK_INS = (
    ("happened", "I counted to ten. At seven, somebody quiet spoke."),
    ("changed", "Counting is not the point. I look out of the window until I am curious."),
    ("nomatter", None),
    ("didnt", "A loud week. The window was still there, though."),
)

# Week by week, what is said in the prompt's thread.
THREADS: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("Tom", "I begin, then. Unpolished: mine has to do with the Thursday group."),
        ("Mira", "Thank you for going first. What is it about Thursdays?"),
        ("Tom", "I noticed it only on the way home. I will listen for it this week."),
    ),
    (
        ("Tom", "I read this twice and have nothing finished. It depends on who is in the room."),
        ("Ana", "For me as well. Two people were away last week, and suddenly it was easy."),
    ),
    (
        ("Tom", "The summary at the end. One person asked for it, so now she writes it."),
        ("Ana", "I may borrow that."),
    ),
    (("Tom", "Only reading this week; it is marking season. I like what is here."),),
    (
        ("Inès", "Chez nous aussi, mais personne n’en parle. Merci d’avoir commencé."),
        ("Tom", "I understood most of that, and I like it."),
    ),
    (),
)
