"""The maintenance fund where it meets the building table, the register, letters and registration cases."""
