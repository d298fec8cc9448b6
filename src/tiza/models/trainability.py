"""Which layers train, as they were when the model was compiled, and as they are set now."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from tiza.nn.layer import Layer
from tiza.nn.network import Network


@dataclass(frozen=True, slots=True)
class Trainability:
    """What the layers' `trainable` was.

    Attributes:
        settings: path, layer and setting, of each layer.
    """

    settings: tuple[tuple[str, Layer, object], ...] = ()

    @classmethod
    def of(cls, network: Network | None) -> Trainability:
        """Return what it is now; a collection of names may change later, so that it is copied."""
        layers = () if network is None else network.layers
        return cls(tuple((one.path, one.layer, _setting(one.layer)) for one in layers))

    def warn_if_changed(self, stacklevel: int = 2) -> bool:
        """Return whether it is another now; a warning then names the layers.

        For functions that users call: the warning points at who called them, if `stacklevel` is 2.
        """
        changed = [path for path, layer, setting in self.settings if _setting(layer) != setting]
        if changed:
            warnings.warn(
                f"trainable of {', '.join(changed)} was set after the model was compiled, and has no effect "
                "yet; compile again for it to take effect.",
                stacklevel=stacklevel + 1,
            )
        return bool(changed)


def _setting(layer: Layer) -> bool | frozenset[str]:
    return layer.trainable if isinstance(layer.trainable, bool) else frozenset(layer.trainable)
