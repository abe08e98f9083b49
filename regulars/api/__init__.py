"""The HTTP face: one application over all rooms, with the gate in front of it (who asks, how often, how large), errors
as problem details in three languages, its own description, health and figures. Always holds: whatever goes wrong, the
answer is application/problem+json with a code that docs/errors.md explains."""
