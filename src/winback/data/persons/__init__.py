"""One person behind several identifiers: linked by what is the same, never in doubt."""

from winback.data.persons.agreements import LinkTerms
from winback.data.persons.resolve import Persons, resolve_persons

__all__ = ["LinkTerms", "Persons", "resolve_persons"]
