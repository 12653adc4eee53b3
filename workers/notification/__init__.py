"""Notification: tells customers by mail and text what becomes of their orders, each thing once.

Users are welcomed, and the administrator is told what runs out. Messages are only recorded here, in whatever order they
arrive; a timer for each channel sends what is due. A mail server or SMS gateway that fails delays its own notes and
nothing else; what is put off for 72 hours (a text: 24) from its first attempt has failed. A mail that was handed over
just before a crash is sent again with the same Message-ID. A text that was not answered is sent again as well: its
gateway knows no key by which to tell.
"""
