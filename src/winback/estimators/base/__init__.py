"""What all estimators stand on: parameters, state, frames, the optimum, simulation."""
