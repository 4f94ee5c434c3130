"""The use cases that write: joining and parting records. One module each."""
