"""The definitions of a program as values, and what an expression may read where: the door of the room for its types."""
