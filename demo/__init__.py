"""A real Airflow on this machine for `make demo` and the system tests; a development tool, not shipped."""
