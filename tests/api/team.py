"""A team over HTTP: people with keys of their own, and what each of them asks for."""

from __future__ import annotations

from typing import Any

import httpx

from regulars.kit.database import Database
from tests.api.conftest import new_key

SHOP = """
program: {name: corner, title: {en: Corner, ru: Угол, ro: Colț}, money: MDL, zone: Europe/Chisinau%s}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}, caps: {day: 5000}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true}
  visit: {title: {en: Visit, ru: Визит, ro: Vizită}}
segments:
  fans: {title: {en: Fans, ru: Фанаты, ro: Fani}, static: true}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}]}
  visit: {trigger: visit, effects: [{give: points, amount: "10"}]}
"""
RIGHTS = ["program:read", "program:write", "program:approve", "program:publish"]


def shop(approvals: int = 0) -> str:
    return SHOP % (f", approvals: {approvals}" if approvals else "")


def visit(points: int) -> dict[str, Any]:
    return {"trigger": "visit", "effects": [{"give": "points", "amount": str(points)}]}


class Team:
    """Whoever is named speaks with their own key; `admin` and `machine` are keys of nobody."""

    def __init__(self, client: httpx.AsyncClient, database: Database, admin: str, program: str) -> None:
        self.client, self.database, self.program = client, database, program
        self.tokens = {"admin": admin}
        self.ids: dict[str, str] = {}

    async def join(self, name: str, rights: list[str] | None = None) -> str:
        """Somebody new with a key of their own; the key's token."""
        if name not in self.ids:
            body = {"name": name.title(), "email": f"{name}@corner.md", "languages": ["ro", "ru"]}
            made = await self.ask("admin", "POST", "/v1/staff", body)
            assert made.status_code == 201, made.text
            self.ids[name] = made.json()["id"]
        token = await new_key(self.database, program=self.program, scopes=rights or RIGHTS, staff=self.ids[name])
        self.tokens.setdefault(name, token)
        return token

    async def key(self, who: str, rights: list[str], *, name: str | None = None) -> str:
        body = {"label": "key", "scopes": rights}
        made = await self.ask(who, "POST", "/v1/keys", body)
        assert made.status_code == 201, made.text
        token: str = made.json()["token"]
        if name is not None:
            self.tokens[name] = token
        return token

    async def ask(self, who: str, method: str, path: str, body: Any = None, language: str = "en") -> httpx.Response:
        headers = {"authorization": f"Bearer {self.tokens[who]}", "accept-language": language}
        path = path if path.startswith("/v1") else f"/v1/programs/{self.program}/{path}"
        return await self.client.request(method, path, json=body, headers=headers)

    async def get(self, who: str, path: str, language: str = "en") -> Any:
        answer = await self.ask(who, "GET", path, language=language)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, who: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.ask(who, "POST", path, {} if body is None else body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def put(self, who: str, path: str, body: Any) -> Any:
        answer = await self.ask(who, "PUT", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, who: str, path: str, body: Any = None, *, method: str = "POST") -> tuple[int, str]:
        answer = await self.ask(who, method, path, {} if body is None and method != "GET" else body)
        return answer.status_code, answer.json()["code"]

    async def publish(self, text: str) -> int:
        made = await self.post("admin", "releases", {"text": text}, 201)
        number: int = made["number"]
        return number


async def team(client: httpx.AsyncClient, database: Database, *names: str, program: str = "corner") -> Team:
    """A program's team; `marta`, `ion` and so on join it."""
    found = Team(client, database, await new_key(database, program=program, scopes=("admin",)), program)
    for name in names:
        await found.join(name)
    return found
