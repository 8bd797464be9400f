"""Who stays away: candidates, their calibration, and the model of the chosen one."""
