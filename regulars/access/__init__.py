"""Who may do what: programs as walls, API keys with their scopes, route guards, and the audit log.

Always holds: a token is stored only as a digest and names its program, so that it can be checked without looking over
the wall; a revoked key stops within seconds in every process; the audit log is one hash chain per program, in which
nothing changes or vanishes unseen.
"""
