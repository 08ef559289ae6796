// The signing desk: each page of a document is shown before it can be agreed to; the signature is drawn by hand.
// What was on the screen, and for how long, is reported to the server, which asks for every page before it accepts.
(() => {
  "use strict";

  const READ = "我已阅读并同意";
  const NOT_READ = "请先阅读并同意全部文件";
  const EMPTY = "请在签名框内手写签名";
  const TOO_LARGE = "签名图片过大，请清除后重写";
  const LARGEST = 200 * 1024;
  const LOOK_MS = 200; // how often the screen is looked at
  const SHOWN_MS = 300; // as `signing.reading.SHOWN_MS`
  const REPORT_MS = 10000;

  const form = document.querySelector("[data-signing]");
  if (!form) return;
  const boxes = [...form.querySelectorAll("input[name=agreed]")];
  const boxOf = (key) => boxes.find((box) => box.value === key);

  // What is shown: running totals of milliseconds by document and page, since this page was opened.

  const visit = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const shown = {};
  let reported = "";

  const told = () => JSON.stringify({ visit, documents: shown });

  // A page is on the screen when half of it is, or when it fills half of the reader (enlarged); and only once loaded.
  function onScreen(pages, picture) {
    if (!picture.complete || !picture.naturalWidth) return false;
    const room = pages.getBoundingClientRect();
    const place = picture.getBoundingClientRect();
    const visible = Math.min(room.bottom, place.bottom) - Math.max(room.top, place.top);
    return visible > 0 && (visible >= place.height / 2 || visible >= room.height / 2);
  }

  function count(dialog, milliseconds) {
    const key = dialog.querySelector("[data-agree]").dataset.agree;
    const pages = dialog.querySelector(".reader-pages");
    for (const picture of pages.querySelectorAll("img")) {
      if (!onScreen(pages, picture)) continue;
      const spent = (shown[key] ??= {});
      spent[picture.dataset.page] = (spent[picture.dataset.page] ?? 0) + Math.round(milliseconds);
      if (spent[picture.dataset.page] >= SHOWN_MS) picture.dataset.seen = "";
    }
  }

  let looked = performance.now();
  setInterval(() => {
    const since = performance.now() - looked;
    looked += since;
    const dialog = document.querySelector("dialog.reader[open]");
    // A phone that slept has shown nothing meanwhile.
    if (!dialog || document.visibilityState !== "visible" || since > 5 * LOOK_MS) return;
    count(dialog, since);
    dialog.dispatchEvent(new Event("looked"));
  }, LOOK_MS);

  function report() {
    const now = told();
    if (now === reported || !Object.keys(shown).length) return;
    const body = new URLSearchParams({ _csrf: form.elements.namedItem("_csrf").value, viewed: now });
    if (navigator.sendBeacon(form.dataset.shown, body)) reported = now;
  }

  setInterval(report, REPORT_MS);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") report(); });

  // Reading

  function agreeable(button) {
    button.disabled = false;
    button.textContent = READ;
    boxOf(button.dataset.agree).disabled = false;
  }

  function follow(dialog) {
    const pages = dialog.querySelector(".reader-pages");
    const button = dialog.querySelector("[data-agree]");
    const place = dialog.querySelector("[data-place]");
    const pictures = [...pages.querySelectorAll("img")];
    const look = () => {
      if (!dialog.open) return;
      const middle = pages.scrollTop + pages.clientHeight / 2;
      const at = pictures.findLastIndex((picture) => picture.offsetTop <= middle);
      const left = pictures.filter((picture) => !("seen" in picture.dataset)).map((picture) => picture.dataset.page);
      place.textContent = `第 ${Math.max(at, 0) + 1} / ${pictures.length} 页`;
      if (!button.disabled) return;
      if (!left.length) agreeable(button);
      else button.textContent = `还有第 ${left.slice(0, 3).join("、")} ${left.length > 3 ? "等页" : "页"}未看`;
    };
    dialog.addEventListener("looked", look);
    pages.addEventListener("scroll", look, { passive: true });
    // `toggle` of dialogs is new; the attribute tells every browser that it was opened.
    new MutationObserver(look).observe(dialog, { attributes: true, attributeFilter: ["open"] });
    button.addEventListener("click", () => {
      boxOf(button.dataset.agree).checked = true;
      mark(button.dataset.agree);
      dialog.close();
      const next = boxes.find((box) => !box.checked);
      (next ? form.querySelector(`[data-read="${next.value}"]`) : form.querySelector("[data-pad]")).scrollIntoView({ block: "center" });
      if (next) form.querySelector(`[data-read="${next.value}"]`).focus({ preventScroll: true });
    });
    dialog.querySelector("[data-zoom]").addEventListener("click", (event) => {
      const across = pages.scrollTop / pages.scrollHeight;
      const large = pages.classList.toggle("reader-large");
      event.currentTarget.setAttribute("aria-pressed", String(large));
      pages.scrollTop = across * pages.scrollHeight;
    });
    if (boxOf(button.dataset.agree).checked) agreeable(button);
  }

  function mark(key) {
    const box = boxOf(key);
    box.closest("li").classList.toggle("paper-agreed", box.checked);
  }

  boxes.forEach((box) => {
    box.disabled = !box.checked;
    box.addEventListener("change", () => mark(box.value));
    // A box that cannot be ticked yet leads to the document.
    box.closest(".form-check").addEventListener("click", () => {
      if (box.disabled) document.getElementById(`read-${box.value}`).showModal();
    });
    mark(box.value);
  });
  document.querySelectorAll("dialog.reader").forEach(follow);

  // Drawing

  const canvas = form.querySelector("[data-pad]");
  const hidden = form.elements.namedItem("handwriting");
  const pad = new SignaturePad(canvas, { penColor: "#000", minWidth: 1.2, maxWidth: 3.4 });
  let width = 0;

  function fit() {
    if (canvas.offsetWidth === width) return; // a phone's address bar changes the height only
    width = canvas.offsetWidth;
    const strokes = pad.toData();
    const ratio = Math.min(Math.max(window.devicePixelRatio || 1, 1), 3);
    canvas.width = canvas.offsetWidth * ratio;
    canvas.height = canvas.offsetHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.clear();
    if (strokes.length) pad.fromData(strokes);
    else if (hidden.value) pad.fromDataURL(hidden.value, { ratio, width: canvas.offsetWidth, height: canvas.offsetHeight });
  }

  window.addEventListener("resize", fit);
  fit();

  const fault = document.getElementById("f-handwriting-error");
  const say = (words) => { fault.textContent = words; };
  pad.addEventListener("beginStroke", () => say(""));
  form.querySelector("[data-clear]").addEventListener("click", () => { pad.clear(); hidden.value = ""; });
  form.querySelector("[data-undo]").addEventListener("click", () => {
    hidden.value = "";
    pad.fromData(pad.toData().slice(0, -1));
  });

  // Sending

  function stop(event, words, where) {
    event.preventDefault();
    where.scrollIntoView({ block: "center" });
    const problem = form.querySelector(".form-problem");
    const drawing = where === canvas;
    problem.hidden = drawing;
    problem.textContent = drawing ? "" : words;
    say(drawing ? words : "");
    if (!drawing) where.focus({ preventScroll: true });
  }

  form.addEventListener("submit", (event) => {
    const unread = boxes.find((box) => !box.checked);
    if (unread) return stop(event, NOT_READ, form.querySelector(`[data-read="${unread.value}"]`));
    if (pad.isEmpty()) return stop(event, EMPTY, canvas);
    const picture = pad.toDataURL("image/png");
    if (picture.length * 0.75 > LARGEST) return stop(event, TOO_LARGE, canvas);
    hidden.value = picture;
    form.elements.namedItem("viewed").value = Object.keys(shown).length ? told() : "";
    return undefined;
  });
})();
