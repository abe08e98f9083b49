"""Games: plans of boards and draws, what luck says, who may play. Nothing here moves points."""
