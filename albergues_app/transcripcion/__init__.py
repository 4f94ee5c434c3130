"""Paper that comes back filled: photographed, typed beside its picture, and checked by a second person (F54)."""
