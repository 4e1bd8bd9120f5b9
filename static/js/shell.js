// On every page. Behaviour is bound by data- attributes; without this file each page still reads and submits.
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

document.documentElement.dataset.script = "on";

// A line for sighted people and screen readers alike.
function say(text) {
  const toast = document.createElement("p");
  toast.className = "toast";
  toast.textContent = text;
  one("#status").replaceChildren(toast);
  setTimeout(() => toast.remove(), 6000);
}

// data-dialog="id" opens <dialog id>; focus returns to the opener by itself. data-copy="id" copies that element's text.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    opener.closest("details.menu")?.removeAttribute("open");
    one(`#${CSS.escape(opener.dataset.dialog)}`).showModal();
  }
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(one(`#${CSS.escape(copier.dataset.copy)}`).textContent.trim());
  if (event.target.closest("[data-copy-link]")) copy(location.href);
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

function copy(text) {
  const refused = () => say("The browser refused to copy.");
  if (!navigator.clipboard) return refused();
  navigator.clipboard.writeText(text).then(() => say("Copied."), refused);
}

// data-auto: a select that submits its form when changed. The button beside it is for pages without script.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-auto]")) event.target.form.requestSubmit();
});

// After htmx swapped a region in, the reader is told and put where the new text begins.
document.addEventListener("htmx:afterSettle", (event) => {
  const region = event.detail.elt.closest("[data-announce]") ?? one("[data-announce]", event.detail.elt);
  if (!region) return;
  say(region.dataset.announce);
  if (region.hasAttribute("data-focus")) one("[tabindex='-1']", region)?.focus({ preventScroll: true });
});
document.addEventListener("htmx:responseError", () => say("The server could not answer. Nothing is lost; try again."));
document.addEventListener("htmx:sendError", () => say("The server did not answer. Nothing is lost; try again."));

// Upload with progress: the form posts by htmx, which reports how much was sent.
document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = one("progress[data-upload]", event.target);
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.max = event.detail.total;
  bar.value = event.detail.loaded;
});
document.addEventListener("change", (event) => {
  const shown = event.target.matches("input[type=file]") && one(`[data-chosen="${event.target.id}"]`);
  if (shown) shown.textContent = [...event.target.files].map((file) => file.name).join(", ") || shown.dataset.none;
});

// Single keys: data-key="/" focuses or presses the element. Off while typing, with a modifier, or when the person
// switched them off (WCAG 2.1.4).
const off = () => localStorage.getItem("shortcuts") === "off";
const typing = (node) => node.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = event.target.closest("details.menu[open]");
    if (menu) {
      menu.open = false;
      one("summary", menu).focus();
    }
    return;
  }
  if (off() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || one("dialog[open]")) return;
  if (event.key === "?") return one("#keys")?.showModal();
  const node = one(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!node) return;
  event.preventDefault();
  node.focus();
  if (node.matches("a, button")) node.click();
});
const toggle = one("[data-shortcuts]");
if (toggle) {
  toggle.checked = !off();
  toggle.addEventListener("change", () => localStorage.setItem("shortcuts", toggle.checked ? "on" : "off"));
}
