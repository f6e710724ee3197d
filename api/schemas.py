"""What is sent and answered: the wire's own types, apart from the engine's so that either can change alone."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.limits import MAX_AVOIDED, MAX_ID, MAX_OUTFITS, MAX_SIMILAR, MAX_SLOTS
from recsys.engine.engine import MAX_CONTEXT

ItemId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID)]
Slot = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID)]


class Request(BaseModel):
    """Base of what is sent: unknown keys are errors, and nothing is taken for what it is not."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Answer(BaseModel):
    """Base of what is answered; reads the engine's records."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class CompleteRequest(Request):
    """A partial outfit to complete."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"context": ["blouse-1"]},
                {"context": ["blouse-1", "skirt-9"], "slots": ["shoes"], "outfits": 1, "avoid": ["sneakers-9"]},
            ]
        }
    )

    context: list[ItemId] = Field(
        min_length=1, max_length=MAX_CONTEXT, description="Ids of the items that are there already."
    )
    slots: list[Slot] = Field(
        default=[], max_length=MAX_SLOTS, description="What to add; empty: what such outfits usually hold."
    )
    outfits: int = Field(default=3, ge=1, le=MAX_OUTFITS, description="How many outfits are wanted.")
    avoid: list[ItemId] = Field(
        default=[], max_length=MAX_AVOIDED, description="Ids of items that must not appear; unknown ones do no harm."
    )


class SimilarQuery(BaseModel):
    """How many similar items are wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    top: int = Field(default=10, ge=1, le=MAX_SIMILAR, description="How many items.")


class Reason(Answer):
    """Why an item was suggested."""

    item_id: str = Field(description="The item of the context that speaks for it.")
    together: int = Field(description="Outfits that hold the two.", ge=0)
    alike: float = Field(description="How alike the lists are of what the two are worn with, 0 to 1.")


class Suggestion(Answer):
    """One item added to an outfit."""

    item_id: str
    slot: str
    category: str
    score: float = Field(description="Log-odds against an average item of its category, given the rest of the outfit.")
    reasons: list[Reason]


class Outfit(Answer):
    """One completed outfit; the context is not repeated."""

    rank: int = Field(description="From 1, best first.", ge=1)
    items: list[Suggestion]
    score: float = Field(description="Of the outfit as a whole; higher is better.")
    compatibility: float = Field(
        description="Chance that a stylist put it together rather than drew its items at random.", ge=0, le=1
    )
    percentile: float | None = Field(
        description="Share of real outfits, held out of training, that score lower; null where none were held out."
    )


class CompleteAnswer(Answer):
    """Completed outfits. There are never fewer than were asked for without a word in `unmet`."""

    release: str = Field(description="The release that answered.")
    context: list[str]
    slots: list[str] = Field(description="The slots that were to be filled, as asked for or inferred.")
    outfits: list[Outfit]
    unmet: list[str] = Field(description="What could not be done, and why.")


class ItemAnswer(Answer):
    """One item of the catalogue."""

    release: str = Field(description="The release that answered.")
    item_id: str
    category: str
    slot: str
    attributes: dict[str, list[str]] = Field(description="Attribute name to its values.")


class SimilarItem(Answer):
    """An item like the one asked for."""

    rank: int = Field(description="From 1, best first.", ge=1)
    item_id: str
    category: str
    similarity: float = Field(description="Cosine, -1 to 1, of how the two look and what they are worn with.")


class SimilarAnswer(Answer):
    """Items of the same slot, most alike first."""

    release: str = Field(description="The release that answered.")
    item_id: str
    items: list[SimilarItem]


class Health(Answer):
    """The process is up."""

    status: str = Field(examples=["up"])


class GraphState(Answer):
    """The graph that releases are trained from, as the service saw it last. Questions are answered without it, unless
    vectors are searched in its server."""

    store: str | None = Field(
        description="`sqlite` or `neo4j`, `unknown` where the URL names neither; null before the first look has ended, "
        "and after one that broke."
    )
    reachable: bool | None = Field(description="It is there and answers; null before the first look has ended.")
    schema_ok: bool | None = Field(description="Its schema is that of this program; null where nobody could see.")
    reason: str | None = Field(description="What is wrong; null where nothing is.")
    milliseconds: float | None = Field(description="How long the look took; null where it has not ended.", ge=0)
    seconds_ago: float | None = Field(description="How old this is; null before the first look has ended.", ge=0)


class Readiness(Answer):
    """A release is loaded and answers."""

    status: str = Field(examples=["ready"])
    release: str
    items: int = Field(description="Items in its catalogue.")
    graph: GraphState | None = Field(description="The graph; null where the service was made without one.")
