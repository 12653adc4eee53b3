import os
import subprocess
import sys
import time

from bench import proc

BUSY = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
PARENT = (
    f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY!r}])\nprint('done', flush=True)\ninput()\n"
)


def test_children_that_have_ended_are_counted_with_their_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"done\n"
        used = proc.used({"workers": [parent.pid]})
        parent.communicate(b"\n")
    assert used["workers"] >= 250


def test_a_tree_has_the_children_of_children() -> None:
    sleeping = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", sleeping], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        parent.stdout.readline()
        tree = proc.tree(os.getpid())
        below = proc.tree(parent.pid)
        parent.communicate(b"\n")
    assert tree[0] == os.getpid()
    assert below[0] == parent.pid
    assert len(below) == 2
    assert set(below) < set(tree)


def test_memory_is_that_of_the_worst_moment() -> None:
    assert proc.peak_mb(os.getpid()) > 10


def test_nobody_has_used_anything() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert proc.used({"workers": [gone.pid]}) == {"workers": 0}
    assert proc.peak_mb(gone.pid) == 0


def test_who_measures_counts_its_children_too() -> None:
    before = proc.own()
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    assert proc.own() - before >= 250


def test_the_machine_is_there_all_the_time() -> None:
    before = proc.machine()
    time.sleep(0.05)
    after = proc.machine()
    assert before.busy <= after.busy
    assert before.whole < after.whole
