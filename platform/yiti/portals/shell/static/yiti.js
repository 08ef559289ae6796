// What every page needs: errors in their place, dialogs that ask first, files by drag and drop. No page has inline script.
(() => {
  "use strict";

  const AWAY = "网络连接中断，未能完成操作，请检查网络后重试";
  const UNEXPECTED = "系统出现意外问题，请稍后重试";

  function toast(text, tone) {
    const box = document.getElementById("toasts");
    // Pages that look for news by themselves would say the same thing every second.
    if (!box || [...box.children].some((shown) => shown.firstElementChild.textContent === text)) return;
    const item = document.createElement("div");
    item.className = `yiti-toast tone-${tone}`;
    const words = document.createElement("div");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn-close";
    close.setAttribute("aria-label", "关闭");
    close.addEventListener("click", () => item.remove());
    item.append(words, close);
    box.append(item);
    window.setTimeout(() => item.remove(), 12000);
  }

  function problemOf(xhr) {
    try {
      const problem = JSON.parse(xhr.responseText);
      return typeof problem.title === "string" ? problem : { title: UNEXPECTED };
    } catch {
      return { title: UNEXPECTED };
    }
  }

  function clearErrors(form) {
    form.querySelectorAll(".field-error").forEach((place) => { place.textContent = ""; });
    form.querySelectorAll(".is-invalid").forEach((input) => {
      input.classList.remove("is-invalid");
      input.removeAttribute("aria-invalid");
    });
    form.querySelectorAll(".form-problem").forEach((place) => { place.hidden = true; });
  }

  function showAtField(form, name, message) {
    const input = name ? form.elements.namedItem(name) : null;
    const place = name ? form.querySelector(`#${CSS.escape(`f-${name}-error`)}`) : null;
    if (!input || !place) return false;
    place.textContent = message;
    const first = input instanceof RadioNodeList ? input[0] : input;
    (input instanceof RadioNodeList ? [...input] : [input]).forEach((each) => {
      each.classList.add("is-invalid");
      each.setAttribute("aria-invalid", "true");
    });
    if (!form.querySelector(".is-invalid:focus")) first.focus();
    return true;
  }

  function showInForm(form, problem) {
    clearErrors(form);
    const named = problem.errors && problem.errors.length ? problem.errors : [{ field: problem.field, message: problem.title }];
    const placed = named.map((error) => showAtField(form, error.field, error.message));
    if (placed.some(Boolean)) return;
    const place = form.querySelector(".form-problem");
    place.textContent = [problem.title, ...(problem.errors || []).map((error) => error.message)].join("；");
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest("form.yiti-form");
    if (form) clearErrors(form);
  });

  document.addEventListener("htmx:responseError", (event) => {
    const { xhr, elt } = event.detail;
    if (xhr.getResponseHeader("HX-Redirect")) return;
    const problem = problemOf(xhr);
    const form = elt.closest("form.yiti-form");
    if (form) showInForm(form, problem);
    else toast(problem.title, "danger");
  });

  // The clipboard belongs to secure pages; elsewhere the text is selected for the person to copy.
  function copy(input) {
    input.select();
    if (!navigator.clipboard) return;
    navigator.clipboard.writeText(input.value).then(() => toast("已复制", "success"), () => {});
  }

  document.addEventListener("htmx:sendError", () => toast(AWAY, "danger"));
  document.addEventListener("htmx:timeout", () => toast(AWAY, "danger"));

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog).showModal();
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest("dialog").close();
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(document.getElementById(copier.dataset.copy));
    if (event.target.closest("[data-back]")) {
      if (history.length > 1) history.back();
      else location.assign("/");
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.hasAttribute("hx-post")) return;
    // A second click while the browser waits must not send the form twice.
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  document.addEventListener("change", (event) => {
    const box = event.target.closest("[data-upload]");
    if (box) box.querySelector("[data-upload-name]").textContent = [...event.target.files].map((file) => file.name).join("，");
  });
  for (const kind of ["dragenter", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const box = event.target instanceof Element && event.target.closest("[data-upload]");
      if (box) box.classList.toggle("over", kind === "dragenter");
    });
  }
})();
