"""Pages: what people look at in Airflow's UI, and the routes that those pages read."""
