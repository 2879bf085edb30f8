/** Settles a submission in doubt, and buys another job, by a decision that a worker obeys. */

import { confirmed } from "./confirming.js";
import { JOB_ID } from "./decision.js";
import { announce, make, say } from "./dom.js";
import { Facts } from "./figure.js";
import { inputsOf } from "./media.js";
import { cost, isText, moment, vendor } from "./text.js";

let numbers = 0;

/** What costs how much, as far as it is known. */
function priceOf(item) {
  const known = cost(item.cost);
  return known ? `The last one cost ${known}.` : "What it costs is not known here: the vendor did not say.";
}

/** The part of a figure in which a person decides. `settle(decision)` does what was decided. */
export class Doubt {
  constructor(settle) {
    this.settle = settle;
    this.where = make("p", { class: "muted" });
    this.facts = new Facts();
    this.said = make("p", { class: "said", role: "status", hidden: true });
    this.note = make("p", { class: "muted" });
    const id = `job-id-${(numbers += 1)}`;
    this.field = make("input", {
      id, type: "text", maxlength: "128", autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-wrong`,
    });
    this.wrong = make("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
    const press = (act) => ({ type: "button", on: { click: act } });
    this.adopt = make("button", press(() => this.#adopt()), "It was accepted: adopt this job");
    this.again = make("button", press(() => this.#again()), "It was not accepted: buy it again");
    const row = make("div", { class: "buttons" }, make("label", { for: id }, "Job id at the vendor"), this.field, this.adopt);
    this.settling = make("div", { class: "settling" }, row, this.wrong, make("div", { class: "buttons" }, this.again));
    this.another = make("button", { ...press(() => this.#another()), class: "another" }, "Buy another");
    this.node = make("div", { class: "doubt" }, this.where, this.facts.node, this.settling, this.note, this.said);
  }

  /** Stand in a figure: what is to be decided above its media, what may be bought below. */
  standIn(figure) {
    figure.more.append(this.node);
    figure.last.append(this.another);
  }

  /** `editable` is null while it is not known, `blocked` says why nothing can be decided here. */
  update(item, { editable, blocked = "", decided = "" }) {
    const attempt = `${item.inDoubt} ${item.attemptedAt} ${item.tries}`;
    if (attempt !== this.attempt) {
      this.attempt = attempt;
      this.#enable(true);
      say(this.said, "");
    }
    this.item = item;
    const buyable = !item.inDoubt && item.ended && item.jobId && item.row === null;
    say(this.where, item.inDoubt ? whereToLook(item) : "");
    this.facts.update(item.inDoubt ? inputFacts(item) : []);
    this.settling.hidden = !(item.inDoubt && editable && !blocked);
    this.another.hidden = !(buyable && editable && !blocked);
    say(this.note, noteOf(item, editable, blocked, decided));
    this.node.hidden = !item.inDoubt && this.said.hidden;
    this.node.dataset.open = String(item.inDoubt);
  }

  async #adopt() {
    const jobId = this.field.value.trim();
    const valid = JOB_ID.test(jobId);
    say(this.wrong, valid ? "" : "A job id has 1 to 128 letters, digits, hyphens and underscores.");
    this.field.setAttribute("aria-invalid", String(!valid));
    if (!valid) return this.field.focus();
    const text = [`The task collects job ${jobId} of ${vendor(this.item.provider)} instead of buying one.`];
    if (await confirmed({ title: `Adopt job ${jobId}?`, text, yes: "Adopt it" })) {
      await this.#do({ action: "adopt", job_id: jobId }, `Job ${jobId} is adopted as soon as a worker starts the task.`);
    }
  }

  async #again() {
    const text = ["If the vendor did accept the first submission, both are paid.", priceOf(this.item)];
    if (await confirmed({ title: "Buy it again?", text, yes: "Buy it again", danger: true })) {
      await this.#do({ action: "resubmit" }, "It is bought again as soon as a worker starts the task.");
    }
  }

  async #another() {
    const text = ["The task is cleared and pays for a new job. The result so far stays where it is stored.", priceOf(this.item)];
    if (await confirmed({ title: "Buy another job?", text, yes: "Buy another", danger: true })) {
      await this.#do({ action: "buy_another" }, "Another job is bought as soon as a worker starts the task.");
    }
  }

  async #do(decision, done) {
    this.#enable(false);
    say(this.said, "Writing the decision…");
    this.node.hidden = false;
    try {
      await this.settle(this.item, decision);
      say(this.said, `Decided. ${done}`);
    } catch (error) {
      say(this.said, error.message);
      this.#enable(true); // what is decided holds for this attempt alone: pressing again buys nothing more
    }
    announce(this.said.textContent);
  }

  #enable(on) {
    for (const part of [this.adopt, this.again, this.another, this.field]) part.disabled = !on;
  }
}

function whereToLook(item) {
  const when = moment(item.attemptedAt);
  const at = isText(item.baseUrl) ? ` (${item.baseUrl})` : "";
  const what = isText(item.operation) ? `a ${item.operation} request` : "a request";
  const where = `Sign in to your account at ${vendor(item.provider)}${at}`;
  return `${where} and look for ${what}${when ? ` of ${when}` : ""} with these inputs:`;
}

function inputFacts(item) {
  const { before, others } = inputsOf(item);
  const media = [...(before ? [before] : []), ...others];
  const reason = { name: "What went wrong", text: item.reason, wide: true };
  const named = media.map(({ name, number, url }) => ({ name: number ? `${name} ${number + 1}` : name, text: url, copied: true, wide: true }));
  return [reason, ...named];
}

function noteOf(item, editable, blocked, decided) {
  if (item.inDoubt && decided) return decided;
  if (!item.inDoubt) return "";
  if (blocked) return blocked;
  return editable === false ? "Your role may not clear this task, so it cannot decide here. Ask somebody who may." : "";
}
