"""Monitoring: rules over indicators, the alerts that they raise, and what rules would have done."""
