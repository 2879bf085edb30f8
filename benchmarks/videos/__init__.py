"""What a video costs on a real Airflow, by who submits it and who waits for it."""
