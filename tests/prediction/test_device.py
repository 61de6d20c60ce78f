"""The same loss and products on other devices; CUDA where there is one."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from banzuke.exceptions import InvalidInputError, MissingExtraError
from banzuke.prediction import InductiveKernel, MatrixFactorization
from banzuke.prediction import _device as devices
from banzuke.prediction._blocks import LogLoss
from banzuke.prediction._device import Device, DeviceLogLoss, product
from banzuke.testing import make_outcomes


def torch_or_skip() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.fixture(params=["numpy", "torch", "cuda"])
def device(request: pytest.FixtureRequest) -> Device:
    if request.param == "cuda" and not torch_or_skip().cuda.is_available():
        pytest.skip("there is no CUDA device here")
    if request.param == "torch":
        torch_or_skip()
    library = "numpy" if request.param == "numpy" else "torch"
    namespace = importlib.import_module(f"sklearn.externals.array_api_compat.{library}")
    return Device(namespace, "cuda" if request.param == "cuda" else "cpu")


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_loss_and_gradients_are_those_of_the_blocks(
    device: Device, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "_CELLS", 300)  # several steps
    random = np.random.default_rng(0)
    scores = (random.random((37, 53)) < 0.6).astype(np.float32)
    scores[random.random(scores.shape) > share] = np.nan
    a, b = random.normal(size=(37, 5)), random.normal(size=(53, 5))
    expected, found = LogLoss(scores)(a, b), DeviceLogLoss(scores, device)(a, b)
    assert found[0] == pytest.approx(expected[0], rel=1e-5)
    for ours, theirs in zip(expected[1:], found[1:], strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-4)
    far, _, _ = DeviceLogLoss(scores, device)(100 * a, 100 * b)
    assert np.isfinite(far)


def test_products_are_those_of_numpy(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_LEAST", 0)
    left, right = np.random.default_rng(1).normal(size=(2, 30, 30)).astype(np.float32)
    np.testing.assert_allclose(product(left, right, device), left @ right, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_predictions_are_the_same_on_a_device(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "cuda" and not torch_or_skip().cuda.is_available():
        pytest.skip("there is no CUDA device here")
    torch_or_skip()
    outcomes = make_outcomes(60, 50, observed=0.8)
    before = [p.fit(outcomes).predict() for p in (MatrixFactorization(4), InductiveKernel(4))]
    monkeypatch.setenv("BANZUKE_DEVICE", name)
    monkeypatch.setattr(devices, "_LEAST", 0)
    after = [p.fit(outcomes).predict() for p in (MatrixFactorization(4), InductiveKernel(4))]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(other, one, atol=2e-3)


def test_an_impossible_device_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANZUKE_DEVICE", "abacus")
    with pytest.raises((InvalidInputError, MissingExtraError), match="BANZUKE_DEVICE is 'abacus'"):
        MatrixFactorization(1).fit([[1.0, 0.0], [0.0, 1.0]])
