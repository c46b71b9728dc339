"""Where two networks part that should compute the same."""

from collections.abc import Iterable

from torch import Tensor, nn


def parting(
    found: nn.Module, expected: nn.Module, images: Tensor, places: Iterable[str], slack: float
) -> str | None:
    """The first of some submodules after which two networks differ on the same images.

    Args:
        found: one network.
        expected: another one with the same submodules.
        images: ``N, C, H, W``.
        places: names of submodules, first to last.
        slack: relative distance up to which maps count as the same.
    """
    for place in places:
        maps = (maps_after(network, place, images) for network in (found, expected))
        if apart(*maps) > slack:
            return place
    return None


def apart(found: Tensor, expected: Tensor) -> float:
    """Distance in units of the expected norm; infinite where shapes differ or a value is nan."""
    if found.shape != expected.shape:
        return float("inf")
    distance = ((found - expected).norm() / expected.norm()).item()
    return distance if distance == distance else float("inf")


def maps_after(network: nn.Module, place: str, images: Tensor) -> Tensor:
    """What a submodule puts out where a network is given images; empty if it is not called.

    Args:
        network: is run once, as it is.
        place: name of the submodule.
        images: ``N, C, H, W``.
    """
    seen: list[Tensor] = []
    hook = network.get_submodule(place).register_forward_hook(
        lambda module, args, maps: seen.append(maps)
    )
    try:
        network(images)
    finally:
        hook.remove()
    return seen[0] if seen else images.new_empty(0)
