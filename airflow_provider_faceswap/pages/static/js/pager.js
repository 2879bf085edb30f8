/** Turns the pages of a list. */

import { make, say, setAttribute } from "./dom.js";

/** Two buttons, and which part of how many is shown. */
export class Pager {
  constructor(limit, turn) {
    this.limit = limit;
    this.where = make("span", { class: "muted" });
    const press = (by) => ({ type: "button", on: { click: ({ currentTarget: button }) => isOff(button) || turn(Math.max(0, this.offset + by * limit)) } });
    this.previous = make("button", press(-1), "Previous");
    this.next = make("button", press(1), "Next");
    this.node = make("nav", { class: "pager", "aria-label": "Pages" }, this.previous, this.where, this.next);
  }

  update(offset, total) {
    this.offset = offset;
    const last = Math.min(offset + this.limit, total);
    // Not `disabled`, which would take the focus away from who turns pages with the keyboard.
    setAttribute(this.previous, "aria-disabled", String(offset === 0));
    setAttribute(this.next, "aria-disabled", String(last >= total));
    this.node.hidden = total <= this.limit && offset === 0;
    const said = `${(offset + 1).toLocaleString("en")} to ${last.toLocaleString("en")} of ${total.toLocaleString("en")}`;
    say(this.where, said);
    this.said = this.node.hidden ? "" : `${said}.`;
  }
}

const isOff = (button) => button.getAttribute("aria-disabled") === "true";
