#!/bin/bash
# Makes the virtual environment given as the first argument, from requirements.lock and nothing else.
set -eu
venv=$1
python=${PYTHON:-python3}

say() { echo "orderfleet: $*" >&2; }

command -v "$python" > /dev/null || { say "there is no $python: install Python 3.11 or newer"; exit 2; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "$("$python" -V) is too old: install Python 3.11 or newer, or name it: make PYTHON=python3.12 ..."
    exit 2
}

if ! "$python" -c 'import ensurepip, venv' 2> /dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ]; then root=; else root="sudo -n"; fi
    if command -v apt-get > /dev/null && $root true 2> /dev/null; then
        say "installing $package"
        export DEBIAN_FRONTEND=noninteractive
        $root apt-get update -qq && $root apt-get install -qq -y --no-install-recommends "$package" > /dev/null
    else
        say "$python cannot make virtual environments: install $package"
        exit 2
    fi
fi

say "setting up $venv"
[ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version > /dev/null 2>&1 || "$python" -m venv --clear "$venv"
pip=("$venv/bin/python" -m pip --disable-pip-version-check --quiet --quiet)
"${pip[@]}" install --require-hashes -r requirements.lock
"${pip[@]}" install --no-deps --no-build-isolation -e .

# Every process of the fleet is a Python of its own; one that has to compile what it imports starts in thrice the time.
"$venv/bin/python" -m compileall -q -j 0 "$venv/lib" gateway messages migrations ops tests workers > /dev/null || true
