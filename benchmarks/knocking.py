"""A few clients that ask a web server for one page after the other, and how long each took."""

from __future__ import annotations

import http.client
import threading
import time


def knock(port: int, paths: list[str], clients: int) -> list[float]:
    """Seconds that each took; RuntimeError when one was not answered by 200.

    A connection is kept as long as the server does.
    """
    taken: list[float] = []
    failures: list[str] = []
    shares = [paths[start::clients] for start in range(clients)]
    threads = [
        threading.Thread(target=_ask, args=(port, share, taken, failures)) for share in shares
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{len(failures)} requests failed, the first by {failures[0]}")
    return taken


def _ask(port: int, paths: list[str], taken: list[float], failures: list[str]) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        for path in paths:
            began = time.perf_counter()
            status = asked(client, path)
            taken.append(time.perf_counter() - began)
            if status != 200:
                failures.append(f"{status} for {path}")
    except (OSError, http.client.HTTPException) as error:
        failures.append(repr(error))
    finally:
        client.close()


def asked(client: http.client.HTTPConnection, path: str) -> int:
    client.request("GET", path)
    reply = client.getresponse()
    reply.read()
    return reply.status
