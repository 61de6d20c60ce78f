"""Tables of the results database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    Dialect,
    Float,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime, TypeDecorator

ID = String(32)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time; aware and in UTC on both sides, also where SQLite forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


class SubmissionRow(Base):
    """A submission and who works on it.

    ``fence`` rises with each claim: a worker whose number is not the row's has lost it.
    ``settings_key`` is a digest of model, revision, endpoint and settings while it is
    alive (not failed, not withdrawn), so that the database itself refuses a duplicate.
    """

    __tablename__ = "submissions"
    __table_args__ = (Index("ix_submissions_state", "state", "created_at"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    request: Mapped[dict[str, Any]]
    model: Mapped[str] = mapped_column(String(200), index=True)
    submitter: Mapped[str] = mapped_column(String(200), index=True)
    settings_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    run: Mapped[int] = mapped_column(default=1)
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    n_items: Mapped[int] = mapped_column(default=0)
    n_done: Mapped[int] = mapped_column(default=0)
    board: Mapped[str | None] = mapped_column(String(100))


class EventRow(Base):
    """One change of a submission; rows are never changed or removed."""

    __tablename__ = "submission_events"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    submission: Mapped[str] = mapped_column(ForeignKey("submissions.id"), index=True)
    at: Mapped[datetime]
    before: Mapped[str | None] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(250))
    reason: Mapped[str | None] = mapped_column(Text)
    run: Mapped[int]


class StepRow(Base):
    """Progress of one data set in one run of a submission."""

    __tablename__ = "submission_steps"

    submission: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    run: Mapped[int] = mapped_column(primary_key=True)
    data_set: Mapped[str] = mapped_column(String(100), primary_key=True)
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    n_items: Mapped[int]
    n_done: Mapped[int] = mapped_column(default=0)
    n_unreadable: Mapped[int] = mapped_column(default=0)
    score_sum: Mapped[float] = mapped_column(Float, default=0.0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    last_lines: Mapped[list[str]]


class ResultRow(Base):
    """The score of one item. ``record`` holds prompt and answer until they are in the logs."""

    __tablename__ = "results"

    submission: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    run: Mapped[int] = mapped_column(primary_key=True)
    data_set: Mapped[str] = mapped_column(String(100), primary_key=True)
    item: Mapped[str] = mapped_column(String(200), primary_key=True)
    score: Mapped[float | None] = mapped_column(Float)
    fence: Mapped[int]
    at: Mapped[datetime]
    record: Mapped[str | None] = mapped_column(Text)


class RunRow(Base):
    """What is known of one finished run: versions, digests, seeds, hardware."""

    __tablename__ = "runs"

    submission: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    run: Mapped[int] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]]
    finished_at: Mapped[datetime | None]


class WorkerRow(Base):
    """A worker process and when it was last heard of."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    host: Mapped[str] = mapped_column(String(200))
    concurrency: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[float] = mapped_column(Float)


class FlagRow(Base):
    """Somebody's doubt about a model on a board, and the operator's answer."""

    __tablename__ = "flags"
    __table_args__ = (Index("ix_flags_board", "board", "model"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    board: Mapped[str] = mapped_column(String(100))
    model: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(String(500))
    reporter: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), index=True)
    answer: Mapped[str | None] = mapped_column(Text)
    operator: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class TokenRow(Base):
    """An access token; only its sha256 is kept."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class UserRow(Base):
    """A person who logged in at an OpenID provider."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
