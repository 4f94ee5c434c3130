"""The night roll-call: who is here, who is not, and the questions it leaves for the day."""
