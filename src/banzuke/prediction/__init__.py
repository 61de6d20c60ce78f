"""Prediction: know what a model will score before running it."""

from banzuke.prediction.base import Predictor
from banzuke.prediction.baselines import MeanScore
from banzuke.prediction.clusters import offer_ray
from banzuke.prediction.factorization import MatrixFactorization
from banzuke.prediction.fill import fill
from banzuke.prediction.kernel import ExtrapolationWarning, InductiveKernel
from banzuke.prediction.protocol import run_protocol
from banzuke.prediction.simrmf import OracleSimRMF, ScaledSimRMF, SimRMF

__all__ = [
    "ExtrapolationWarning",
    "InductiveKernel",
    "MatrixFactorization",
    "MeanScore",
    "OracleSimRMF",
    "Predictor",
    "ScaledSimRMF",
    "SimRMF",
    "fill",
    "run_protocol",
]

offer_ray()
