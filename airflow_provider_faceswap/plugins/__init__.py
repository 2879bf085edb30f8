"""Plugins: what this provider adds to Airflow's own components."""
