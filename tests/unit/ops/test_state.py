from pathlib import Path

from ops.child import told
from ops.state import ChildState, FleetState, read, write


def test_what_is_written_is_read(tmp_path: Path) -> None:
    state = FleetState(children=(ChildState(name="stock", pid=1, born="2", restarts=3, last_exit="SIGKILL"),))
    write(tmp_path / "state.json", state)
    assert read(tmp_path / "state.json") == state


def test_without_a_file_there_are_no_children(tmp_path: Path) -> None:
    assert read(tmp_path / "state.json") == FleetState()


def test_an_end_is_told_in_words() -> None:
    assert (told(0), told(70), told(-9)) == ("exit 0", "exit 70", "SIGKILL")
