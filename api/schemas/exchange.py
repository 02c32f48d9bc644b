"""What an import of terms or memory units did, as it travels."""

from pydantic import BaseModel, ConfigDict

from translate.types import ImportSummary


class FaultOut(BaseModel):
    """A part of a file that was not taken, and why."""

    model_config = ConfigDict(from_attributes=True)

    place: str
    id: str | None
    reason: str


class ExchangeOut(BaseModel):
    """What an import did; `errors` lists the first 1,000 parts that were not taken."""

    created: int
    updated: int
    unchanged: int
    failed: int
    errors: list[FaultOut]

    @classmethod
    def of(cls, summary: ImportSummary) -> "ExchangeOut":
        """Shape a domain value."""
        return cls(
            created=summary.created,
            updated=summary.updated,
            unchanged=summary.unchanged,
            failed=summary.failed,
            errors=[FaultOut.model_validate(fault) for fault in summary.faults],
        )
