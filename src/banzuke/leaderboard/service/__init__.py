"""The leaderboard as a service: submissions in, evaluations by workers, results out."""
