"""Many items in one task: read, checked and frozen before the first payment."""
