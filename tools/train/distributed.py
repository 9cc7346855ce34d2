"""Ranks: torch.distributed processes that train together. Alone, everything here is a no-op."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Callable, Iterable

import torch
import torch.distributed as dist
from torch import Tensor, multiprocessing, nn
from torch.multiprocessing.spawn import ProcessExitedException

Main = Callable[..., None]
RESEND_SECONDS = 0.5
"""between the signals that tell the ranks to end, until they have"""


def rank() -> int:
    """This process's number, 0 alone."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """Number of processes that train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def under_torchrun() -> bool:
    """Whether a launcher has set this process's place."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def join() -> None:
    """Join the group that the environment names (gloo: CPU tensors); one thread each."""
    torch.set_num_threads(1)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        dist.init_process_group("gloo")


def leave() -> None:
    """Leave the group, if in one."""
    if dist.is_initialized():
        dist.destroy_process_group()


def launch(main: Main, num_ranks: int, *args: object) -> int:
    """Run main(*args) in num_ranks processes of this machine; raises what a rank raised. Signals to end reach them.

    Returns 0, or the exit status of a rank that gave up.
    """
    if num_ranks == 1:
        os.environ.pop("WORLD_SIZE", None)
        main(*args)
        return 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    wanted: list[int] = []
    # it would say that it ends the other ranks, beside the line that says why
    logging.getLogger("torch.multiprocessing.spawn").setLevel(logging.ERROR)
    # a rank that still imports must not end with a traceback at Ctrl-C: it inherits that this is ignored, until it
    # listens itself
    before = {signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN)}
    context = multiprocessing.start_processes(  # type: ignore[attr-defined, no-untyped-call]
        _child, args=(main, num_ranks, port, args), nprocs=num_ranks, start_method="spawn", join=False
    )
    signal.signal(signal.SIGINT, lambda number, _: wanted.append(number))
    before[signal.SIGTERM] = signal.signal(signal.SIGTERM, lambda number, _: wanted.append(number))
    try:
        # again and again: a rank may not have listened yet
        while not context.join(timeout=RESEND_SECONDS):
            for process in context.processes if wanted else ():
                if process.is_alive():
                    os.kill(process.pid, signal.SIGINT)
    except ProcessExitedException as error:
        return int(error.exit_code) if error.exit_code > 0 else 128 - int(error.exit_code)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _child(number: int, main: Main, num_ranks: int, port: int, args: tuple[object, ...]) -> None:
    os.environ.update(
        RANK=str(number), LOCAL_RANK=str(number), WORLD_SIZE=str(num_ranks), MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
    )  # fmt: skip
    try:
        main(*args)
    finally:
        # while Python ends, signals would do again what they do by default
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def mean(tensor: Tensor) -> Tensor:
    """The mean over ranks, in place."""
    if dist.is_initialized():
        dist.all_reduce(tensor)
        tensor /= dist.get_world_size()
    return tensor


def total(tensor: Tensor) -> Tensor:
    """The sum over ranks, in place."""
    if dist.is_initialized():
        dist.all_reduce(tensor)
    return tensor


def total_by_name(sums: dict[str, list[float]]) -> dict[str, list[float]]:
    """Sums over the ranks, each of which may have other names; sorted by name."""
    parts: list[dict[str, list[float]]] = [sums]
    if dist.is_initialized():
        parts = [{} for _ in range(dist.get_world_size())]
        dist.all_gather_object(parts, sums)
    names = sorted({name for part in parts for name in part})
    return {
        name: [sum(values) for values in zip(*(p[name] for p in parts if name in p), strict=True)] for name in names
    }


def gather(tensor: Tensor) -> Tensor:
    """All ranks' tensors of the same shape, stacked along a new first dimension."""
    if not dist.is_initialized():
        return tensor[None]
    parts = [torch.empty_like(tensor) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, tensor.contiguous())
    return torch.stack(parts)


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace the gradients by their mean over ranks, in one message."""
    if not dist.is_initialized():
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = mean(torch.cat([g.flatten() for g in gradients]))
    for gradient, part in zip(gradients, torch.split(flat, [g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))
