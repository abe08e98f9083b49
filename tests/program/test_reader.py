"""Reading a text: the short forms, files beside it, and what is said about both."""

from __future__ import annotations

import datetime as dt

import pytest

from regulars.program import reader
from regulars.program import service as program
from regulars.program.checks import run
from regulars.program.contracts.definitions import EarnCap, Expiry, Pending, Program
from regulars.program.contracts.effects import Give
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.report import ProgramNotAccepted
from regulars.program.contracts.triggers import OnActivity, OnDate, OnPeriod
from regulars.program.contracts.values import Period, Ratio, Schedule, Share, Span, Text, Unit, Window, WindowKind
from tests.program.program_base import BASE, changed, only, place, report


def _read(*pairs: tuple[str, str]) -> Program:
    source = reader.read(changed(*pairs))
    assert source.faults == ()
    assert source.program is not None
    return source.program


def test_the_short_forms() -> None:
    read = _read(
        ("spend: {step: 10}", "expiry: {inactivity: 180 days, resets: [visit]}, pending: {until: visit, within: 30 days}"),
        ("window: 30 days", "window: {from: 2026-01-01}"),
        ("{period: calendar month, ended: true}, effects", "[visit, purchase], schedule: {days: [TU, SA-SU], hours: 17:00-19:00}, effects"),
        ('amount: "1"', 'amount: "1", funding: [{by: house, share: 0.25}, {by: brand, share: 3/4}]'),
    )  # fmt: skip
    points, month = read.currencies["points"], read.rules["month"]
    assert points.expiry == Expiry(inactivity=Span(180, Unit.DAY), resets=("visit",))
    assert points.pending == Pending(until="visit", within=Span(30, Unit.DAY))
    assert points.title == Text(en="Points", ru="Баллы", ro="Puncte")
    assert read.currencies["cash"].caps == (EarnCap(period=Period.DAY, at_most=5000),)
    assert read.metrics["spend"].window == Window(kind=WindowKind.BETWEEN, from_=dt.date(2026, 1, 1))
    assert read.metrics["row"].streak is Period.WEEK
    assert read.activities["purchase"].fields == {"note": FieldDefinition(type=FieldType.TEXT)}
    assert read.tables["season"].rows == ((1, 10), (2, 20))
    assert month.trigger == OnActivity(types=("visit", "purchase"))
    assert month.schedule == Schedule(days=(2, 6, 7), hours=((dt.time(17), dt.time(19)),))
    funding = (Share("house", Ratio(1, 4)), Share("brand", Ratio(3, 4)))
    assert month.effects == (Give(give="points", amount="1", funding=funding),)
    assert read.rules["birthday"].trigger == OnDate(date="member.attributes.birth_date", every="year")
    assert _read().rules["month"].trigger == OnPeriod(period=Period.MONTH)


def test_definitions_stay_in_the_order_written_and_know_their_names() -> None:
    read = _read()
    assert list(read.rules) == ["base", "double", "hello", "birthday", "month"]
    assert [rule.name for rule in read.rules.values()] == list(read.rules)


FILES = {
    "shelves.csv": "CIGARS\nCIGARETTES\n",
    "season.csv": "month,percent\n1,10\n12,50\n",
    "latin.csv": "month;percent\n",
}
WITH_FILES = changed(
    ("tobacco: [CIGARS, CIGARETTES]", "tobacco: {values: [PIPES], file: shelves.csv}"),
    ("rows: [[1, 10], [2, 20]]", "file: season.csv"),
)


def test_lists_and_tables_come_from_files_beside_the_text() -> None:
    read = program.read(WITH_FILES, FILES.__getitem__)
    assert read.lists["tobacco"].values == ("PIPES", "CIGARS", "CIGARETTES")
    assert read.tables["season"].rows == ((1, 10), (12, 50))
    # A release stands by itself: what is exported needs no file.
    assert program.read(program.export(read)) == read


def _missing(name: str) -> str:
    raise FileNotFoundError(2, "No such file", name)


@pytest.mark.parametrize(
    ("code", "text", "content", "said"),
    [
        ("file_unreadable", WITH_FILES, None, "season.csv cannot be read"),
        ("wrong_header", WITH_FILES, "month;percent\n1;2\n", "must begin with the line month,percent"),
        ("bad_row", WITH_FILES, "month,percent\n1,10\n2,many\n", "season.csv, row 3: '2,many' is not int,int"),
        ("bad_row", WITH_FILES, "month,percent\n1\n", "season.csv, row 2"),
        ("file_unreadable", WITH_FILES, 'month,percent\n"1,2\n', "season.csv cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_said(code: str, text: str, content: str | None, said: str) -> None:
    def load(name: str) -> str:
        if name == "season.csv":
            return _missing(name) if content is None else content
        return FILES[name]

    fault = only(run.source(reader.read(text, load)))
    assert (fault.code, fault.path.split(".")[1]) == (code, "season")
    assert said in fault.message("en")
    assert (fault.line, fault.column) == place(text, "season.csv")


def test_without_a_place_to_look_no_file_is_read() -> None:
    found = report(WITH_FILES)
    assert {one.code for one in found.faults} == {"file_not_beside"}


def test_a_list_may_not_be_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LIST_MAX", 1)
    fault = only(report(BASE))
    assert (fault.code, fault.path) == ("list_too_long", "lists.tobacco")


def test_what_is_refused_carries_the_whole_report_and_words_it_in_the_callers_language() -> None:
    with pytest.raises(ProgramNotAccepted) as refused:
        program.read(changed(("money: EUR", "money: EUX"), ("audience: new", "audience: nwe")))
    assert refused.value.code == "program_not_accepted"
    assert (refused.value.status, refused.value.count) == (422, 2)
    assert refused.value.text("en") == (
        "The program has 2 faults. The first: 1:57 program.money: EUX is not a currency code of ISO 4217, such as EUR. "
        "Write three capital letters."
    )
    assert refused.value.text("ru").startswith("В программе 2 ошибки. Первая: 1:57")


def test_an_expression_over_two_lines_has_its_fault_in_the_second() -> None:
    text = changed(('"member.metrics.buys <= 1"', '"member.metrics.buys <= 1\n    && member.metrics.bys == 2"'))
    fault = only(report(text))
    assert (fault.line, fault.column) == place(text, "bys")


def test_a_program_of_thousands_of_rules_is_checked_in_seconds() -> None:
    rule = '  r{0}: {{trigger: purchase, if: "basket.total > {0}.00", effects: [{{give: points, amount: "1"}}]}}\n'
    text = BASE.replace("limits:", "".join(rule.format(number) for number in range(1000)) + "limits:")
    assert report(text).ok
