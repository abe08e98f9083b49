"""What goes into a decision and what comes out of it: the door of the engine for its types."""
