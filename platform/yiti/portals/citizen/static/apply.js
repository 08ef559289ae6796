// Applying online: parts of the form that open by a choice, and uploads that start as soon as a file is chosen.
(() => {
  "use strict";

  const SENT = "已上传，正在检查文件…";

  document.documentElement.classList.add("apply-script");

  function open(box) {
    document.querySelectorAll("[data-opens]").forEach((each) => {
      document.getElementById(each.dataset.opens).classList.toggle("apply-open", each.checked);
    });
    // Whoever acts for somebody else names the unit, for nobody else's holdings are shown.
    const agent = document.querySelector('[data-opens="principal"]');
    const unit = document.getElementById("other-unit");
    const other = document.querySelector('[data-opens="other-unit"]');
    if (unit) unit.classList.toggle("apply-open", !other || other.checked || Boolean(agent && agent.checked));
    if (box && box.checked && box.dataset.opens) document.querySelector(`#${box.dataset.opens} input`).focus();
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches('input[type="radio"]')) open(event.target);
    const form = event.target.closest("form[data-upload-now]");
    const file = form && event.target.files[0];
    if (!file) return;
    const place = form.querySelector(".form-problem");
    const tooLarge = file.size > Number(form.dataset.maxBytes);
    place.textContent = tooLarge ? form.dataset.tooLarge : "";
    place.hidden = !tooLarge;
    if (tooLarge) event.target.value = "";
    else form.requestSubmit();
  });

  document.addEventListener("htmx:xhr:progress", (event) => {
    const form = event.target.closest("form[data-upload-now]");
    if (!form || !event.detail.lengthComputable) return;
    const bar = form.querySelector("[data-working-bar]");
    const { loaded, total } = event.detail;
    if (loaded < total) {
      bar.max = total;
      bar.value = loaded;
    } else {
      bar.removeAttribute("value");
      form.querySelector("[data-working-words]").textContent = SENT;
    }
  });

  document.addEventListener("htmx:responseError", (event) => {
    const form = event.target.closest("form[data-upload-now]");
    if (form) form.reset();
  });

  open();
})();
