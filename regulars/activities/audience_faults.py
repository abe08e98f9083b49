"""What can be wrong with a question about many members, and with a run for them."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class StillPreparing(RegularsError):
    """The condition reads a metric that the filler has not counted for everybody yet."""

    status = 409
    texts = Text(
        en="Release {release} is still preparing: {percent} % of the members are done. Ask again when it is ready.",
        ru="Релиз {release} ещё готовится: обработано {percent} % участников. Спросите снова, когда он будет готов.",
        ro="Versiunea {release} se pregătește încă: {percent} % din membri sunt gata. Întrebați din nou când e gata.",
    )
    release: int
    percent: int
