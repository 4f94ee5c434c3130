"""The emergency operations committee at work: its activations and its log."""
