/** The page of a batch: how far it is, its counts, and its rows page by page. */

import { dataUrl, get } from "./api.js";
import { confirmed } from "./confirming.js";
import { decide, isStopped, newId, stopSubmitting, whyNot } from "./decision.js";
import { announce, Children, make, say, setAttribute } from "./dom.js";
import { Doubt } from "./doubt.js";
import { Facts, Figure } from "./figure.js";
import { itemOfRow } from "./item.js";
import { Pager } from "./pager.js";
import { Progress } from "./progress.js";
import { ENDED } from "./states.js";
import { count } from "./text.js";

const LIMIT = 20;
const MOST = 500;
const FILTERS = { "": "All", success: "Success", failed: "Failed", in_doubt: "In doubt", unfinished: "Unfinished", not_sent: "Not sent" };

/** A button that shows the rows of one state. */
class Filter {
  constructor({ status }, choose) {
    this.node = make("button", { type: "button", class: "chip", on: { click: () => choose(status) } });
  }

  update({ status, number, chosen }) {
    say(this.node, `${FILTERS[status] ?? status} ${number.toLocaleString("en")}`);
    setAttribute(this.node, "aria-pressed", String(chosen));
  }
}

/** Return a page of rows; what cannot be one is left out. */
function pageOf({ total, matching, counts, rows }) {
  const known = Array.isArray(rows) ? rows.filter((row) => Number.isInteger(row?.index)) : [];
  return { total: total ?? 0, matching: matching ?? 0, counts: counts ?? {}, rows: known };
}

/** A row: its figure, and where it is in doubt what to do. */
class Row {
  constructor(item, batch) {
    this.batch = batch;
    this.figure = new Figure(item);
    this.doubt = new Doubt((settled, decision) => batch.settle([settled], decision));
    this.doubt.standIn(this.figure);
    this.node = this.figure.node;
  }

  update(item) {
    this.figure.update(item);
    const { whyNot, ended } = this.batch;
    this.doubt.update(item, ended ? whyNot : "The batch still runs: decide when it has ended.");
  }
}

/** Shows a batch. */
export class Batch {
  constructor(task, again) {
    Object.assign(this, { task, again, status: "", offset: 0, whyNot: null, ended: false });
    this.progress = new Progress();
    this.facts = new Facts();
    this.filters = make("div", { class: "chips", role: "group", "aria-label": "Filter rows by state" });
    this.chips = new Children(this.filters, (filter) => new Filter(filter, (status) => this.#choose(status)));
    this.stop = make("button", { type: "button", hidden: true, on: { click: () => this.#stop() } }, "Stop submitting");
    this.all = make("button", { type: "button", hidden: true, on: { click: () => this.#buyAll() } });
    this.said = make("p", { class: "said", role: "status", tabindex: "-1", hidden: true });
    this.empty = make("p", { class: "empty" });
    this.grid = make("div", { class: "grid" });
    this.rows = new Children(this.grid, (item) => new Row(item, this));
    this.pager = new Pager(LIMIT, (offset) => this.#turn(offset));
    const actions = make("div", { class: "buttons" }, this.stop, this.all);
    const head = make("div", { class: "card summary" }, this.progress.node, this.facts.node, actions, this.said);
    this.list = make("div", { class: "list" }, this.filters, this.empty, this.grid, this.pager.node);
    this.node = make("div", { class: "batch" }, head, this.list);
  }

  async refresh(ti, summary, progress) {
    this.ti = ti;
    this.ended = ENDED.has(ti.state);
    this.progress.update(ti, summary, progress);
    this.facts.update(this.progress.facts());
    await this.#load();
    const undecided = this.counts.in_doubt ?? 0;
    if (undecided || !this.ended) this.whyNot ??= await whyNot(this.task);
    this.stopped ||= !this.ended && (await isStopped(this.task));
    this.stop.hidden = this.ended || this.whyNot !== "" || this.stopped || ti.state === null;
    if (this.stopped && !this.ended) say(this.said, "Nothing more is submitted. Jobs that run are collected, then the task fails.");
    say(this.all, undecided ? `None of the ${count(undecided, "row")} in doubt was accepted: buy them again` : "");
    this.all.hidden = !(undecided && this.whyNot === "" && this.ended);
    this.#show();
  }

  async #load() {
    try {
      const query = { offset: this.offset, limit: LIMIT, ...(this.status ? { status: this.status } : {}) };
      this.page = pageOf(await get(dataUrl(this.task, "rows", query)));
      this.problem = "";
    } catch (error) {
      if (error.passes && !error.reason) throw error;
      this.problem = this.ended ? error.message : "";
      this.page ??= pageOf({});
    }
    this.counts = this.page.counts;
  }

  #show() {
    const { rows, matching, total } = this.page;
    const known = Object.keys(FILTERS).filter((status) => !status || this.counts[status] || status === this.status);
    const number = (status) => (status ? this.counts[status] ?? 0 : total);
    this.chips.update(known.map((status) => ({ status, number: number(status), chosen: status === this.status })), (chip) => chip.status);
    this.filters.hidden = known.length < 3 && !this.status; // all rows are in one state
    this.rows.update(rows.map((row) => itemOfRow(this.task, row)), (item) => item.key);
    const none = this.ended ? "" : "No row has ended yet.";
    say(this.empty, rows.length ? "" : this.problem || (total ? "No row is in this state." : none));
    this.pager.update(this.offset, matching);
  }

  async #choose(status) {
    this.status = status;
    await this.#turn(0);
  }

  async #turn(offset) {
    this.offset = offset;
    try {
      await this.#load();
      this.#show();
      if (this.list.getBoundingClientRect().top < 0) this.list.scrollIntoView();
      announce(this.pager.said || `${count(this.page.matching, "row")} shown.`);
    } catch (error) {
      say(this.said, error.message);
    }
  }

  /** Write one decision about rows, and clear the task. */
  async settle(items, decision) {
    const rows = items.map((item) => [String(item.row), { id: newId(), attempt: item.attemptedAt, key: item.rowKey, ...decision }]);
    await decide(this.task, { rows: Object.fromEntries(rows) });
    this.again();
  }

  async #stop() {
    const text = ["Jobs that run are collected and stored. The task then fails; clear it to submit the rest."];
    if (!(await confirmed({ title: "Stop submitting?", text, yes: "Stop submitting" }))) return;
    this.stop.disabled = true;
    await this.#report(async () => {
      await stopSubmitting(this.task);
      this.stopped = true;
    }, "Nothing more is submitted. Jobs that run are collected, then the task fails.");
    this.stop.disabled = false;
    this.again();
  }

  async #buyAll() {
    const found = [];
    await this.#report(async () => {
      for (let page = null; !page || page.length === MOST; ) {
        page = pageOf(await get(dataUrl(this.task, "rows", { status: "in_doubt", offset: found.length, limit: MOST }))).rows;
        found.push(...page.map((row) => itemOfRow(this.task, row)));
      }
    }, "");
    if (!found.length) return;
    const text = ["Look at the vendor first: those that it did accept are paid twice.", "The price is not known here."];
    const title = `Buy ${count(found.length, "row")} again?`;
    if (!(await confirmed({ title, text, yes: "Buy them again", danger: true }))) return;
    this.all.disabled = true;
    await this.#report(async () => {
      await this.settle(found, { action: "resubmit" }); // those that were asked about, whatever is in doubt by now
    }, "Decided. The rows are bought again as soon as a worker starts the task.");
    this.all.disabled = false;
  }

  async #report(act, done) {
    try {
      await act();
      say(this.said, done);
    } catch (error) {
      say(this.said, error.message);
    }
    this.said.focus(); // the button that had the focus may be gone
  }
}
