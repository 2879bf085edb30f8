"""The control routes below ``/_sandbox/``, their manual, and the page for people."""
