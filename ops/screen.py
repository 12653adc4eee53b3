"""The terminal, and whatever others wrote made harmless for it: messages, errors and reasons come from anywhere."""

from rich.console import Console
from rich.text import Text

WIDTH = 160  # where there is no terminal to ask
_VISIBLE = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
"""What would move the cursor, clear the screen or rename the window is shown instead of done."""


def console() -> Console:
    """Return the screen; what is no terminal is as wide as a log may be. Brackets are brackets, and no markup."""
    screen = Console(markup=False, emoji=False)
    return screen if screen.is_terminal else Console(markup=False, emoji=False, width=WIDTH)


def plain(words: object, style: str = "") -> Text:
    """Show words as they are."""
    return Text(str(words).translate(_VISIBLE), style=style)
