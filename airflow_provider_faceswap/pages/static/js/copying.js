/** A button that copies a text, and says that it did. */

import { announce, make } from "./dom.js";

const SHOWN_FOR = 2000;

/** Make a button that copies what `textOf` returns. */
export function copyButton(textOf, label = "Copy", what = "") {
  const button = make("button", { type: "button", class: "small" }, label);
  if (what) button.setAttribute("aria-label", `${label} ${what}`);
  let back = 0;
  button.addEventListener("click", async () => {
    const done = await copy(textOf());
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    announce(done ? `Copied ${what}`.trim() : "The browser does not allow copying here.");
    clearTimeout(back);
    back = setTimeout(() => (button.textContent = label), SHOWN_FOR);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyFromField(text); // plain http, or a frame without the permission
  }
}

function copyFromField(text) {
  const field = make("textarea", { class: "unseen", readonly: true, "aria-hidden": "true", tabindex: "-1" });
  const before = document.activeElement;
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus();
  return done;
}
