// Pages with a picture: one tab stop with arrow keys; on a path's page, picture and list of hops open and light up together.
const picture = document.querySelector("[data-picture]");
const hops = [...document.querySelectorAll("[data-hops] details[data-hop]")];
const button = document.querySelector("[data-open-all]");

function light() {
  const open = new Set(hops.filter((hop) => hop.open).map((hop) => hop.dataset.hop));
  for (const part of picture.querySelectorAll("[data-hop]")) part.classList.toggle("p-on", open.has(part.dataset.hop));
  if (button) button.textContent = open.size === hops.length ? "Close all evidence" : "Open all evidence";
}
for (const hop of hops) hop.addEventListener("toggle", light);

// details[name] keeps one open; taking the name away lets all be open at once.
button?.addEventListener("click", () => {
  const close = hops.every((hop) => hop.open);
  for (const hop of hops) {
    if (close) hop.name = "hop";
    else hop.removeAttribute("name");
    hop.open = !close;
  }
});

// A label of the picture opens the evidence and moves the focus to its hop.
picture?.addEventListener("click", (event) => {
  const href = event.target.closest("a")?.getAttribute("href") ?? "";
  const hop = href.startsWith("#hop-") && document.querySelector(href)?.closest("details");
  if (!hop) return;
  event.preventDefault();
  hop.open = true;
  hop.querySelector("summary").focus({ preventScroll: true });
  hop.scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", href);
});

// One tab stop for the whole picture; arrow keys walk from left to right, up and down.
const stops = picture ? [...picture.querySelectorAll("a")] : [];
const centre = (stop) => {
  const box = stop.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
};
const choose = (stop) => {
  for (const each of stops) each.setAttribute("tabindex", each === stop ? 0 : -1);
};
const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function next(way) {
  const [x, y] = centre(document.activeElement);
  const measured = stops.map((stop) => {
    const [a, b] = centre(stop);
    const [right, down] = [a - x, b - y];
    return [stop, right * way[0] + down * way[1], Math.abs(right * way[1]) + Math.abs(down * way[0])];
  });
  const ahead = measured.filter(([, forth]) => forth > 4);
  return ahead.sort((a, b) => a[1] + 2 * a[2] - b[1] - 2 * b[2])[0]?.[0];
}

if (stops.length) {
  choose(stops.find((stop) => stop.classList.contains("p-node")));
  picture.addEventListener("focusin", (event) => choose(event.target.closest("a")));
  picture.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    if (!way) return;
    event.preventDefault();
    next(way)?.focus();
  });
}

if (picture && hops.length) {
  if (location.hash.startsWith("#hop-")) document.querySelector(location.hash)?.closest("details")?.setAttribute("open", "");
  light();
}
