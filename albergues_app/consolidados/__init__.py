"""The consolidated figures of each cut-off: built, given by others, validated, sent, rectified, opened to their rows."""
