"""What winback says: codes and facts in every room, words in one catalogue per language."""

from winback.messages.message import Message, as_records
from winback.messages.words import Words, capital

__all__ = ["Message", "Words", "as_records", "capital"]
