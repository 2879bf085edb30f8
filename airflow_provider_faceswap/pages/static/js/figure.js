/** One figure for one item: before and after, its state, and what is known of its job. */

import { copyButton } from "./copying.js";
import { Children, make, say, setAttribute } from "./dom.js";
import { airflowLink, TASK_TAB, taskPath } from "./links.js";
import { inputsOf, shownInput, shownResults } from "./media.js";
import { Pane } from "./pane.js";
import { cost, count, duration, isText, moment, operation, size, vendor } from "./text.js";

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
  constructor({ name, copied, wide }) {
    this.value = make("dd");
    this.text = make("span", { class: copied ? "path" : "" });
    this.value.append(this.text);
    if (copied) this.value.append(copyButton(() => this.text.textContent, "Copy", name.toLowerCase()));
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
    this.both = make("button", { type: "button", class: "small both", on: { click: () => this.#playBoth() } }, "Play both");
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
    const { before, others } = inputsOf(item);
    const shown = before ? [shownInput(item, before, "Before")] : [];
    if (!item.faces && !item.isBatch) shown.push(...shownResults(item));
    this.panes.update(shown, ({ title }) => title);
    this.pair.hidden = !shown.length;
    const thumbs = others.map((input) => [`${input.name} ${input.number}`, shownInput(item, input, input.title)]);
    this.faces.update(thumbs.map(([key, medium]) => ({ ...medium, key })), ({ key }) => key);
    this.thumbs.hidden = !thumbs.length;
    this.both.hidden = shown.filter(({ src, video }) => src && video).length < 2;
  }

  #playBoth() {
    const videos = [...this.pair.querySelectorAll("video")];
    const playing = videos.some((video) => !video.paused);
    for (const video of videos) {
      if (playing) video.pause();
      else {
        video.currentTime = 0;
        video.play().catch(() => {});
      }
    }
    say(this.both, playing ? "Play both" : "Pause both");
  }
}

function factsOf(item) {
  const stored = item.stored.map((text, number) => ({ name: number ? `Stored ${number + 1}` : "Stored", text, copied: true, wide: true }));
  return [
    { name: "Job", text: isText(item.jobId) ? item.jobId : "", copied: true },
    { name: "Cost", text: item.reused ? "nothing: reused" : cost(item.cost) || (item.jobId ? "the vendor did not say" : "") },
    { name: "Took", text: item.seconds >= 0.1 ? duration(item.seconds) : "" },
    { name: "Submitted", text: moment(item.submittedAt) },
    { name: "Waits until", text: item.tone === "waiting" || item.tone === "running" ? moment(item.deadline) : "" },
    { name: "Faces", text: item.faces?.length ? `${count(item.faces.length, "face")}: ${boxes(item.faces)}` : "" },
    { name: "Size", text: item.bytes ? size(item.bytes) : "" },
    ...stored,
    { name: "Consent", text: item.consent, wide: true },
  ];
}

const boxes = (faces) => faces.slice(0, 8).map((box) => `(${[].concat(box).join(", ")})`).join(" ");
