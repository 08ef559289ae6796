"""The case engine: the work (业务件) that leads to a booking, its rules, its clock and its log."""
