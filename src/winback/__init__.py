"""What each customer is worth, who is about to leave, and whom it pays to win back."""
