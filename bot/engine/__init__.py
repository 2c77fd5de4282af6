"""What happens between an event and an action: dispatch, questions, words, the outbox, the
schedule.
"""
