"""Applying online (网上申请): choosing the business, the form, the materials, submission, and following the case."""
