/** A button that opens what lies on the open web; it says from where before anything is loaded. */

import { make } from "./dom.js";
import { openElsewhere } from "./links.js";

/** Make a button that opens the link which `linkOf` returns. */
export function openButton(linkOf, title, host) {
  const button = make("button", { type: "button", class: "small" }, "Open in a new tab");
  button.setAttribute("aria-label", `Open in a new tab: ${title}, at ${host}`);
  button.addEventListener("click", () => openElsewhere(linkOf()));
  return button;
}
