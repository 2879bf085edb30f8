/** One figure for one item: before and after, its state, and what is known of its job. */

import { copyButton } from "./copying.js";
import { Children, make, say, setAttribute } from "./dom.js";
import { airflowLink, TASK_TAB, taskPath } from "./links.js";
import { inputsOf, shownInput, shownResults } from "./media.js";
import { openButton } from "./opening.js";
import { Pane } from "./pane.js";
import { cost, count, duration, isNumber, isText, moment, operation, size, vendor } from "./text.js";

/** A badge that says a state in a word; its colour says it again. */
export class Badge {
  constructor() {
    this.node = make("span", { class: "badge" });
  }

  update({ label, tone }) {
    setAttribute(this.node, "data-tone", tone);
    say(this.node, label);
  }
}

/** A line of the facts: a name, a text, and a button that copies it where it is a path or an id. */
class Fact {
  constructor({ name, copied, wide, link }) {
    this.value = make("dd");
    this.text = make("span", { class: copied ? "path" : "" });
    this.value.append(this.text);
    if (copied) this.value.append(copyButton(() => this.text.textContent, "Copy", name.toLowerCase()));
    if (link) this.value.append(openButton(() => new URL(this.text.textContent), name, link.host));
    this.node = make("div", { class: wide ? "wide" : null }, make("dt", {}, name), this.value);
  }

  update({ text }) {
    say(this.text, text);
  }
}

/** A list of facts; those without a text are left out. */
export class Facts {
  constructor() {
    this.node = make("dl", { class: "facts" });
    this.lines = new Children(this.node, (fact) => new Fact(fact));
  }

  update(facts) {
    const known = facts.filter(({ text }) => isText(text));
    this.lines.update(known, ({ name }) => name);
    this.node.hidden = !known.length;
  }
}

/** The figure of an item. `linked` adds a link to its task. */
export class Figure {
  constructor(item, { linked = false } = {}) {
    this.badge = new Badge();
    this.title = make("span", { class: "title" });
    this.vendor = make("span", { class: "muted" });
    const head = make("div", { class: "head" }, make("div", { class: "names" }, this.title, this.vendor), this.badge.node);
    if (linked) this.title.append(airflowLink(item.title, taskPath(item.task, TASK_TAB)));
    this.linked = linked;
    this.sentence = make("p", { class: "sentence" });
    this.problem = make("p", { class: "problem" });
    this.pair = make("div", { class: "pair" });
    this.panes = new Children(this.pair, () => new Pane());
    this.thumbs = make("div", { class: "thumbs" });
    this.faces = new Children(this.thumbs, () => new Pane("thumb"));
    this.both = make("button", { type: "button", class: "small both", on: { click: () => this.#playBoth() } }, "Play both clips");
    // Media events do not bubble; the players' own buttons start and stop clips as well.
    for (const event of ["play", "pause"]) this.pair.addEventListener(event, () => this.#sayBoth(), { capture: true });
    this.facts = new Facts();
    this.more = make("div", { class: "more" });
    const caption = make("figcaption", {}, head, this.sentence, this.problem);
    const below = make("div", { class: "below" }, this.thumbs, this.both);
    this.last = make("div");
    this.node = make("figure", { class: "card" }, caption, this.more, this.pair, below, this.facts.node, this.last);
  }

  update(item) {
    if (!this.linked) say(this.title, item.title || operation(item.operation) || item.task.taskId);
    const what = item.title ? operation(item.operation) : "";
    say(this.vendor, [what, isText(item.provider) ? vendor(item.provider) : ""].filter(Boolean).join(" · "));
    this.badge.update(item);
    say(this.sentence, item.sentence);
    say(this.problem, item.problem);
    this.#showMedia(item);
    this.facts.update(factsOf(item));
  }

  #showMedia(item) {
    // Of a submission in doubt there is nothing to see; its inputs stand where it is settled.
    const { before, others } = item.inDoubt ? { before: null, others: [] } : inputsOf(item);
    const shown = before ? [shownInput(item, before, item.faces ? "Picture" : "Before")] : [];
    if (!item.faces && !item.isBatch && !item.inDoubt) shown.push(...shownResults(item));
    this.panes.update(shown, ({ title }) => title);
    this.pair.hidden = !shown.length;
    const thumbs = others.map((input) => [`${input.name} ${input.number}`, shownInput(item, input, input.title)]);
    this.faces.update(thumbs.map(([key, medium]) => ({ ...medium, key })), ({ key }) => key);
    this.thumbs.hidden = !thumbs.length;
    this.both.hidden = shown.filter(({ src, video }) => src && video).length < 2;
  }

  get #clips() {
    return [...this.pair.querySelectorAll("video")];
  }

  get #playing() {
    return this.#clips.some((clip) => !clip.paused);
  }

  /** Play both from their beginnings, so that they show the same moment; or stop both. */
  #playBoth() {
    const playing = this.#playing;
    for (const clip of this.#clips) {
      if (playing) clip.pause();
      else {
        clip.currentTime = 0;
        clip.play().catch(() => {});
      }
    }
  }

  #sayBoth() {
    say(this.both, this.#playing ? "Pause both clips" : "Play both clips");
  }
}

function factsOf(item) {
  const stored = item.stored.map((text, number) => ({ name: number ? `Stored ${number + 1}` : "Stored", text, copied: true, wide: true }));
  return [
    { name: "Job", text: item.jobId, copied: true },
    { name: "Cost", text: costOf(item) },
    { name: "Took", text: item.seconds >= 0.1 ? duration(item.seconds) : "" },
    { name: "Submitted", text: moment(item.submittedAt) },
    { name: "Deadline", text: item.tone === "waiting" || item.tone === "running" ? moment(item.deadline) : "" },
    { name: "File size", text: size(item.bytes) },
    { name: "Found", text: item.faces?.length ? count(item.faces.length, "face") : "" },
    { name: "Positions: left, top, right, bottom, in pixels", text: boxes(item.faces ?? []), wide: true },
    ...stored,
    { name: "Consent", text: item.consent, wide: true },
  ];
}

/** Say what an item cost; while it runs, the vendor may still say so. */
function costOf(item) {
  if (item.reused) return "nothing: reused";
  const ended = ["success", "failed"].includes(item.tone);
  return cost(item.cost) || (ended && item.jobId ? "not reported by the vendor" : "");
}

/** Write faces as the numbers of their boxes; what is no box is left out. */
function boxes(faces) {
  const known = faces.filter((box) => Array.isArray(box) && box.every(isNumber));
  return known.map((box) => `(${box.join(", ")})`).join(" ");
}
