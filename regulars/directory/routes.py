"""Goods, categories, brands, stores and pictures of rewards over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from litestar import Request, Response, delete, get, put
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from regulars.access import service as access
from regulars.directory import feeds, lookups
from regulars.directory.contracts import (
    SORT_MOST,
    Brand,
    BrandIn,
    Category,
    CategoryCycle,
    CategoryIn,
    CategoryTooDeep,
    Good,
    GoodIn,
    HalfAPlace,
    Picture,
    PictureIn,
    Place,
    Rate,
    RateIn,
    RateOfItself,
    StoreIn,
    UnknownGood,
    UnknownParent,
    UnknownPicture,
    UnknownPlace,
    UnknownZone,
)
from regulars.kit import http, pages
from regulars.kit.errors import RegularsError
from regulars.kit.http import Example

T = TypeVar("T")

ROWS_MAX: Final = 5000


class Rows(msgspec.Struct, Generic[T], frozen=True, forbid_unknown_fields=True):
    """Up to 5,000 rows; what a row leaves out stays as it was, null empties it."""

    items: Annotated[tuple[T, ...], Meta(min_length=1, max_length=ROWS_MAX)]


class Taken(msgspec.Struct, frozen=True):
    """How many different rows were added or changed."""

    count: int


_GOOD: Final = {
    "sku": "4840167001234",
    "kind": "goods",
    "name": "Rye bread",
    "category": "bread",
    "brand": "own",
    "unit": "pc",
}
_CATEGORY: Final = {"key": "bread", "parent": "food", "name_ro": "Pâine"}
_BRAND: Final = {"key": "own", "name": "Our own", "owner": "shop"}
_STORE: Final = {
    "id": "s1",
    "name": "Centre",
    "city": "Chișinău",
    "zone": "Europe/Chisinau",
    "lat": 47.0105,
    "lon": 28.8638,
    "opening": {"mon": ["08:00-20:00"]},
}
_PICTURE: Final = {
    "reward": "mug",
    "language": "ro",
    "sort": 0,
    "picture": "https://img.example/mug.jpg",
    "text": "O cană mare, arsă de două ori.",
    "until": "2027-12-31",
}
_RATE: Final = {"base": "EUR", "quote": "RON", "day": "2027-03-10", "rate": "4.976", "source": "ECB"}
_PAGE_FAULTS: Final = (pages.MalformedCursor, pages.LimitOutOfRange)


def _feed(
    path: str, name: str, row: Any, put_rows: Callable[..., Awaitable[int]], errors: Any, example: dict[str, Any]
) -> Any:
    # Litestar cannot know a body decoded by us; one such door for five kinds of rows.
    decoder: msgspec.json.Decoder[Rows[Any]] = msgspec.json.Decoder(Rows[row])

    @put(
        path,
        name=f"put_{name}",
        guards=[access.requires("import")],
        opt=http.describes(
            summary=f"Add or change {name}",
            detail="Takes effect at the tills at once, in every process within a moment. All rows are taken, or none.",
            tag="Directory",
            scope="import",
            body=Rows[row],
            answer=Taken,
            errors=errors,
            examples=(Example(summary="One row", body={"items": [example]}, answer={"count": 1}),),
        ),
    )
    async def handler(request: Request[Any, Any, Any]) -> Response[bytes]:
        program_id = access.actor_of(request).program_id
        rows = await http.body(request, decoder)
        async with request.app.state.database.transaction(programs=[program_id]) as tx:
            count = await put_rows(tx, program_id=program_id, rows=rows.items, now=http.now(request))
        # Whoever goes on with this process need not wait until it is notified like all others.
        request.app.state.runtime.directory.heard(str(program_id))
        return http.answer(Taken(count))

    return handler


@get(
    "/v1/goods",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="Goods",
        detail="`text` looks into names and skus, `category` takes those in it and below it.",
        tag="Directory",
        scope="till",
        answer=pages.Page[Good],
        query={"text": str, "category": str, "cursor": str, "limit": int},
        errors=_PAGE_FAULTS,
        examples=(Example(summary="One good", answer={"items": [_GOOD], "next_cursor": None}),),
    ),
)
async def goods(
    request: Request[Any, Any, Any],
    text: FromQuery[str | None] = None,
    category: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of goods by sku. Raises MalformedCursor, LimitOutOfRange."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await lookups.goods(tx, program_id=program_id, text=text, category=category, cursor=cursor, limit=limit)
    return http.answer(found)


@get(
    "/v1/goods/{sku:str}",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="One good",
        tag="Directory",
        scope="till",
        answer=Good,
        errors=(UnknownGood,),
        examples=(Example(summary="A good", answer=_GOOD),),
    ),
)
async def good(request: Request[Any, Any, Any], sku: FromPath[str]) -> Response[bytes]:
    """One good. Raises UnknownGood."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(await lookups.good(tx, program_id=program_id, sku=sku))


@get(
    "/v1/categories",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="Categories with their paths",
        tag="Directory",
        scope="till",
        answer=pages.Page[Category],
        query={"cursor": str, "limit": int},
        errors=_PAGE_FAULTS,
        examples=(
            Example(
                summary="One category",
                answer={"items": [{**_CATEGORY, "path": ["food", "bread"]}], "next_cursor": None},
            ),
        ),
    ),
)
async def categories(
    request: Request[Any, Any, Any], cursor: FromQuery[str | None] = None, limit: FromQuery[int | None] = None
) -> Response[bytes]:
    """A page of categories by key. Raises MalformedCursor, LimitOutOfRange."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(await lookups.categories(tx, program_id=program_id, cursor=cursor, limit=limit))


@get(
    "/v1/brands",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="Brands",
        tag="Directory",
        scope="till",
        answer=pages.Page[Brand],
        query={"cursor": str, "limit": int},
        errors=_PAGE_FAULTS,
        examples=(Example(summary="One brand", answer={"items": [_BRAND], "next_cursor": None}),),
    ),
)
async def brands(
    request: Request[Any, Any, Any], cursor: FromQuery[str | None] = None, limit: FromQuery[int | None] = None
) -> Response[bytes]:
    """A page of brands by key. Raises MalformedCursor, LimitOutOfRange."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(await lookups.brands(tx, program_id=program_id, cursor=cursor, limit=limit))


@get(
    "/v1/stores",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="Stores",
        detail="`text` looks into name, city and address.",
        tag="Directory",
        scope="till",
        answer=pages.Page[Place],
        query={"text": str, "cursor": str, "limit": int},
        errors=_PAGE_FAULTS,
        examples=(Example(summary="One store", answer={"items": [_STORE], "next_cursor": None}),),
    ),
)
async def stores(
    request: Request[Any, Any, Any],
    text: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of stores by id. Raises MalformedCursor, LimitOutOfRange."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await lookups.stores(tx, program_id=program_id, text=text, cursor=cursor, limit=limit)
    return http.answer(found)


@get(
    "/v1/stores/nearest",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="Stores near a point",
        detail="The nearest first, as the crow flies, with `distance_m`. `within_m` is 50,000 if left out.",
        tag="Directory",
        scope="till",
        answer=pages.Page[Place],
        query={"lat": float, "lon": float, "within_m": int, "cursor": str, "limit": int},
        errors=(UnknownPlace, *_PAGE_FAULTS),
        examples=(
            Example(summary="One store", answer={"items": [{**_STORE, "distance_m": 412}], "next_cursor": None}),
        ),
    ),
)
async def nearest(
    request: Request[Any, Any, Any],
    lat: FromQuery[float | None] = None,
    lon: FromQuery[float | None] = None,
    within_m: FromQuery[int] = 50_000,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of stores around a point. Raises UnknownPlace, MalformedCursor, LimitOutOfRange."""
    if lat is None or lon is None:
        raise UnknownPlace
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await lookups.nearest(
            tx, program_id=program_id, lat=lat, lon=lon, within_m=within_m, cursor=cursor, limit=limit
        )
    return http.answer(found)


@get(
    "/v1/pictures",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="Pictures and long texts of rewards",
        detail="All that was fed, also what is not shown today; `reward` takes those of one.",
        tag="Directory",
        scope="members:read",
        answer=pages.Page[Picture],
        query={"reward": str, "cursor": str, "limit": int},
        errors=_PAGE_FAULTS,
        examples=(Example(summary="One picture", answer={"items": [_PICTURE], "next_cursor": None}),),
    ),
)
async def pictures(
    request: Request[Any, Any, Any],
    reward: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of what is shown of rewards. Raises MalformedCursor, LimitOutOfRange."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await lookups.pictures(tx, program_id=program_id, reward=reward, cursor=cursor, limit=limit)
    return http.answer(found)


@delete(
    "/v1/pictures/{reward:str}/{language:str}/{sort:int}",
    name="take_picture_away",
    status_code=200,
    guards=[access.requires("import")],
    opt=http.describes(
        summary="Take a picture away",
        detail="It is no longer shown, at once.",
        tag="Directory",
        scope="import",
        answer=Taken,
        errors=(UnknownPicture,),
        examples=(Example(summary="The first one in Romanian", answer={"count": 1}),),
    ),
)
async def take_picture_away(
    request: Request[Any, Any, Any], reward: FromPath[str], language: FromPath[str], sort: FromPath[int]
) -> Response[bytes]:
    """Takes a picture away. Raises UnknownPicture."""
    program_id = access.actor_of(request).program_id
    if not 0 <= sort <= SORT_MOST:
        raise UnknownPicture(reward=reward[:100], language=language[:10], sort=sort)
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        await feeds.take_picture_away(tx, program_id=program_id, reward=reward, language=language, sort=sort)
    return http.answer(Taken(1))


@get(
    "/v1/rates",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="Rates of foreign money",
        detail="The last day first; `money` takes those of one.",
        tag="Directory",
        scope="till",
        answer=pages.Page[Rate],
        query={"money": str, "cursor": str, "limit": int},
        errors=_PAGE_FAULTS,
        examples=(Example(summary="One rate", answer={"items": [_RATE], "next_cursor": None}),),
    ),
)
async def rates(
    request: Request[Any, Any, Any],
    money: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of rates. Raises MalformedCursor, LimitOutOfRange."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await lookups.rates(tx, program_id=program_id, money=money, cursor=cursor, limit=limit)
    return http.answer(found)


_TREE_FAULTS: Final[tuple[type[RegularsError], ...]] = (CategoryCycle, UnknownParent, CategoryTooDeep)

ROUTES: Final = [
    goods,
    good,
    categories,
    brands,
    stores,
    nearest,
    pictures,
    take_picture_away,
    rates,
    _feed("/v1/rates", "rates", RateIn, feeds.put_rates, (RateOfItself,), _RATE),
    _feed("/v1/goods", "goods", GoodIn, feeds.put_goods, (), _GOOD),
    _feed("/v1/categories", "categories", CategoryIn, feeds.put_categories, _TREE_FAULTS, _CATEGORY),
    _feed("/v1/brands", "brands", BrandIn, feeds.put_brands, (), _BRAND),
    _feed("/v1/stores", "stores", StoreIn, feeds.put_stores, (UnknownZone, HalfAPlace), _STORE),
    _feed("/v1/pictures", "pictures", PictureIn, feeds.put_pictures, (), _PICTURE),
]
