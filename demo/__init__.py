"""What `make demo` runs: every example Dag, then a table and a contact sheet."""
