"""The floor: the same messages and rows, moved by a client that costs broker and database as little as we know how.

Sets of up to 500 messages; rows by COPY in binary, updates by arrays; publishes in one write, with every confirm
awaited; one acknowledgement a set. No receipts, no outbox, no HTTP, nothing decided. What the client itself uses is not
counted: the floor is what broker and database need for the flow, whoever writes the services.
"""
