"""What winback says: codes and facts in every room, words in one catalogue per language."""

from winback.messages.message import Message, as_records, did_you_mean
from winback.messages.words import Words, capital

__all__ = ["Message", "Words", "as_records", "capital", "did_you_mean"]
