"""``/v1/items``: what the catalogue holds, and what is like it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Path, Query

from api.errors import ItemNotFoundError
from api.limits import MAX_ID
from api.openapi import problems
from api.problems import Kind
from api.releases import LoadedRelease
from api.schemas import ItemAnswer, SimilarAnswer, SimilarItem, SimilarQuery
from api.service import Service
from recsys.errors import UnknownItemError

router = APIRouter(prefix="/v1/items", tags=["items"])


def item_id_of(
    item_id: Annotated[str, Path(description="The item's id, percent-encoded.", examples=["blouse-1"])],
) -> str:
    """The item that an address names; it is routed as it was written and decoded only here.

    Raises
    ------
    ItemNotFoundError
        It is longer than any id that the service takes.
    """
    decoded = unquote(item_id)
    if len(decoded) > MAX_ID:
        raise ItemNotFoundError(f"the address names an item by {len(decoded)} characters; ids have at most {MAX_ID}")
    return decoded


ItemInPath = Annotated[str, Depends(item_id_of)]


@router.get(
    "/{item_id:path}/similar",
    summary="Items like one",
    responses=problems(Kind.ITEM_NOT_FOUND, Kind.INVALID_REQUEST, Kind.NOT_READY, Kind.BUSY),
)
async def similar(item_id: ItemInPath, query: Annotated[SimilarQuery, Query()], service: Service) -> SimilarAnswer:
    """Find the items of the same slot that look like an item and are worn like it, most alike first."""
    return await service.ask(lambda release: _similar(release, item_id, query.top))


@router.get(
    "/{item_id:path}",
    summary="One item",
    responses=problems(Kind.ITEM_NOT_FOUND, Kind.INVALID_REQUEST, Kind.NOT_READY, Kind.BUSY),
)
async def item(item_id: ItemInPath, service: Service) -> ItemAnswer:
    """Show one item of the catalogue. In an id that ends in `/similar`, write that slash as `%2F`."""
    return await service.ask(lambda release: _item(release, item_id))


def _similar(release: LoadedRelease, item_id: str, top: int) -> SimilarAnswer:
    try:
        found = release.engine.similar(item_id, top)
    except UnknownItemError as error:
        raise ItemNotFoundError(str(error)) from error
    items = [SimilarItem.model_validate(one) for one in found]
    return SimilarAnswer(release=release.name, item_id=item_id, items=items)


def _item(release: LoadedRelease, item_id: str) -> ItemAnswer:
    try:
        found = release.engine.catalogue.item(item_id)
    except UnknownItemError as error:
        raise ItemNotFoundError(str(error)) from error
    attributes = {name: list(values) for name, values in found.attributes.items()}
    return ItemAnswer(
        release=release.name, item_id=item_id, category=found.category, slot=found.slot, attributes=attributes
    )
