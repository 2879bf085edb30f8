"""What goes wrong: fault rules, and how they change an answer."""
