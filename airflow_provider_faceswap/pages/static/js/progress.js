/** How far a batch is: a bar, and its figures. */

import { make, say, setAttribute } from "./dom.js";
import { Badge } from "./figure.js";
import { stateOf } from "./states.js";
import { cost, count, duration, expected, isNumber, isText, moment } from "./text.js";

const PARTS = ["succeeded", "failed", "in_doubt", "unfinished", "running"];

const COUNTS = {
  succeeded: "Succeeded",
  reused: "Reused",
  failed: "Failed",
  in_doubt: "In doubt",
  running: "Running",
  unfinished: "Unfinished",
  left: "Left",
};

const counted = (value) => (number(value) ? value.toLocaleString("en") : "");
const number = (value) => (isNumber(value) && value > 0 ? value : 0);

/** Shows the progress of a batch. */
export class Progress {
  constructor() {
    this.badge = new Badge();
    this.title = make("h2", {}, "");
    this.sentence = make("p", { class: "sentence" });
    this.problem = make("p", { class: "problem" });
    this.parts = new Map(PARTS.map((name) => [name, make("span", { "data-part": name })]));
    this.bar = make("div", { class: "bar", role: "progressbar", "aria-label": "Rows done", "aria-valuemin": "0" });
    this.bar.append(...this.parts.values());
    const head = make("div", { class: "head" }, this.title, this.badge.node);
    this.node = make("div", {}, head, this.bar, this.sentence, this.problem);
  }

  update(ti, summary, progress) {
    const ended = isNumber(summary?.total) ? { ...summary, done: doneOf(summary), left: number(summary.not_sent) } : null;
    this.figures = ended ?? progress ?? {};
    const { total, done } = this.figures;
    const state = stateOf(ti, null, null);
    this.badge.update(state);
    const known = isNumber(total) && isNumber(done);
    say(this.title, known && total ? `${done.toLocaleString("en")} of ${count(total, "row")} done` : "Batch");
    say(this.sentence, known && !total ? "The list of items was empty." : sentenceOf(ti, state, known));
    say(this.problem, isText(this.figures.stopped) ? this.figures.stopped : "");
    this.#draw(known ? total : 0, known ? done : 0);
  }

  #draw(total, done) {
    this.bar.hidden = !total;
    setAttribute(this.bar, "aria-valuemax", total);
    setAttribute(this.bar, "aria-valuenow", done);
    setAttribute(this.bar, "aria-valuetext", `${done} of ${total} rows`);
    for (const [name, part] of this.parts) {
      // Through the object model: the page's policy allows no style attributes.
      part.style.flexGrow = String(total ? number(this.figures[name]) / total : 0);
    }
  }

  facts() {
    const { rate, expected_end: end, seconds, updated_at: updated, ...figures } = this.figures;
    const counts = Object.entries(COUNTS).map(([name, title]) => ({ name: title, text: counted(figures[name]) }));
    return [
      ...counts,
      { name: "Rate", text: isNumber(rate) ? `${Number(rate.toPrecision(2)).toLocaleString("en")} rows a minute` : "" },
      { name: "Expected end", text: expected(end) },
      { name: "Cost", text: cost(figures.cost) || (number(figures.succeeded) ? "not reported by the vendor" : "") },
      { name: "Took", text: duration(seconds) },
      { name: "As of", text: moment(updated) },
      { name: "Manifest", text: figures.manifest ?? "", copied: true, wide: true },
    ];
  }
}

const doneOf = (summary) => ["succeeded", "failed", "in_doubt", "unfinished"].reduce((sum, name) => sum + number(summary[name]), 0);

function sentenceOf(ti, state, known) {
  const said = {
    running: known ? "A worker submits jobs and collects results." : "A worker reads and checks the items.",
    deferred: "Airflow waits for the jobs, without a worker.",
    failed: "The batch failed. Its log says why. Results that are stored stay stored.",
    success: "",
  }[ti.state];
  return said ?? state.sentence;
}
