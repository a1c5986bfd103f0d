"use strict";
(() => {
  const root = document.documentElement;
  const every = (selector) => [...document.querySelectorAll(selector)];
  const seen = (element) => element.getClientRects().length > 0;

  const speak = () => {
    const chosen = document.getElementById("language-zh").checked ? "zh" : "en";
    root.lang = chosen === "zh" ? "zh-CN" : "en";
    document.title = chosen === "zh" ? root.dataset.titleZh : root.dataset.titleEn;
  };

  const unfold = (open) => every("main details").forEach((one) => { one.open = open; });

  // Where a page has no clipboard, as one from a plain http address, what is selected can be copied.
  const copySelected = (code) => {
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  };

  const copy = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      return copySelected(code);
    }
  };

  const tell = (button, state) => {
    button.classList.add(state);
    document.getElementById("told").textContent = button.innerText;
    setTimeout(() => button.classList.remove(state), 2000);
  };

  root.classList.add("js");
  every("input[name=language]").forEach((input) => input.addEventListener("change", speak));
  every(".copy").forEach((button) => button.addEventListener("click", async () => {
    const code = [...button.closest(".block").querySelectorAll("code")].find(seen);
    tell(button, (await copy(code)) ? "copied" : "denied");
  }));
  document.getElementById("open")?.addEventListener("click", () => unfold(true));
  document.getElementById("close")?.addEventListener("click", () => unfold(false));

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = every("main details:not([open])");
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
  speak();
})();
