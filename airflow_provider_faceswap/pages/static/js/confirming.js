/** A question in a dialog; it is asked before anything is bought. */

import { make } from "./dom.js";

/** Ask, and return whether the answer is yes. */
export function confirmed({ title, text, yes, danger = false }) {
  const cancel = make("button", { type: "button" }, "Cancel");
  const accept = make("button", { type: "button", class: danger ? "danger" : "primary" }, yes);
  const heading = make("h2", { id: "asked" }, title);
  const lines = text.map((line) => make("p", {}, line));
  const dialog = make("dialog", { "aria-labelledby": "asked" }, heading, ...lines);
  dialog.append(make("div", { class: "buttons" }, cancel, accept));
  document.body.append(dialog);
  return new Promise((answer) => {
    cancel.addEventListener("click", () => dialog.close());
    accept.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => {
      answer(dialog.returnValue === "yes");
      dialog.remove();
    });
    dialog.showModal();
    cancel.focus(); // Enter buys nothing
  });
}
