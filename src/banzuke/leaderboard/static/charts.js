// Draws the figures of a page; their JSON stands beside them, the colours come from the style sheet.
"use strict";

(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function themed(layout) {
    const axis = { gridcolor: colour("--rule"), zerolinecolor: colour("--rule"), linecolor: colour("--rule") };
    return {
      ...layout,
      font: { color: colour("--ink"), family: colour("--sans"), size: 13 },
      colorway: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => colour(`--series-${i}`)),
      hoverlabel: { bgcolor: colour("--paper"), font: { color: colour("--ink") }, bordercolor: colour("--rule") },
      xaxis: { ...layout.xaxis, ...axis },
      yaxis: { ...layout.yaxis, ...axis },
      polar: { ...layout.polar, radialaxis: { ...layout.polar?.radialaxis, ...axis }, angularaxis: { ...layout.polar?.angularaxis, ...axis } },
      shapes: (layout.shapes ?? []).map((shape) => ({ ...shape, line: { ...shape.line, color: colour("--ink") } })),
    };
  }

  function draw(plot) {
    const figure = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
    // on a change of width Plotly asks the element, not the figure, how high it is
    plot.style.height = `${figure.layout.height}px`;
    const config = {
      responsive: true,
      displaylogo: false,
      // where nothing hovers the tool bar would always cover a corner of the chart
      displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false,
      modeBarButtonsToRemove: ["lasso2d", "select2d"],
    };
    Plotly.react(plot, figure.data, themed(figure.layout), config);
  }

  function open(event) {
    const address = event.points[0].customdata;
    if (typeof address === "string" && address.startsWith("/boards/")) {
      window.location.assign(address);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const plots = document.querySelectorAll(".plot");
    for (const plot of plots) {
      plot.replaceChildren();
      draw(plot);
      plot.on("plotly_click", open);
    }
    dark.addEventListener("change", () => plots.forEach(draw));
  });
})();
