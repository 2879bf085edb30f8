"""What was accepted: submissions, jobs and how they progress, and the credits they cost."""
