"""HTTP helpers: local clients only, addresses, responses, TCP connections."""
