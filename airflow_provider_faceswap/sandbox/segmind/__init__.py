"""Segmind: v1 answers with the picture, v2 is polled."""
