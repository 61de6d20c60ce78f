"""Figures of a summary; the numbers are computed by `summarise`."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go


def plot_summary(document: dict[str, Any]) -> dict[str, go.Figure]:
    """Return all figures of a document from `summarise`, by name.

    ``accuracy``, ``information``, ``correlations``, ``all_wrong``, ``saturation``, and with
    prices ``frontier``.
    """
    figures = {
        "accuracy": plot_accuracy(document),
        "information": plot_information(document),
        "correlations": plot_correlations(document),
        "all_wrong": plot_all_wrong(document),
        "saturation": plot_saturation(document),
    }
    if document["frontier"]:
        figures["frontier"] = plot_frontier(document)
    return figures


def plot_accuracy(document: dict[str, Any]) -> go.Figure:
    """Plot held-out accuracy with its 95 % interval against the number of models."""
    path = document["path"]
    accuracy = [step["accuracy"] for step in path]
    figure = go.Figure(
        go.Scatter(
            x=[step["k"] for step in path],
            y=accuracy,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [step["upper"] - step["accuracy"] for step in path],
                "arrayminus": [step["accuracy"] - step["lower"] for step in path],
            },
            text=["<br>".join(step["models"]) for step in path],
            mode="lines+markers",
            name="chosen set",
        )
    )
    single = document["best_single"]
    figure.add_hline(single["accuracy"], line_dash="dot", annotation_text=single["model"])
    return figure.update_layout(xaxis_title="models asked", yaxis_title="held-out accuracy")


def plot_information(document: dict[str, Any]) -> go.Figure:
    """Plot held-out information about the label against the number of models."""
    path = document["path"]
    figure = go.Figure(
        go.Scatter(
            x=[step["k"] for step in path],
            y=[step["information"] for step in path],
            mode="lines+markers",
        )
    )
    return figure.update_layout(xaxis_title="models asked", yaxis_title="information (bits)")


def plot_correlations(document: dict[str, Any]) -> go.Figure:
    """Plot the latent correlations of errors, models that err alike side by side."""
    found = document["error_correlations"]
    heat = go.Heatmap(
        z=found["matrix"], x=found["models"], y=found["models"], zmin=0, zmax=1,
        colorscale="Viridis", colorbar_title="correlation",
    )  # fmt: skip
    return go.Figure(heat).update_layout(yaxis_autorange="reversed")


def plot_all_wrong(document: dict[str, Any]) -> go.Figure:
    """Plot how often all of the most accurate models are wrong, observed and by the copula."""
    checks = document["all_wrong"]
    sizes = [check["n_models"] for check in checks]
    observed = [check["observed"] for check in checks]
    figure = go.Figure(
        go.Scatter(
            x=sizes,
            y=observed,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [check["upper"] - check["observed"] for check in checks],
                "arrayminus": [check["observed"] - check["lower"] for check in checks],
            },
            mode="markers",
            name="observed",
        )
    )
    fitted = [check["fitted"] for check in checks]
    figure.add_scatter(x=sizes, y=fitted, mode="lines", line_dash="dash", name="Gaussian copula")
    return figure.update_layout(xaxis_title="most accurate models", yaxis_title="all wrong")


def plot_saturation(document: dict[str, Any]) -> go.Figure:
    """Plot what a Gaussian copula expects from more models, beside what the chosen sets reach."""
    expected, path = document["saturation"], document["path"]
    figure = go.Figure(
        go.Scatter(
            x=[point["n_models"] for point in expected],
            y=[point["accuracy"] for point in expected],
            mode="lines",
            line_dash="dash",
            name="most accurate models, by the copula",
        )
    )
    figure.add_scatter(
        x=[step["k"] for step in path],
        y=[step["accuracy"] for step in path],
        mode="lines+markers",
        name="chosen sets, held out",
    )
    return figure.update_layout(xaxis_title="models asked", yaxis_title="accuracy")


def plot_frontier(document: dict[str, Any]) -> go.Figure:
    """Plot held-out accuracy against the price of one item."""
    steps = document["frontier"]
    figure = go.Figure(
        go.Scatter(
            x=[step["cost"] for step in steps],
            y=[step["accuracy"] for step in steps],
            text=["<br>".join(step["models"]) for step in steps],
            mode="lines+markers",
            line_shape="hv",
        )
    )
    return figure.update_layout(xaxis_title="price of an item", yaxis_title="held-out accuracy")


def plot_policies(document: dict[str, Any]) -> go.Figure:
    """Plot the risk of asking in turn and of static sets against the mean price of an item."""
    points = document["points"]
    cost = [point["cost"] for point in points]
    figure = go.Figure()
    for key, name in (("risk", "one after another"), ("static_risk", "static sets")):
        figure.add_scatter(
            x=cost, y=[point[key] for point in points], mode="lines+markers", name=name
        )
    return figure.update_layout(xaxis_title="mean price of an item", yaxis_title="risk")
