"""The maintenance fund (住宅专项维修资金) of each unit: paid here or on paper before, and passing on with it."""
