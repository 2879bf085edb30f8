"""The items of a batch: read, checked and frozen before the first payment."""
