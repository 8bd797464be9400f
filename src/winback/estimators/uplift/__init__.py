"""What a contact has changed."""
