"""Supervision agreements (监管协议): what developer, bank and department agreed."""
