from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docs import shop
from tests.docs.session import Session
from tests.docs.shop import Shop


@pytest.fixture(scope="session")
def corner() -> Iterator[tuple[Shop, Session]]:
    """The corner shop of docs/till.md, once for all pages; no two pages speak of the same member."""
    with shop.opened() as found:
        yield found
