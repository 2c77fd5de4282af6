"""The vocabulary that everything else speaks; it imports nothing of ours nor any platform."""
