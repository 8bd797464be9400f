"""Campaigns: what each really brought, by the arms that were drawn."""
