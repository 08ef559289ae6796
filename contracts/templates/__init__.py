"""Contract templates: one folder per form and version; a version once used is never edited."""
