"""Large products on another device, through the array API.

``BANZUKE_DEVICE`` names a device of PyTorch, such as ``cuda`` or ``cuda:1``. Then the loss of the
factorisations and the smoothing over known models run there in float32; without it, NumPy does all.
"""

from __future__ import annotations

import functools
import importlib
import os
from typing import Any

import numpy as np

from banzuke.exceptions import InvalidInputError, MissingExtraError
from banzuke.prediction._blocks import LogLoss

__all__ = ["DeviceLogLoss", "log_loss", "product"]

_CELLS = 1 << 24  # of the logits at a time: 64 MB
_LEAST = 10**8  # multiplications from which moving the matrices pays


class Device:
    """An array namespace and a device in it.

    Parameters
    ----------
    namespace : module
        Of the array API standard, such as those of array-api-compat.
    name : str
        What its ``asarray`` calls the device.
    """

    def __init__(self, namespace: Any, name: str) -> None:
        self.xp, self.name = namespace, name

    def move(self, array: np.ndarray) -> Any:
        """Return a float32 copy on the device."""
        return self.xp.asarray(np.ascontiguousarray(array, dtype=np.float32), device=self.name)

    def back(self, array: Any) -> np.ndarray:
        """Return a NumPy array of what is on the device."""
        return np.asarray(_compat().to_device(array, "cpu"))


class DeviceLogLoss:
    """`LogLoss` on a device: same arguments, same results but for rounding.

    Scores stay on the device; factors go there and gradients come back at each call.

    Parameters
    ----------
    scores : ndarray of shape (n_models, n_items), float32
        NaN where not observed.
    device : Device
    """

    def __init__(self, scores: np.ndarray, device: Device) -> None:
        self.device, self.shape = device, scores.shape
        self.step = max(1, _CELLS // max(1, scores.shape[1]))
        known = ~np.isnan(scores)
        self.scores = device.move(np.where(known, scores, 0))
        self.known = None if known.all() else device.move(known)

    def __call__(self, A: np.ndarray, B: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Return loss, gradient of A and gradient of B; see `LogLoss`."""
        xp, loss = self.device.xp, 0.0
        a, b = self.device.move(A), self.device.move(B)
        of_a, of_b = [], xp.zeros_like(b)
        for start in range(0, self.shape[0], self.step):
            rows = slice(start, start + self.step)
            logit = a[rows, :] @ b.T
            # log(1 + exp(x)) without overflow
            cell = xp.clip(logit, 0, None) + xp.log1p(xp.exp(-xp.abs(logit)))
            cell = cell - self.scores[rows, :] * logit
            error = 1 / (1 + xp.exp(-xp.clip(logit, -20.0, 20.0))) - self.scores[rows, :]
            if self.known is not None:
                cell, error = cell * self.known[rows, :], error * self.known[rows, :]
            loss += float(xp.sum(cell))
            of_a.append(error @ b)
            of_b = of_b + error.T @ a[rows, :]
        gradient_a, gradient_b = self.device.back(xp.concat(of_a)), self.device.back(of_b)
        return loss, gradient_a.astype(np.float64), gradient_b.astype(np.float64)


def log_loss(scores: np.ndarray) -> LogLoss | DeviceLogLoss:
    """Return the loss of a matrix, on the device of ``BANZUKE_DEVICE`` if there is one."""
    device = _chosen()
    return LogLoss(scores) if device is None else DeviceLogLoss(scores, device)


def product(left: np.ndarray, right: np.ndarray, device: Device | None = None) -> np.ndarray:
    """Return ``left @ right`` of float32 matrices; large ones on ``device``, or the chosen one."""
    device = device or _chosen()
    if device is None or left.shape[0] * right.size < _LEAST:
        return np.asarray(left @ right)
    return device.back(device.move(left) @ device.move(right))


def _chosen() -> Device | None:
    name = os.environ.get("BANZUKE_DEVICE", "")
    return _opened(name) if name else None


@functools.cache
def _opened(name: str) -> Device:
    """Return a device that was seen to work; asked for at every product, so looked for once."""
    try:
        torch = importlib.import_module("torch")
        namespace = importlib.import_module("sklearn.externals.array_api_compat.torch")
    except ImportError:
        raise MissingExtraError(
            f"BANZUKE_DEVICE is {name!r}, which needs PyTorch and scikit-learn 1.7 or newer; "
            "pip install torch, or unset it"
        ) from None
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InvalidInputError(f"BANZUKE_DEVICE is {name!r}: {reason}") from None
    return Device(namespace, name)


def _compat() -> Any:
    return importlib.import_module("sklearn.externals.array_api_compat")
