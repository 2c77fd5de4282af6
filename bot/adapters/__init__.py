"""Platforms: each adapter turns what happens there into events, and actions into calls; it knows
core alone.
"""
