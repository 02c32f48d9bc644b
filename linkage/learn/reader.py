"""Reading texts for training: what may be named in them, weighed but not decided."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from linkage import mentions, store
from linkage.embed import Encoder
from linkage.mentions import Weighed
from linkage.models import Base
from linkage.naming.names import Names, bearers
from linkage.naming.passage import Passage
from linkage.sample import sample_items
from linkage.types import Item


@dataclass(frozen=True, slots=True)
class Reader:
    """Weighs the names in texts of one catalogue."""

    session: Session
    tenant_id: str
    encoder: Encoder
    names: Names = field(default_factory=Names)

    def read(self, written: str) -> tuple[Passage, list[Weighed]]:
        """Return a text and what may be named in it."""
        passage = Passage(written)
        found = mentions.places(passage, self.names.current(self.session, self.tenant_id))
        keys = {key for place in found for key in place.keys}
        known = bearers(self.session, self.tenant_id, keys)
        weighed = mentions.weigh(passage, found, known)
        return passage, mentions.compare(passage, weighed, self.encoder)

    def item(self, item_id: str) -> Item:
        """Return an item; ItemNotFoundError if there is none of this id."""
        return store.get(self.session, self.tenant_id, item_id).item


@contextmanager
def sample_reader(encoder: Encoder) -> Iterator[Reader]:
    """Yield a reader of the sample catalogue, which is held in memory."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        store.upsert(session, "sample", sample_items())
        yield Reader(session, "sample", encoder)
    engine.dispose()
