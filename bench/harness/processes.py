# SPDX-License-Identifier: BSD-3-Clause
"""Processes of a run: started pinned, stopped while others are measured, and ended by their ids."""
import contextlib
import os
import signal
import socket
import subprocess
import time

LAST = (os.cpu_count() or 1) - 1
REAL_TIME_MS = 800  # at most: a kernel grants real time 950 ms of each second, as it comes
NICE = -10  # what else the machine does takes less of a measured core


def out(*command, check=True, prepare=None):
    return subprocess.run(command, check=check, capture_output=True, text=True, preexec_fn=prepare).stdout


def cpu_ns_of(pid, thread):
    """What the thread of this name has used, in ns; 0 where there is none."""
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/comm" % (pid, task)) as name, open("/proc/%d/task/%s/schedstat" % (pid, task)) as used:
            if name.read().strip() == thread:
                return int(used.read().split()[0])
    return 0


def cpu_ns(pids):
    """What the threads of these processes have used, in ns."""
    total = 0
    for pid in pids:
        try:
            for task in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
                    total += int(f.read().split()[0])
        except OSError:
            pass
    return total


def children(pid):
    text = out("pgrep", "-P", str(pid), check=False)
    found = [int(p) for p in text.split()]
    return found + [c for p in found for c in children(p)]


def pin(pids, core):
    for pid in pids:
        out("taskset", "-acp", str(core), str(pid), check=False)


def favoured(core):
    """For preexec_fn: on this core, before what else runs there. The kernel may weigh sessions, not processes."""
    def prepare():
        os.setsid()
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
        if core is not None:
            os.sched_setaffinity(0, {core})
        try:
            with open("/proc/self/autogroup", "w") as f:
                f.write(str(NICE))
        except OSError:
            pass
    return prepare


def set_real_time(pids, on):
    """All threads of these before everything else that runs on their cores (SCHED_FIFO), or as they were. False: not allowed."""
    policy, param = (os.SCHED_FIFO, os.sched_param(1)) if on else (os.SCHED_OTHER, os.sched_param(0))
    try:
        for pid in pids:
            for task in os.listdir("/proc/%d/task" % pid):
                os.sched_setscheduler(int(task), policy, param)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def real_time(pids):
    """These have their cores while they are measured, as pollers do on a machine whose cores are theirs; yields whether that
    was allowed. They have rested before, so that REAL_TIME_MS are theirs in one piece."""
    time.sleep(0.1)
    try:
        yield set_real_time(pids, True)
    finally:
        set_real_time(pids, False)


def free_port():
    """One on loopback that nobody listens on, so that runs may go on side by side."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def end(process):
    """Ends one that we started, and its children; by force after ten seconds."""
    if process is None or process.poll() is not None:
        return
    pids = [process.pid] + children(process.pid)
    signal_all(pids, signal.SIGCONT)
    signal_all(reversed(pids), signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        signal_all(pids, signal.SIGKILL)
        process.wait()
