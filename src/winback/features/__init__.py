"""What is known of a customer at a date, and what happened after it (Ibis expressions)."""
