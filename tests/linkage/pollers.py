"""A poller of real web servers on loopback."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update

from linkage import store
from linkage.models import OriginRow, ResourceRow
from linkage.types import Item
from linkage.web import subscriptions
from linkage.web.polling import Polled, poll_next
from linkage.web.subscriptions import Status
from workers.db import Database
from workers.fetch import Fetcher, Outside

FIXTURES = Path(__file__).parents[1] / "fixtures" / "sources"
FEED = (FIXTURES / "feed.rss").read_text()
BOOK = (FIXTURES / "book_json_ld.html").read_text()
FETCHER = Fetcher(Outside(allow_private=True, seconds=5, max_bytes=1_000_000))


class Poller:
    """Subscribes and polls as a worker does, without its pauses."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, url: str, kind: subscriptions.Kind = "feed", **options) -> Status:
        with self.database.transaction() as session:
            return subscriptions.add(session, "t", url, kind=kind, **options)[0]

    def poll(self) -> Polled | None:
        return poll_next(self.database.transaction, FETCHER, agent="Weft", delay=0)

    def poll_all(self) -> list[Polled]:
        polls: list[Polled] = []
        while polled := self.poll():
            polls.append(polled)
        return polls

    def again(self) -> list[Polled]:
        """Poll everything once more, whenever it would be due."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        with self.database.transaction() as session:
            session.execute(update(ResourceRow).values(next_at=past))
            session.execute(update(OriginRow).values(next_at=past))
        return self.poll_all()

    def items(self) -> list[Item]:
        with self.database.reading() as session:
            return list(store.page(session, "t", limit=1000).items)

    def resource(self, url: str) -> ResourceRow:
        with self.database.reading() as session:
            return session.scalars(select(ResourceRow).where(ResourceRow.url == url)).one()

    def status(self) -> Status:
        with self.database.reading() as session:
            return subscriptions.page(session, "t")[0][0]
