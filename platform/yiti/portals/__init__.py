"""Web pages, one folder per audience. Each portal exports its `ROUTES` and, where it has one, its menu (`PORTAL`)."""
