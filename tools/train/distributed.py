"""Ranks: torch.distributed processes that train together. Alone, everything here is a no-op."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterable

import torch
import torch.distributed as dist
from torch import Tensor, multiprocessing, nn

Main = Callable[..., None]


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


def launch(main: Main, num_ranks: int, *args: object) -> None:
    """Run main(*args) in num_ranks processes of this machine; raises what a rank raised. Signals to end reach them."""
    if num_ranks == 1:
        os.environ.pop("WORLD_SIZE", None)
        main(*args)
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    context = multiprocessing.start_processes(  # type: ignore[attr-defined, no-untyped-call]
        _child, args=(main, num_ranks, port, args), nprocs=num_ranks, start_method="spawn", join=False
    )

    def forward(number: int, _: object) -> None:
        for process in context.processes:
            if process.is_alive():
                os.kill(process.pid, number)

    # a terminal's Ctrl-C reaches the ranks by itself; a signal to this process alone must as well
    before = [signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)]
    while not context.join():
        pass
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
        signal.signal(number, handler)


def _child(number: int, main: Main, num_ranks: int, port: int, args: tuple[object, ...]) -> None:
    os.environ.update(
        RANK=str(number), LOCAL_RANK=str(number), WORLD_SIZE=str(num_ranks), MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
    )  # fmt: skip
    main(*args)


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
