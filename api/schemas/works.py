"""Bodies of works: items that are the same thing, under one lasting id."""

from pydantic import BaseModel, Field

from api.schemas.items import ItemOut
from linkage.works.lookup import Listed, Work


class WorkListed(BaseModel):
    """A work of a listing."""

    id: str
    items: int
    title: str = Field(description="That of the item that came first.")

    @classmethod
    def of(cls, listed: Listed) -> "WorkListed":
        """Shape a domain value."""
        return cls(id=listed.id, items=listed.items, title=listed.title)


class WorksPage(BaseModel):
    """One page of works, the largest first."""

    works: list[WorkListed]
    next_cursor: str | None


class WorkOut(BaseModel):
    """A work in full."""

    id: str
    aliases: list[str] = Field(description="Ids of works that were merged into this one.")
    items: list[ItemOut]

    @classmethod
    def of(cls, work: Work) -> "WorkOut":
        """Shape a domain value."""
        items = [ItemOut.of(item) for item in work.items]
        return cls.model_construct(id=work.id, aliases=list(work.aliases), items=items)
