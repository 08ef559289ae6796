"""A supervision agreement from its proposal to the third seal."""
