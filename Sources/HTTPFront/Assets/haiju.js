// Small conveniences; every page works without them.
"use strict";

// A form is sent once, even when the button is pressed twice.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    // After the submission has been collected, so that the pressed button's value is still sent.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
  });
}
// Coming back with the browser's back button finds the form usable again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  }
});

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.confirm)) event.preventDefault(); });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.classList.remove("needs-script");
  button.addEventListener("click", () => print());
}

// A password can be looked at while it is typed.
for (const input of document.querySelectorAll("input[data-peek]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain peek";
  button.textContent = "显示";
  button.setAttribute("aria-label", "显示口令");
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? "显示" : "隐藏";
    button.setAttribute("aria-label", shown ? "显示口令" : "隐藏口令");
  });
  input.after(button);
}

// What is wrong is read out first.
document.querySelector("[data-focus]")?.focus();

// j and k go through a queue.
const queue = document.querySelector("[data-keys]");
if (queue) {
  queue.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== "j" && event.key !== "k") return;
    const links = [...queue.querySelectorAll("a")];
    const at = links.findIndex((link) => link.getAttribute("aria-current"));
    links[at + (event.key === "j" ? 1 : -1)]?.click();
  });
}
