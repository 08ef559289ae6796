"""Parcels, projects, buildings, units, presale permits and surveys: what there is, before anyone has a right in it."""
