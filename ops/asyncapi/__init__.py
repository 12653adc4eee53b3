"""The language of the fleet as an AsyncAPI 3.0 document, made of the rooms, the messages and the topology."""

from ops.asyncapi.document import document
from ops.asyncapi.speakers import Speaker

__all__ = ["Speaker", "document"]
