"use strict";
const charts = Array.from(document.querySelectorAll(".chart"));
const touch = window.matchMedia("(pointer: coarse)").matches;
const config = {
  responsive: true,
  displaylogo: false,
  displayModeBar: touch ? false : "hover",
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
};

/* The charts share their sessions: a zoom of one is a zoom of all. */
let following = false;
function follow(moved, change) {
  const span = Object.entries(change).filter(([key]) => key.startsWith("xaxis."));
  if (following || !span.length) return;
  following = true;
  const rest = charts.filter((chart) => chart !== moved);
  Promise.all(rest.map((chart) => Plotly.relayout(chart, Object.fromEntries(span)))).finally(() => {
    following = false;
  });
}

for (const chart of charts) {
  const figure = JSON.parse(document.getElementById(chart.id + "-data").textContent);
  if (touch) figure.layout.dragmode = false; /* a finger on a chart scrolls the page */
  Plotly.newPlot(chart, figure.data, figure.layout, config).then(() => {
    chart.on("plotly_relayout", (change) => follow(chart, change));
  });
}

/* Paper is narrower than most windows; the second drawing is for plotly, which keeps the room that
   the legend took at the old width. */
function fit(width) {
  for (const chart of charts) {
    Plotly.relayout(chart, { width, autosize: !width });
    Plotly.redraw(chart);
  }
}
window.addEventListener("beforeprint", () => fit(680));
window.addEventListener("afterprint", () => fit(null));
