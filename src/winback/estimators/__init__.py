"""Floor 2: models under the scikit-learn contract; frames in, index-aligned frames out, no I/O."""
