"""ModelsLab: it is polled."""
