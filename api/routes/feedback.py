"""Feedback: what people did with related content."""

from fastapi import APIRouter

from api.deps import Writer, WriteSession
from api.errors import responses
from api.schemas.feedback import FeedbackBody, FeedbackOut
from linkage import feedback

router = APIRouter(prefix="/v1", tags=["linkage"])


@router.post("/feedback", responses=responses(400, 401, 403, 413, 415, 422, 429, 503))
def send_feedback(body: FeedbackBody, caller: Writer, session: WriteSession) -> FeedbackOut:
    """Count impressions, clicks, purchases and dismissals; sending them again changes nothing."""
    return FeedbackOut.of(feedback.record(session, caller.tenant_id, body.domain()), body)
