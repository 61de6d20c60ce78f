"""Other libraries on the same cells: time and RMSE on test A (known models, known items).

Run: ``python -m benchmarks.prediction_peers [FOLDER] --python PEERS/bin/python [--seeds 0,1,2]``,
where PEERS is a virtual environment with numpy and those of scikit-learn, girth, py-irt, implicit
and cornac that install; they never enter banzuke's own. Each peer runs alone in that environment
with the settings its documentation shows, fits the training cells and predicts all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "outcomes" / "open_llm_v1_items"
RANK = 16
LONGEST = 1200  # seconds for one fit of a peer


def svd(scores: np.ndarray) -> np.ndarray:
    """Fill gaps with item means, then truncate; repeated five times (hard imputation)."""
    from sklearn.decomposition import TruncatedSVD

    known = ~np.isnan(scores)
    filled = np.where(known, scores, np.nanmean(scores, axis=0))
    for _ in range(5):
        model = TruncatedSVD(RANK, random_state=0)
        low = model.inverse_transform(model.fit_transform(filled))
        filled = np.where(known, scores, low)
    return low


def knn(scores: np.ndarray) -> np.ndarray:
    """Impute from the 20 nearest models."""
    from sklearn.impute import KNNImputer

    return KNNImputer(n_neighbors=20).fit_transform(scores)


def girth_2pl(scores: np.ndarray) -> np.ndarray:
    """Two-parameter item response by marginal likelihood, expected a posteriori abilities."""
    from girth import INVALID_RESPONSE, ability_eap, tag_missing_data, twopl_mml

    answers = np.where(np.isnan(scores), INVALID_RESPONSE, scores).astype(int).T
    answers = tag_missing_data(answers, [0, 1])
    found = twopl_mml(answers)
    slope, place = found["Discrimination"], found["Difficulty"]
    ability = ability_eap(answers, place, slope)
    return 1 / (1 + np.exp(-slope * (ability[:, None] - place)))


def py_irt_2pl(scores: np.ndarray) -> np.ndarray:
    """Two-parameter item response by variational inference, 2,000 epochs (the default)."""
    from py_irt.config import IrtConfig
    from py_irt.dataset import Dataset
    from py_irt.training import IrtModelTrainer

    with tempfile.NamedTemporaryFile("w", suffix=".jsonlines", delete=False) as file:
        for row, values in enumerate(scores):
            answers = {f"i{c}": int(v) for c, v in enumerate(values) if not np.isnan(v)}
            file.write(json.dumps({"subject_id": f"m{row}", "responses": answers}) + "\n")
    data = Dataset.from_jsonlines(file.name)
    config = IrtConfig(model_type="2pl", priors="hierarchical", epochs=2000)
    trainer = IrtModelTrainer(data_path=None, dataset=data, config=config)
    trainer.train(device="cpu")
    best = trainer.best_params
    subjects = {name: int(key) for key, name in best["subject_ids"].items()}
    items = {name: int(key) for key, name in best["item_ids"].items()}
    ability = np.array([best["ability"][subjects[f"m{row}"]] for row in range(scores.shape[0])])
    columns = [items[f"i{c}"] for c in range(scores.shape[1])]
    place, slope = (np.array(best[key])[columns] for key in ("diff", "disc"))
    return 1 / (1 + np.exp(-slope * (ability[:, None] - place)))


def implicit_als(scores: np.ndarray) -> np.ndarray:
    """Weighted least squares; a wrong answer is a negative entry, a gap no entry."""
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    signs = np.where(np.isnan(scores), 0.0, np.where(scores > 0.5, 1.0, -1.0))
    model = AlternatingLeastSquares(
        factors=RANK, regularization=1.0, alpha=20.0, iterations=15, random_state=0, num_threads=1
    )
    model.fit(csr_matrix(signs.astype(np.float32)), show_progress=False)
    return model.user_factors @ model.item_factors.T


def cornac_mf(scores: np.ndarray) -> np.ndarray:
    """Biased matrix factorisation by stochastic gradients."""
    import cornac

    rows, columns = np.nonzero(~np.isnan(scores))
    cells = [(str(r), str(c), float(scores[r, c])) for r, c in zip(rows, columns, strict=True)]
    data = cornac.data.Dataset.from_uir(cells, seed=0)
    model = cornac.models.MF(k=RANK, max_iter=100, learning_rate=0.01, lambda_reg=0.02, seed=0)
    model.fit(data)
    users = [data.uid_map[str(r)] for r in range(scores.shape[0])]
    items = [data.iid_map[str(c)] for c in range(scores.shape[1])]
    mean, user, item = model.global_mean, model.u_biases, model.i_biases
    product = model.u_factors[users] @ model.i_factors[items].T
    return mean + user[users, None] + item[items] + product


PEERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "scikit-learn TruncatedSVD": svd,
    "scikit-learn KNNImputer": knn,
    "implicit ALS": implicit_als,
    "cornac MF": cornac_mf,
    "py-irt 2PL": py_irt_2pl,
    "girth 2PL": girth_2pl,
}


def work(name: str, source: str, target: str) -> None:
    """Fit one peer: the part that runs in the other environment."""
    scores = np.load(source)
    wall, cpu = perf_counter(), process_time()
    predicted = PEERS[name](scores)
    taken = [perf_counter() - wall, process_time() - cpu]
    np.savez(target, predicted=np.clip(predicted, 0, 1), taken=taken)


def peer(python: str, name: str, scores: np.ndarray) -> tuple[np.ndarray, float] | str:
    """Return a peer's predictions and CPU seconds, or the last line of its error."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/scores.npy", f"{folder}/predicted.npz"
        np.save(source, scores)
        command = [python, __file__, "--work", name, source, target]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=LONGEST
            )
        except subprocess.TimeoutExpired:
            return f"not finished after {LONGEST} s"
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["no message"])[-1]
        with np.load(target) as found:
            return found["predicted"], float(found["taken"][1])


def ours(seed: int, folder: Path) -> tuple[dict[str, tuple[np.ndarray, float]], tuple]:
    """Fit our predictors, and return them with the split and the scores."""
    from banzuke.outcomes import importers
    from banzuke.outcomes.importers import ImportOptions
    from banzuke.prediction.protocol import unfitted
    from banzuke.prediction.splits import make_split

    imported = importers.read("table", [str(folder)], ImportOptions())
    (table,) = imported.collections.values()
    table = table.select(models=np.flatnonzero(table.observed.all(axis=1)))
    split = make_split(
        table,
        known_models=table.n_models // 2,
        known_items=round(0.7 * table.n_items),
        fraction=0.9,
        seed=seed,
    )
    found = {}
    for name, predictor in unfitted(["mean-per-benchmark", "mf", "inductive"]).items():
        started = process_time()
        with warnings.catch_warnings():  # of models outside the known range: none is in test A
            warnings.simplefilter("ignore")
            predicted = predictor.fit(split.train).predict()
        found[f"banzuke {name}"] = predicted, process_time() - started
    return found, (split, table.scores)


def main() -> None:
    """Print a table: method, RMSE over cells and model means of test A, CPU seconds."""
    if sys.argv[1:2] == ["--work"]:
        work(*sys.argv[2:5])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--python", help="of the environment that holds the peers")
    parser.add_argument("--seeds", default="0")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        print(f"needs item results in {arguments.folder}")
        return
    print(f"{'method':30}{'seed':>5}{'RMSE p':>9}{'RMSE m':>9}{'CPU s':>9}")
    for seed in [int(part) for part in arguments.seeds.split(",")]:
        found, (split, truth) = ours(seed, arguments.folder)
        rows, columns = np.flatnonzero(split.known_models), np.flatnonzero(split.known_items)
        block = np.ix_(rows, columns)
        cells = split.cells("A", truth)[block]

        def line(name: str, predicted: np.ndarray, seconds: float, at=(seed, cells, truth[block])):
            seed, cells, scores = at
            error = np.where(cells, predicted - scores, 0.0)
            p = np.sqrt((error**2).sum() / cells.sum())
            m = np.sqrt(np.mean((error.sum(axis=1) / cells.sum(axis=1)) ** 2))
            print(f"{name:30}{seed:5}{p:9.4f}{m:9.4f}{seconds:9.1f}", flush=True)

        for name, (predicted, seconds) in found.items():
            line(name, predicted[block], seconds)
        for name in PEERS if arguments.python else ():
            answer = peer(arguments.python, name, split.train.scores[block])
            if isinstance(answer, str):
                print(f"{name:30}{seed:5}  did not run: {answer}", flush=True)
            else:
                line(name, *answer)


if __name__ == "__main__":
    main()
