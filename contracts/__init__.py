"""Engine of presale contracts: drafting, freezing, rendering, online filing (网签备案) and cancellation."""
