"""Many items in one task: their list, the blocks that are submitted, and one line of a manifest for each."""
