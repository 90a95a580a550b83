"""A local worker process: Beam's own, made quiet, importing from the parent's path, and ended with its parent.

Started by the runner as `python -m openclaw_data.flow.worker`.
"""

import ctypes
import logging
import os
import signal
import sys
import threading
import time


def main() -> None:
    """Serve the parent until it is done with us."""
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    _end_with_parent()
    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main(sys.argv)


def _end_with_parent() -> None:
    """Die when the parent does: by the kernel's signal on Linux, by looking every second elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
