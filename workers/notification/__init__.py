"""Notification: tells customers by mail what becomes of their orders, each thing once.

Messages are only recorded here, in whatever order they arrive; a timer sends what is due. A failing mail server delays
mails and nothing else. A mail that was handed over just before a crash is sent again with the same Message-ID.
"""
