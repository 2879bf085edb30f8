/** One medium: a picture, a clip, or a sentence that says why there is none. */

import { problemOf } from "./api.js";
import { copyButton } from "./copying.js";
import { make, say } from "./dom.js";
import { openButton } from "./opening.js";

const REASONS = {
  gone: "The file is not there any more.",
  not_ours: "Not shown: no record beside the result names this file for this Dag.",
  not_allowed: "Not shown: this folder is not among [faceswap] local_roots of the API server.",
  no_medium: "Not shown: the file is neither a picture nor a clip.",
  elsewhere: "It lies on the open web, so it is not loaded here.",
};

/** A clip is loaded when it comes near: a page of a batch has forty. */
const near = new IntersectionObserver(
  (entries) => {
    for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
      near.unobserve(target);
      target.src = target.dataset.src;
    }
  },
  { rootMargin: "400px" },
);

/** A frame with a medium in it. */
export class Pane {
  constructor(size = "") {
    this.label = make("span", { class: "pane-title" });
    this.frame = make("div", { class: "frame" });
    this.node = make("div", { class: `pane ${size}`.trim() }, this.label, this.frame);
    this.shown = "";
  }

  /** Show a medium; one that is shown already is left alone, as it may be playing. */
  update(medium) {
    say(this.label, medium.title);
    const key = JSON.stringify([medium.src, medium.path, medium.sentence]);
    if (key === this.shown) return;
    this.shown = key;
    this.#fill(medium);
  }

  #fill(medium) {
    this.medium = medium;
    this.frame.replaceChildren(this.#content(medium));
  }

  #content(medium) {
    if (medium.src) return medium.video ? this.#clip(medium) : this.#picture(medium);
    return medium.path ? notLoaded(medium) : make("p", {}, medium.sentence);
  }

  #picture(medium) {
    const on = { error: () => this.#explain(medium) };
    return make("img", { src: medium.src, alt: medium.alt, loading: "lazy", decoding: "async", on });
  }

  #clip(medium) {
    const video = make("video", {
      controls: true, preload: "metadata", playsinline: true, loop: true, "aria-label": medium.alt,
      "data-src": medium.src, on: { error: () => this.#explain(medium) },
    });
    video.muted = true;
    near.observe(video);
    return video;
  }

  /** Ask why a medium did not load; a name without an ending does not say whether it is a clip. */
  async #explain(medium) {
    let sentence = "The browser cannot show this file.";
    try {
      const response = await fetch(medium.src, { headers: { range: "bytes=0-0" } });
      const video = /^video\//.test(response.headers.get("content-type"));
      if (response.ok && video !== medium.video && this.medium === medium) return this.#fill({ ...medium, video });
      if (!response.ok) {
        const problem = await problemOf(response);
        sentence = REASONS[problem.reason] ?? problem.message;
      }
    } catch {
      sentence = "Airflow does not answer.";
    }
    if (this.medium === medium) this.frame.replaceChildren(make("p", {}, sentence));
  }
}

/** Say where a medium lies that is not shown here. */
function notLoaded({ file, folder, path, link, sentence, title }) {
  const copy = copyButton(() => path, link ? "Copy link" : "Copy path", `to ${title}`);
  const buttons = make("div", { class: "buttons" }, link ? openButton(() => link, title, link.host) : null, copy);
  const place = make("p", { class: "place" }, make("b", { dir: "auto" }, file), " ", make("span", {}, folder));
  return make("div", { class: "elsewhere" }, place, sentence ? make("p", {}, sentence) : null, buttons);
}
