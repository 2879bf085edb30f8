/** Settles a submission in doubt, and buys another job, by a decision that a worker obeys. */

import { confirmed } from "./confirming.js";
import { JOB_ID } from "./decision.js";
import { announce, make, say } from "./dom.js";
import { Facts } from "./figure.js";
import { inputsOf } from "./media.js";
import { begun, cost, isText, moment, operation, vendor, webLink } from "./text.js";

let numbers = 0;

/** What costs how much, as far as it is known. */
function priceOf(item) {
  const known = cost(item.cost);
  return known ? `The last one cost ${known}.` : "The price is not known here.";
}

/** The part of a figure in which a person decides. `settle(decision)` does what was decided. */
export class Doubt {
  constructor(settle) {
    this.settle = settle;
    this.reason = make("p");
    this.where = make("p", { class: "muted" });
    this.facts = new Facts();
    this.said = make("p", { class: "said", role: "status", tabindex: "-1", hidden: true });
    this.note = make("p", { class: "muted" });
    const id = `job-id-${(numbers += 1)}`;
    this.field = make("input", {
      id, type: "text", maxlength: "128", autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-wrong`,
      on: { keydown: (event) => this.#typed(event) },
    });
    this.wrong = make("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
    const press = (act) => ({ type: "button", on: { click: act } });
    this.adopt = make("button", press(() => this.#adopt()), "It was accepted: adopt this job");
    this.again = make("button", press(() => this.#again()), "It was not accepted: buy it again");
    const adopting = make("div", { class: "buttons" }, this.field, this.adopt);
    const label = make("label", { for: id }, "Job id at the vendor");
    this.settling = make("div", { class: "settling" }, make("div", {}, label, adopting), make("div", {}, this.again), this.wrong);
    this.another = make("button", { ...press(() => this.#another()), class: "another" }, "Buy another");
    this.node = make("div", { class: "doubt" }, this.reason, this.where, this.facts.node, this.settling, this.note, this.said);
  }

  /** Stand in a figure: what is to be decided above its media, what may be bought below. */
  standIn(figure) {
    figure.more.append(this.node);
    figure.last.append(this.another);
  }

  /** `whyNot` says why nothing can be decided here; null while it is not known, empty if the viewer may decide. */
  update(item, whyNot, decided = "") {
    const attempt = `${item.inDoubt} ${item.attemptedAt} ${item.tries}`;
    if (attempt !== this.attempt) {
      this.attempt = attempt;
      this.#enable(true);
      say(this.said, "");
    }
    this.item = item;
    const buyable = !item.inDoubt && item.ended && item.jobId && item.row === null;
    say(this.reason, item.inDoubt ? begun(item.reason) : "");
    say(this.where, item.inDoubt ? whereToLook(item) : "");
    this.facts.update(item.inDoubt ? inputFacts(item) : []);
    this.settling.hidden = !(item.inDoubt && whyNot === "");
    this.another.hidden = !(buyable && whyNot === "");
    say(this.note, item.inDoubt ? decided || whyNot : "");
    this.node.hidden = !item.inDoubt && this.said.hidden;
    this.node.dataset.open = String(item.inDoubt);
  }

  #typed(event) {
    if (event.key !== "Enter") return;
    event.preventDefault(); // else it would press the button of the dialog as well
    this.#adopt();
  }

  async #adopt() {
    const jobId = this.field.value.trim();
    const valid = JOB_ID.test(jobId);
    say(this.wrong, valid ? "" : "A job id has 1 to 128 letters, digits, hyphens and underscores.");
    this.field.setAttribute("aria-invalid", String(!valid));
    if (!valid) return this.field.focus();
    const { item } = this;
    const text = [`The task collects job ${jobId} of ${vendor(item.provider)} instead of buying one.`];
    if (await confirmed({ title: `Adopt job ${jobId}?`, text, yes: "Adopt it" })) {
      await this.#do(item, { action: "adopt", job_id: jobId }, `Job ${jobId} is adopted as soon as a worker starts the task.`);
    }
  }

  async #again() {
    const { item } = this;
    const text = ["If the vendor did accept the first submission, both are paid.", priceOf(item)];
    if (await confirmed({ title: "Buy it again?", text, yes: "Buy it again", danger: true })) {
      await this.#do(item, { action: "resubmit" }, "It is bought again as soon as a worker starts the task.");
    }
  }

  async #another() {
    const { item } = this;
    const text = ["The task is cleared and pays for a new job. The result so far stays where it is stored.", priceOf(item)];
    if (await confirmed({ title: "Buy another job?", text, yes: "Buy another", danger: true })) {
      await this.#do(item, { action: "buy_another" }, "Another job is bought as soon as a worker starts the task.");
    }
  }

  /** Do what was decided about an item as it was when the question was asked; it may be another one by now. */
  async #do(item, decision, done) {
    this.#enable(false);
    say(this.said, "Writing the decision…");
    this.node.hidden = false;
    try {
      await this.settle(item, decision);
      say(this.said, `Decided. ${done}`);
    } catch (error) {
      say(this.said, error.message);
      this.#enable(true); // what is decided holds for this attempt alone: pressing again buys nothing more
    }
    this.said.focus(); // the button that had the focus is disabled
    announce(this.said.textContent);
  }

  #enable(on) {
    for (const part of [this.adopt, this.again, this.another, this.field]) part.disabled = !on;
  }
}

function whereToLook(item) {
  const when = moment(item.attemptedAt);
  const at = isText(item.baseUrl) ? ` (${item.baseUrl})` : "";
  const what = isText(item.operation) ? `a job (${operation(item.operation)})` : "a job";
  const inputs = Object.keys(item.inputs).length ? " with these inputs:" : ".";
  return `Sign in to your account at ${vendor(item.provider)}${at} and look for ${what}${when ? ` of ${when}` : ""}${inputs}`;
}

function inputFacts(item) {
  const { before, others } = inputsOf(item);
  const media = [...(before ? [before] : []), ...others];
  const shown = { copied: true, wide: true };
  return media.map(({ name, number, url }) => ({ ...shown, name: number ? `${name} ${number + 1}` : name, text: url, link: webLink(url) }));
}
