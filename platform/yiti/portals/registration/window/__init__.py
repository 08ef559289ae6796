"""The window (一窗受理): one clerk takes an application once, from the choice of the business to its acceptance."""
