"""What is said of users."""

from uuid import UUID

from messages import Message


class UserRegistered(Message, frozen=True, kw_only=True, tag="user.registered"):
    """Somebody has an account now."""

    user_id: UUID
    name: str
    email: str
    phone: str | None = None

    @property
    def subject(self) -> UUID:
        """The user."""
        return self.user_id
