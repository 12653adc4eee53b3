"""Installs servers from Debian's archive, without letting the system start one of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection

from ops.errors import OpsError

_PACKAGES = {"rabbitmq": "rabbitmq-server", "postgres": "postgresql", "wrk": "wrk"}

# The policy keeps Debian from starting services, the configuration from creating a database cluster; both are put back.
_SCRIPT = """
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.conf
[ ! -e $policy ] || mv $policy $policy.orderfleet
restore() {
    rm -f $policy
    [ ! -e $policy.orderfleet ] || mv $policy.orderfleet $policy
    [ ! -e $clusters.orderfleet ] || mv $clusters.orderfleet $clusters
}
trap restore EXIT
printf '#!/bin/sh\\nexit 101\\n' > $policy
chmod 755 $policy
apt-get update -qq
case " $* " in *" postgresql "*)
    apt-get install -qq -y --no-install-recommends postgresql-common
    if [ -e $clusters ]; then
        cp -p $clusters $clusters.orderfleet
        echo 'create_main_cluster = false' >> $clusters
    fi
esac
apt-get install -qq -y --no-install-recommends "$@"
"""


def install(servers: Collection[str]) -> None:
    """Install servers by name.

    Raises:
        OpsError: when that is not possible here, saying what a person has to install.
    """
    packages = [_PACKAGES[server] for server in servers]
    wanted = " and ".join(packages)
    apt, prefix = shutil.which("apt-get"), _as_root()
    if apt is None:
        raise OpsError(
            f"install {wanted} (or Docker with the compose plugin), then try again: there is no apt-get here"
        )
    if prefix is None:
        raise OpsError(
            f"run `apt-get install {' '.join(packages)}` as root, then try again: "
            "this user is not root, and sudo wants a password"
        )
    with tempfile.TemporaryFile("w+") as output:
        command = [*prefix, "sh", "-eu", "-c", _SCRIPT, "install", *packages]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)  # noqa: S603
        if done.returncode:
            output.seek(0)
            raise OpsError(f"apt-get could not install {wanted}: {output.read().strip()[-800:]}")


def _as_root() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    allowed = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)  # noqa: S603
    return None if allowed.returncode else [sudo, "-n"]
