"""Simulation over HTTP: an imagined member and an activity, under any release or draft."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath

from regulars.access import service as access
from regulars.access.contracts import UnknownProgram
from regulars.activities import service as activities
from regulars.activities.service import Simulated
from regulars.checkout import examples, intakes
from regulars.checkout.imagined import SimulateBody
from regulars.engine.service import Imagined
from regulars.kit import http
from regulars.kit.errors import NotFound, ValidationFault
from regulars.kit.http import Example
from regulars.kit.i18n import Text
from regulars.program.contracts.report import DraftConflict, ProgramNotAccepted

_decoder: Final = msgspec.json.Decoder(SimulateBody)
_BODY: Final = {
    "draft": "autumn",
    "member": {"joined_on": "2025-03-01", "metrics": {"spend_year": 1250000}, "tiers": {"status": "silver"}},
    "lines": [{"amount": 12345}],
    "occurred_at": "2026-12-01T18:30:00+02:00",
}


@post(
    "/v1/programs/{program:str}/simulate",
    status_code=200,
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Simulate an activity of an imagined member",
        detail="What it would bring, and why, under the release in force, another one, a proposal or a draft; rules "
        "are explained as those of a real activity. Reads no member and writes nothing.",
        tag="Programs",
        scope="program:read",
        body=SimulateBody,
        answer=Simulated,
        errors=(UnknownProgram, NotFound, ValidationFault, DraftConflict, ProgramNotAccepted),
        examples=(Example(summary="A silver member under a draft", body=_BODY, answer=examples.SIMULATED),),
    ),
)
async def simulate(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """A decision about nobody. Raises what the description names, and what an activity may raise."""
    actor, now = access.actor_of(request), http.now(request)
    database = request.app.state.database
    async with database.read(programs=[actor.program_id]) as tx:
        if (await access.program_by_id(tx, program_id=actor.program_id)).key != program:
            raise UnknownProgram(program=program[:60])
    body = await http.body(request, _decoder)
    if body.release is not None and body.draft is not None:
        reasons = Text(
            en="give a release or a draft, not both",
            ru="укажите релиз или черновик, но не оба",
            ro="indicați o versiune sau o ciornă, nu ambele",
        )
        raise ValidationFault(field="draft", reason=reasons.en, reasons=reasons)
    call = activities.Call(actor=actor, key=None, digest=b"", at=now)
    found = await activities.simulate(
        request.app.state.runtime,
        intakes.imagined(call, body),
        Imagined(**msgspec.structs.asdict(body.member)),
        release=body.release,
        draft=body.draft,
        now=now,
    )
    return http.answer(found)


ROUTES: Final = [simulate]
