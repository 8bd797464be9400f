"""What a customer is worth: purchases times spend, alone or learned."""
