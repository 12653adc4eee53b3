"""What goes wrong outside the code, told to a person."""


class OpsError(Exception):
    """Something an operator has to know or do; the text is one clear sentence, shown without a traceback."""
