"""Why somebody does something by hand: one spelling for all doors. Never blank, since it is all that is left to whoever
asks years later."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

NOT_BLANK: Final = r"\S"
"""The pattern of a text that says something."""

Reason = Annotated[
    str, Meta(min_length=1, max_length=500, pattern=NOT_BLANK, description="Why, in words; kept with what was done.")
]
Note = Annotated[
    str, Meta(min_length=1, max_length=2000, pattern=NOT_BLANK, description="For whoever looks at it later.")
]
