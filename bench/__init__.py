"""What the platform must reach, measured as ratios in one run (`make bench`)."""
