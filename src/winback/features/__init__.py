"""Floor 2: what is known of a customer at a date, as Ibis expressions; and what happened after it."""
