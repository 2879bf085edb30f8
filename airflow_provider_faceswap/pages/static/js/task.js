/** The page of one task instance. */

import { find, get, taskUrl } from "./api.js";
import { Batch } from "./batch.js";
import { decide, lastDecision, newId, whyNot } from "./decision.js";
import { announce, make, say } from "./dom.js";
import { Doubt } from "./doubt.js";
import { Figure } from "./figure.js";
import { isBatchClass, itemOfTask, readEntry, record } from "./item.js";
import { airflowLink, runPath, taskPath } from "./links.js";
import { ENDED } from "./states.js";
import { isNumber, isText } from "./text.js";

const isSummary = (result) => isText(result?.manifest) && isNumber(result.total);

/** Read what Airflow keeps of a task instance; of a batch its progress, of any other its journal's entry. */
async function readTask(task, ti) {
  const [result, entry] = await Promise.all([
    find(taskUrl(task, "xcomEntries/return_value")),
    isBatchClass(ti) ? null : find(taskUrl(task, "state-store/faceswap")),
  ]);
  const value = result?.value ?? null;
  const progress = entry || value ? null : await find(taskUrl(task, "state-store/faceswap_progress"));
  const isBatch = isBatchClass(ti) || isSummary(value) || record(progress?.value) !== null;
  return { value, isBatch, progress: record(progress?.value), kept: entry?.value ?? null, entry: readEntry(entry?.value) };
}

/** Shows one task instance. */
export class TaskView {
  constructor(task, again) {
    this.task = task;
    this.again = again;
    this.node = make("section", { class: "single" });
    const run = airflowLink("All face swaps of this run", runPath(task));
    this.links = make("p", { class: "links" }, airflowLink("Log of this task", taskPath(task)), run);
    this.note = make("p", { class: "muted note" });
    this.said = "";
  }

  /** Read and show; returns whether the task has ended. */
  async refresh() {
    const ti = await get(taskUrl(this.task));
    const ended = ENDED.has(ti.state);
    const version = `${ti.state} ${ti.try_number} ${ti.end_date}`;
    if (ended && version === this.version) return true; // nothing changes any more
    const known = await readTask(this.task, ti);
    if (known.isBatch) {
      this.batch ??= this.#show(new Batch(this.task, this.again));
      await this.batch.refresh(ti, known.value, known.progress);
    } else {
      await this.#showItem(ti, known, ended);
    }
    this.version = version;
    return ended;
  }

  #show(part) {
    this.node.replaceChildren(part.node, this.note, this.links);
    return part;
  }

  async #showItem(ti, known, ended) {
    const item = { ...itemOfTask(this.task, ti, known.value, known.entry), ended };
    if (!this.figure) {
      this.figure = this.#show(new Figure(item));
      this.doubt = new Doubt((settled, decision) => this.#settle(settled, decision));
      this.doubt.standIn(this.figure);
    }
    this.figure.update(item);
    await this.#showDoubt(item, known, ti);
    if (this.said && this.said !== item.label) announce(`${item.label}. ${item.sentence}`);
    this.said = item.label;
  }

  async #showDoubt(item, known, ti) {
    const decidable = item.inDoubt || (item.ended && item.jobId);
    if (decidable) this.whyNot ??= await whyNot(this.task);
    const readable = known.entry !== null && typeof item.attemptedAt === "number";
    const blocked = readable ? "" : "The journal's entry cannot be read here, so nothing can be decided here.";
    const before = item.inDoubt && this.whyNot === "" ? await lastDecision(this.task) : null;
    const waits = before !== null && before.attempt === item.attemptedAt;
    const decided = waits ? "A decision is written already: a worker obeys it when the task starts again." : "";
    this.doubt.update(item, blocked || (this.whyNot ?? null), decided);
    say(this.note, await this.#noteOf(ti, known));
  }

  /** Say why little is known, where that is so. */
  async #noteOf(ti, known) {
    if (known.kept !== null || !["failed", "up_for_retry", "deferred", "running"].includes(ti.state)) {
      return known.kept !== null && known.entry === null
        ? "The journal's entry of this task cannot be read here: Airflow keeps task state in another place."
        : "";
    }
    this.airflow ??= String((await get("api/v2/version")).version ?? "");
    const [major, minor] = this.airflow.split(".").map(Number);
    if (major === 3 && minor < 3) {
      const missing = "the job shows when the task has ended, and a retry may buy again";
      return `Airflow ${this.airflow} keeps no task state: ${missing}. Airflow 3.3 keeps it.`;
    }
    return ti.state === "failed"
      ? "No submission is recorded: the task failed before it, or Airflow keeps task state where this page cannot read it."
      : "";
  }

  async #settle(item, decision) {
    await decide(this.task, { id: newId(), attempt: item.attemptedAt, ...decision });
    this.again();
  }
}
