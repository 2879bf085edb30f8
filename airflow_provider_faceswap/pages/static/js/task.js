/** The page of one task instance. */

import { find, get, taskUrl } from "./api.js";
import { Batch } from "./batch.js";
import { decide, lastDecision, mayEdit, newId } from "./decision.js";
import { announce, make, say } from "./dom.js";
import { Doubt } from "./doubt.js";
import { Figure } from "./figure.js";
import { itemOfTask, readEntry } from "./item.js";
import { airflowLink, runPath, taskPath } from "./links.js";
import { ENDED } from "./states.js";

const isBatchClass = (ti) => /^FaceSwapBatch/.test(ti.operator_name ?? "");
const isSummary = (result) => typeof result?.manifest === "string" && "total" in result;

/** Read what Airflow keeps of a task instance; of a batch its progress, of any other its journal's entry. */
async function readTask(task, ti) {
  const [result, entry] = await Promise.all([
    find(taskUrl(task, "xcomEntries/return_value")),
    isBatchClass(ti) ? null : find(taskUrl(task, "state-store/faceswap")),
  ]);
  const value = result?.value ?? null;
  const progress = entry || value ? null : await find(taskUrl(task, "state-store/faceswap_progress"));
  const isBatch = isBatchClass(ti) || isSummary(value) || progress !== null;
  return { value, isBatch, progress: progress?.value ?? null, kept: entry?.value ?? null, entry: readEntry(entry?.value) };
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
    const known = await readTask(this.task, ti);
    const ended = ENDED.has(ti.state);
    if (known.isBatch) {
      this.batch ??= this.#show(new Batch(this.task, this.again));
      await this.batch.refresh(ti, known.value, known.progress);
    } else {
      await this.#showItem(ti, known, ended);
    }
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
    if (decidable) this.editable ??= await mayEdit(this.task);
    const readable = known.entry !== null && typeof item.attemptedAt === "number";
    const blocked = readable ? "" : "The journal's entry cannot be read here, so nothing can be decided here.";
    const before = item.inDoubt && this.editable ? await lastDecision(this.task) : null;
    const obeyed = before?.attempt !== item.attemptedAt;
    const decided = obeyed ? "" : "A decision is written already: a worker obeys it when the task starts again.";
    this.doubt.update(item, { editable: this.editable ?? null, blocked, decided });
    say(this.note, await this.#noteOf(ti, known));
  }

  /** Say why little is known, where that is so. */
  async #noteOf(ti, known) {
    if (known.kept !== null || !["failed", "up_for_retry", "deferred", "running"].includes(ti.state)) {
      return known.kept !== null && known.entry === null
        ? "The journal's entry of this task cannot be read here: Airflow keeps task state in another place."
        : "";
    }
    this.version ??= (await get("api/v2/version")).version ?? "";
    const [major, minor] = this.version.split(".").map(Number);
    if (major === 3 && minor < 3) {
      const missing = "the job shows when the task has ended, and a retry may buy again";
      return `Airflow ${this.version} keeps no task state: ${missing}. Airflow 3.3 keeps it.`;
    }
    return ti.state === "failed"
      ? "Nothing is written of a submission. Either none was made, or Airflow keeps task state where this page cannot read it."
      : "";
  }

  async #settle(item, decision) {
    await decide(this.task, { id: newId(), attempt: item.attemptedAt, ...decision });
    this.again();
  }
}
