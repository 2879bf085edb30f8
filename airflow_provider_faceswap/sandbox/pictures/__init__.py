"""Real pictures and clips: samples, inputs, faces, and the swaps themselves."""
