"""One small table a preset: who its members are, how often they come and what they then do. Numbers, no code."""
