"""One attempt of one task: from the journal's entry to a result, a wait or a refusal."""
