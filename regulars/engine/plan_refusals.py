"""Why a word about a plan is refused: one class a case."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class UnknownPlan(RegularsError):
    """The program has no plan of this name."""

    status = 404
    texts = Text(
        en="This program has no plan {plan}; it has: {known}.",
        ru="В этой программе нет абонемента {plan}; есть: {known}.",
        ro="Acest program nu are abonamentul {plan}; are: {known}.",
    )
    plan: str
    known: str


class AlreadyInPlan(RegularsError):
    """The member is in this plan already: it is renewed, not started."""

    status = 409
    texts = Text(
        en="The member is in {plan} already; renew it.",
        ru="У участника уже есть абонемент {plan}; продлите его.",
        ro="Membrul are deja abonamentul {plan}; prelungiți-l.",
    )
    plan: str


class NotInPlan(RegularsError):
    """The member is not in the plan that is named."""

    status = 409
    texts = Text(
        en="The member is not in {plan}.",
        ru="У участника нет абонемента {plan}.",
        ro="Membrul nu are abonamentul {plan}.",
    )
    plan: str


class InNoPlan(RegularsError):
    """The member is in no plan at all."""

    status = 409
    texts = Text(
        en="The member is in no plan.",
        ru="У участника нет абонемента.",
        ro="Membrul nu are niciun abonament.",
    )


class NoTrial(RegularsError):
    """The plan has no trial."""

    status = 422
    texts = Text(
        en="{plan} has no trial.",
        ru="У абонемента {plan} нет пробного периода.",
        ro="Abonamentul {plan} nu are perioadă de probă.",
    )
    plan: str


class TrialUsed(RegularsError):
    """A trial is given once to a member, whatever became of it."""

    status = 409
    texts = Text(
        en="The member has had the trial of {plan} already.",
        ru="Участник уже использовал пробный период {plan}.",
        ro="Membrul a folosit deja perioada de probă {plan}.",
    )
    plan: str


CASES = (UnknownPlan, AlreadyInPlan, NotInPlan, InNoPlan, NoTrial, TrialUsed)
