"""Side information: what is known about models and items before anything is run."""

from banzuke.prediction.similarity.embeddings import TextEmbeddings
from banzuke.prediction.similarity.items import ItemFeatures
from banzuke.prediction.similarity.likelihoods import AnswerLikelihoods
from banzuke.prediction.similarity.lineage import lineage_similarity
from banzuke.prediction.similarity.model_features import ModelFeatures
from banzuke.prediction.similarity.models import ModelKernels
from banzuke.prediction.similarity.text import TextFeatures

__all__ = [
    "AnswerLikelihoods",
    "ItemFeatures",
    "ModelFeatures",
    "ModelKernels",
    "TextEmbeddings",
    "TextFeatures",
    "lineage_similarity",
]
