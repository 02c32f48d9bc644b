"""Tables of the linkage domain; to import this is to know all of them."""

from linkage.models.builds import BuildRow
from linkage.models.catalogue import AttributeRow, CatalogueState, EntityRow, ItemRow, ReadingRow
from linkage.models.feedback import CoClickRow, FeedbackRow, SeenRow
from linkage.models.imports import ImportErrorRow, ImportRow
from linkage.models.schema import BIG_KEY, IN_LIST, Base, Instant
from linkage.models.subscriptions import OriginRow, ResourceRow, SourcedItemRow, SubscriptionRow
from linkage.models.works import WorkBlockRow, WorkEdgeRow, WorkItemRow, WorkRow, WorkStateRow

__all__ = [
    "BIG_KEY",
    "IN_LIST",
    "AttributeRow",
    "Base",
    "BuildRow",
    "CatalogueState",
    "CoClickRow",
    "EntityRow",
    "FeedbackRow",
    "ImportErrorRow",
    "ImportRow",
    "Instant",
    "ItemRow",
    "OriginRow",
    "ReadingRow",
    "ResourceRow",
    "SeenRow",
    "SourcedItemRow",
    "SubscriptionRow",
    "WorkBlockRow",
    "WorkEdgeRow",
    "WorkItemRow",
    "WorkRow",
    "WorkStateRow",
]
