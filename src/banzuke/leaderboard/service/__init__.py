"""The service behind a leaderboard: submissions in, evaluations by workers, results out."""
