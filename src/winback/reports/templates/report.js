"use strict";
(function () {
  // A view box lets a drawn chart shrink with the paper, where no script runs.
  function fit(node) {
    node.querySelectorAll("svg.main-svg").forEach(function (svg) {
      svg.setAttribute("viewBox", "0 0 " + svg.getAttribute("width") + " " + svg.getAttribute("height"));
    });
  }
  // A chart is as wide as its place, which a hidden tab has not: each is drawn when first shown.
  function draw(panel) {
    panel.querySelectorAll(".plot:empty").forEach(function (node) {
      var spec = JSON.parse(document.getElementById(node.id + "-data").textContent);
      Plotly.newPlot(node, spec.data, spec.layout, { displayModeBar: false, responsive: true })
        .then(function () { fit(node); node.on("plotly_afterplot", function () { fit(node); }); });
    });
  }
  var panels = Array.from(document.querySelectorAll(".panel"));
  var tabs = panels.map(function (panel) { return document.getElementById("tab-" + panel.id); });
  function show(panel) {
    panels.forEach(function (other, at) {
      var chosen = other === panel;
      other.hidden = !chosen;
      tabs[at].setAttribute("aria-selected", String(chosen));
      tabs[at].tabIndex = chosen ? 0 : -1;
    });
    draw(panel);
  }
  // An address with #ID opens the tab that holds it, so that every part can be linked to.
  function follow() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var panel = target && target.closest(".panel");
    show(panel || panels[0]);
    if (panel === target) { scrollTo(0, 0); } else if (panel) { target.scrollIntoView(); }
  }
  tabs.forEach(function (tab, at) {
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panels[at].id);
    tab.parentNode.setAttribute("role", "presentation");
    tab.closest("ul").setAttribute("role", "tablist");
    panels[at].setAttribute("role", "tabpanel");
    tab.addEventListener("keydown", function (event) {
      var to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) { return; }
      event.preventDefault();
      to = (to + tabs.length) % tabs.length;
      location.hash = panels[to].id;
      tabs[to].focus();
    });
  });
  addEventListener("hashchange", follow);
  follow();
  // On paper every number of the open tab is open.
  var closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open]):not(.long)"));
    closed.forEach(function (node) { node.open = true; });
  });
  addEventListener("afterprint", function () {
    closed.forEach(function (node) { node.open = false; });
  });
})();
