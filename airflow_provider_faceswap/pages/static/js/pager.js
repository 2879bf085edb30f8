/** Turns the pages of a list. */

import { make, say } from "./dom.js";

/** Two buttons, and which part of how many is shown. */
export class Pager {
  constructor(limit, turn) {
    this.limit = limit;
    this.where = make("span", { class: "muted" });
    const press = (by) => ({ type: "button", on: { click: () => turn(Math.max(0, this.offset + by * limit)) } });
    this.previous = make("button", press(-1), "Previous");
    this.next = make("button", press(1), "Next");
    this.node = make("nav", { class: "pager", "aria-label": "Pages" }, this.previous, this.where, this.next);
  }

  update(offset, total) {
    this.offset = offset;
    const last = Math.min(offset + this.limit, total);
    this.previous.disabled = offset === 0;
    this.next.disabled = last >= total;
    say(this.where, `${(offset + 1).toLocaleString("en")} to ${last.toLocaleString("en")} of ${total.toLocaleString("en")}`);
    this.node.hidden = total <= this.limit && offset === 0;
  }
}
