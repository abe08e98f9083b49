"""All programs that come with Regulars: sound, in three languages, and together using all that there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from regulars.program import service as program
from regulars.program.contracts.definitions import KINDS, Program
from regulars.program.contracts.effects import EFFECTS, Effect
from regulars.program.contracts.reward_steps import STEPS

FOLDER = Path(program.__file__).parent / "presets"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
ONLY_ELSEWHERE = {"webhook", "issue_code", "credit", "offer", "effects", "service"}
"""Steps of rewards that no preset has; docs/rewards.md does."""


def inside(value: object) -> Iterator[object]:
    """Everything that a definition is made of."""
    yield value
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from inside(getattr(value, name))
    elif isinstance(value, dict):
        for one in value.values():
            yield from inside(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from inside(one)


@pytest.fixture(scope="module")
def presets() -> dict[str, Program]:
    return {name: program.read(program.preset(name)) for name in NAMES}


def test_there_are_eight() -> None:
    assert NAMES == ["bank", "cafe", "club", "fashion", "fuel", "grocery", "lender", "pharmacy"]


@pytest.mark.parametrize("name", NAMES)
def test_each_has_no_fault_and_no_doubt(name: str) -> None:
    found = program.check(program.preset(name))
    assert (found.faults, found.warnings) == ((), ())


def test_together_they_use_every_effect(presets: dict[str, Program]) -> None:
    used = {type(one) for made in presets.values() for one in inside(made) if isinstance(one, Effect)}
    assert {name for name, effect in EFFECTS.items() if effect not in used} == set()


def test_together_they_have_every_kind_of_definition(presets: dict[str, Program]) -> None:
    assert {kind for kind in KINDS if not any(getattr(made, kind) for made in presets.values())} == set()


def test_together_they_have_the_steps_that_members_wait_for(presets: dict[str, Program]) -> None:
    used = {type(one) for made in presets.values() for one in inside(made)}
    assert {name for name, step in STEPS.items() if step not in used} <= ONLY_ELSEWHERE


def test_what_people_read_exists_in_three_languages(presets: dict[str, Program]) -> None:
    said = ("currencies", "purposes", "ladders", "challenges", "choices", "households", "plans", "offers", "vouchers")
    for name, made in presets.items():
        for kind in (*said, "boards", "draws", "rewards", "reward_types", "referrals", "rules", "segments"):
            for definition in getattr(made, kind).values():
                title = definition.title
                assert all((title.en, title.ru, title.ro)), (name, kind, definition.name)
