"""Bodies of feedback on links."""

from datetime import UTC
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from api.schemas.fields import WHOLE, Body, ItemId, Moment, Text
from linkage.feedback import MAX_POSITION, Event, Receipt

Position = Annotated[int, Strict(), Field(ge=1, le=MAX_POSITION), WHOLE]


class FeedbackEvent(Body):
    """What every event tells."""

    id: Annotated[Text, Field(min_length=1, max_length=100)] = Field(
        description="The caller's own. An event sent again with the same id counts once."
    )
    source: ItemId = Field(description="The item whose related content was shown.")
    target: ItemId = Field(description="The item that was shown.")
    session: Annotated[Text, Field(max_length=200)] | None = Field(
        None, description="A pseudonym; what one does again on the same day counts once as a tie."
    )
    at: Moment | None = Field(None, description="When it happened; without it, now.")


class Impression(FeedbackEvent):
    """A link was seen."""

    action: Literal["impression"]
    position: Position = Field(description="Its place in the list, from 1.")


class Response(FeedbackEvent):
    """What followed: a click, a purchase, or that the link was dismissed."""

    action: Literal["click", "purchase", "dismissal"]
    position: Position | None = None


class FeedbackBody(Body):
    """Events of one or many people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {"id": "e1", "action": "impression", "source": "book-solaris",
                         "target": "film-solaris-1972", "position": 1, "session": "s-81f3"},
                        {"id": "e2", "action": "click", "source": "book-solaris",
                         "target": "film-solaris-1972", "position": 1, "session": "s-81f3"},
                    ]
                }
            ]
        }
    )  # fmt: skip

    events: list[Impression | Response] = Field(min_length=1, max_length=1000)

    def domain(self) -> list[Event]:
        """Return the domain's events."""
        return [_event(event) for event in self.events]


def _event(body: Impression | Response) -> Event:
    at = body.at.replace(tzinfo=UTC) if body.at and body.at.tzinfo is None else body.at
    return Event(**body.model_dump(exclude={"at"}), at=at)


class UnknownEvent(BaseModel):
    """An event that was not counted because the catalogue lacks one of its items."""

    index: int
    id: str


class FeedbackOut(BaseModel):
    """What became of the events."""

    counted: int
    repeated: int
    unknown: list[UnknownEvent]

    @classmethod
    def of(cls, receipt: Receipt, body: FeedbackBody) -> "FeedbackOut":
        """Shape a domain value."""
        unknown = [UnknownEvent(index=at, id=body.events[at].id) for at in receipt.unknown]
        return cls(counted=receipt.counted, repeated=receipt.repeated, unknown=unknown)
