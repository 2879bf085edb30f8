"""What a number of videos a day needs, computed from measured unit costs."""
