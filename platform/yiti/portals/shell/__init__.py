"""The look of every page: layouts, component macros, static files, sign-in, error pages."""
