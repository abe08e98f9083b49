"""What the routes of this room share: whose program it is, numbers of releases, and the answer of every step."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response

from regulars.access import service as access
from regulars.access.contracts import Signature
from regulars.kit import http
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound
from regulars.program import answers, showing

TAG: Final = "Programs"
KEY: Final = "/v1/programs/{program:str}"
NUMBER_MAX: Final = 2**31 - 1


async def own(request: Request[Any, Any, Any], key: str) -> int:
    """The number of the caller's own program, where the path names it. Raises UnknownProgram for any other."""
    return (await access.actor_in(request, key)).program_id


async def signed(request: Request[Any, Any, Any], key: str) -> Signature:
    """Who signs what is done to the caller's own program. Raises UnknownProgram."""
    await own(request, key)
    return access.signature(request)


def numbered(number: int) -> int:
    """A number that a release can have. Raises NotFound."""
    if not 0 < number <= NUMBER_MAX:
        raise NotFound(kind="release", id=str(number)[:20])
    return number


async def shown(
    request: Request[Any, Any, Any], tx: Transaction, number: int, *, status: int = 200, text: bool = False
) -> Response[bytes]:
    """The answer that shows a release as it is now. Raises NotFound."""
    program_id = access.actor_of(request).program_id
    counters = request.app.state.impact_counters(program_id)
    found = await showing.release(tx, program_id=program_id, number=number, counters=counters)
    staff = await answers.names(tx, program_id=program_id)
    return http.answer(answers.release(found, http.language(request), staff=staff, text=text), status=status)
