"""Mortgage loans that the lender pays straight into the project's supervised account (贷款直入监管账户)."""
