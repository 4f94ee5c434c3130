"""Many at once at the door: a whole bus from a pasted list, and families by the numbers of their papers."""
