"""Journeys: dialogues that read like a transcript, the same on every platform."""
