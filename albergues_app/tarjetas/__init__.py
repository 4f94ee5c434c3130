"""Family cards: a code on paper that exists before anybody is registered, and what became of each."""
