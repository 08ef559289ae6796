// The window: identity readers that end with Enter, files that go off as soon as they are chosen, what is not saved yet.
(() => {
  "use strict";

  const TYPED = "input:not([type=hidden]):not([type=file]):not([disabled]), select, textarea";

  // A reader types like a keyboard and ends with Enter: on to the next field, and never off with a half-filled form.
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest && event.target.closest("form[data-enter-next]");
    if (event.key !== "Enter" || event.isComposing || !form || !event.target.matches("input:not([type=file])")) return;
    event.preventDefault();
    const fields = [...form.querySelectorAll(TYPED)].filter((field) => field.offsetParent !== null);
    const next = fields[fields.indexOf(event.target) + 1];
    if (next) next.focus();
  });

  // What is typed counts as unsaved until the server has it.
  const dirty = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-unsaved]");
    if (form) dirty.add(form);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, pathInfo } = event.detail;
    const form = elt.closest("form[data-unsaved]");
    if (!form || !successful) return;
    const sent = pathInfo.requestPath;
    if (sent.endsWith("/autosave") || sent === form.getAttribute("action")) dirty.delete(form);
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...dirty].some((form) => form.isConnected)) event.preventDefault();
  });

  // Files: how far they are; and after a refusal the same file can be chosen again.
  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.querySelector && event.target.querySelector("[data-upload-progress]");
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.max = event.detail.total;
    bar.value = event.detail.loaded;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches("form[data-upload-now]") || event.detail.successful) return;
    form.reset();
    form.querySelector("[data-upload-progress]").hidden = true;
    form.querySelector("[data-upload-name]").textContent = "";
  });

  // The form is drawn anew when a row is added or a choice changes what is asked: what was typed meanwhile stays.
  const sentBy = new WeakMap();
  const typedMeanwhile = new WeakMap();
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, xhr, pathInfo } = event.detail;
    const form = elt.closest("form[data-enter-next]");
    // A removed row moves those after it: then the fields' names mean other people.
    if (form && /\/form\/rows/.test(pathInfo.requestPath) && !/change=\d/.test(pathInfo.requestPath)) sentBy.set(xhr, new FormData(form));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    const sent = sentBy.get(xhr);
    if (!sent || target.id !== "parts") return;
    const fields = [...new FormData(target.closest("form"))];
    typedMeanwhile.set(xhr, fields.filter(([name, value]) => sent.get(name) !== value));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const fields = document.querySelector("form[data-enter-next]");
    for (const [name, value] of typedMeanwhile.get(event.detail.xhr) || []) {
      const field = fields.elements.namedItem(name);
      if (field && field.type === "checkbox") field.checked = true;
      else if (field) field.value = value;
    }
  });

  // A page that has just grown a row: the cursor stands in it.
  document.addEventListener("htmx:afterSettle", (event) => {
    const wanted = event.target.querySelector && event.target.querySelector("[autofocus]");
    if (wanted && event.target.id === "parts") wanted.focus();
  });
})();
