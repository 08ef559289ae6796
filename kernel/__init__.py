"""Ground floor: what every room stands on, and nothing that knows of homes, money or rights."""
