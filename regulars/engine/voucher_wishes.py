"""What effects want of vouchers."""

from __future__ import annotations

import msgspec


class VoucherWished(msgspec.Struct, frozen=True):
    """A code of a campaign for the member; `rule` says who wants it."""

    voucher: str
    rule: str
