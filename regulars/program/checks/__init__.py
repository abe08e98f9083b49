"""Everything that a program must pass before it may be released, one module a noun; each check yields faults."""
