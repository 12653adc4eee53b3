"""Private servers: a RabbitMQ and a PostgreSQL of our own, beside whatever else runs on the machine."""
