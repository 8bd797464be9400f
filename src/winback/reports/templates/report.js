"use strict";
(function () {
  // A view box lets a drawn chart shrink with the paper, where no script runs.
  function fit(node) {
    node.querySelectorAll("svg.main-svg").forEach(function (svg) {
      svg.setAttribute("viewBox", "0 0 " + svg.getAttribute("width") + " " + svg.getAttribute("height"));
    });
  }
  document.querySelectorAll(".plot").forEach(function (node) {
    var spec = JSON.parse(document.getElementById(node.id + "-data").textContent);
    Plotly.newPlot(node, spec.data, spec.layout, { displayModeBar: false, responsive: true })
      .then(function () { fit(node); node.on("plotly_afterplot", function () { fit(node); }); });
  });
  // On paper every number is open.
  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open]):not(.long)"));
    closed.forEach(function (node) { node.open = true; });
  });
  window.addEventListener("afterprint", function () {
    closed.forEach(function (node) { node.open = false; });
  });
  // The contents bar marks where the reader is.
  var links = {};
  document.querySelectorAll("nav a").forEach(function (link) { links[link.hash.slice(1)] = link; });
  var watcher = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) { return; }
      Object.values(links).forEach(function (link) { link.removeAttribute("aria-current"); });
      links[entry.target.id].setAttribute("aria-current", "true");
    });
  }, { rootMargin: "-20% 0px -75% 0px" });
  document.querySelectorAll("section[id]").forEach(function (node) {
    if (links[node.id]) { watcher.observe(node); }
  });
})();
