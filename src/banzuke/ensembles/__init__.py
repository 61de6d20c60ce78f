"""Which models to ask together under a budget, and how to combine their answers."""

from banzuke.ensembles.adaptive import AdaptiveEnsemble, Answered
from banzuke.ensembles.aggregation import Aggregator
from banzuke.ensembles.aggregators import AGGREGATORS
from banzuke.ensembles.benchmark import Row, benchmark
from banzuke.ensembles.conditional_logit import ConditionalLogit
from banzuke.ensembles.confusion_logit import ConfusionLogit
from banzuke.ensembles.copula import (
    AllWrong,
    GaussianCopula,
    check_all_wrong,
)
from banzuke.ensembles.costs import Costs
from banzuke.ensembles.exact_errors import ExactErrors, exact_errors
from banzuke.ensembles.factor_model import FamilyModel, error_floor, exchangeable_error
from banzuke.ensembles.information import (
    Information,
    conditional_information,
    cross_fitted_information,
    mutual_information,
)
from banzuke.ensembles.paths import METHODS
from banzuke.ensembles.policies import PolicyPoint, compare_policies, summarise_policies
from banzuke.ensembles.pool import Pool, encode, pool_of
from banzuke.ensembles.predicted import Predictions, add_predicted, pool_with_predicted
from banzuke.ensembles.saturation import mistake_agreement, saturation_curve
from banzuke.ensembles.selection import EnsembleSelector, PathStep
from banzuke.ensembles.statements import as_statements
from banzuke.ensembles.summary import summarise

__all__ = [
    "AGGREGATORS",
    "METHODS",
    "AdaptiveEnsemble",
    "Aggregator",
    "AllWrong",
    "Answered",
    "ConditionalLogit",
    "ConfusionLogit",
    "Costs",
    "EnsembleSelector",
    "ExactErrors",
    "FamilyModel",
    "GaussianCopula",
    "Information",
    "PathStep",
    "PolicyPoint",
    "Pool",
    "Predictions",
    "Row",
    "add_predicted",
    "as_statements",
    "benchmark",
    "check_all_wrong",
    "compare_policies",
    "conditional_information",
    "cross_fitted_information",
    "encode",
    "error_floor",
    "exact_errors",
    "exchangeable_error",
    "mistake_agreement",
    "mutual_information",
    "pool_of",
    "pool_with_predicted",
    "saturation_curve",
    "summarise",
    "summarise_policies",
]
