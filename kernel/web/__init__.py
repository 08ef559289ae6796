"""What every HTTP face of the platform shares: transactions by dependency, and errors that people can read."""
