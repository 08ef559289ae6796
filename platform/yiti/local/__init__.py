"""Sets up and runs the whole platform on one machine: for trying it, developing it and testing it. Never production."""
