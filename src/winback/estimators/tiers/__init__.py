"""Value tiers and lifecycle stages."""
