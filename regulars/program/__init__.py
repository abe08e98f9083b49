"""What a marketer can define: typed definitions, their checks, releases, YAML.

Owns drafts and releases. A released program never changes; what is wrong with a draft is said all at once, each fault
with its place and its mend.
"""
