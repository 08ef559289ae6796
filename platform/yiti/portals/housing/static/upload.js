// Long work made visible: how much of a file is sent, then that it is being checked; a file over the limit is not sent at all.
(() => {
  "use strict";

  const SENT = "已上传，正在逐行检查…";

  document.addEventListener("htmx:xhr:progress", (event) => {
    const form = event.target.closest("form.yiti-form");
    const bar = form && form.querySelector("[data-working-bar]");
    if (!bar || form.enctype !== "multipart/form-data" || !event.detail.lengthComputable) return;
    const { loaded, total } = event.detail;
    if (loaded < total) {
      bar.max = total;
      bar.value = loaded;
    } else {
      bar.removeAttribute("value");
      form.querySelector("[data-working-words]").textContent = SENT;
    }
  });

  document.addEventListener("change", (event) => {
    const limit = event.target.closest("[data-max-bytes]");
    if (!limit || event.target.type !== "file") return;
    const file = event.target.files[0];
    const words = file && file.size > Number(limit.dataset.maxBytes) ? limit.dataset.tooLarge : "";
    event.target.setCustomValidity(words);
    limit.querySelector(".field-error").textContent = words;
  });
})();
