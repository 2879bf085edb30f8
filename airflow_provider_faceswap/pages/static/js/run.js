/** The page of a Dag run: all of its swaps, and what they cost together. */

import { find, forEach, get, quoted, taskUrl } from "./api.js";
import { announce, Children, make, say } from "./dom.js";
import { Figure } from "./figure.js";
import { isBatchClass, itemOfTask, readEntry, record } from "./item.js";
import { Pager } from "./pager.js";
import { ENDED } from "./states.js";
import { cost, count, isNumber, isText } from "./text.js";

const OURS = /^(ModelsLab|Segmind|AIFaceSwap|FaceSwap)/;
const PAGE = 100;
const SHOWN = 24;
const MOST = 2000;

const taskOf = (ti) => ({ dagId: ti.dag_id, runId: ti.dag_run_id, taskId: ti.task_id, mapIndex: ti.map_index });
const keyOf = (ti) => `${ti.task_id}[${ti.map_index}]`;
const isResult = (value) => isText(value?.provider) && isText(value?.operation);

/** Shows a Dag run. */
export class RunView {
  constructor(run) {
    this.run = run;
    this.offset = 0;
    this.known = new Map();
    this.strangers = new Map();
    this.title = make("h2");
    this.sum = make("p", { class: "muted", role: "status" });
    this.empty = make("p", { class: "empty" });
    this.grid = make("div", { class: "grid" });
    this.figures = new Children(this.grid, (item) => new Figure(item, { linked: true }));
    this.pager = new Pager(SHOWN, (offset) => this.#turn(offset));
    this.node = make("section", {}, make("div", { class: "total" }, this.title, this.sum), this.empty, this.grid, this.pager.node);
  }

  /** Read and show; returns whether all tasks have ended. */
  async refresh() {
    const all = await this.#instances();
    await this.#askStrangers(all);
    this.ended = all.every((ti) => ENDED.has(ti.state));
    this.swaps = all.filter((ti) => OURS.test(ti.operator_name ?? "") || this.strangers.get(ti.task_id));
    await this.#showPage();
    this.#readTheRest();
    return this.ended;
  }

  get #page() {
    return this.swaps.slice(this.offset, this.offset + SHOWN);
  }

  async #showPage() {
    await forEach(this.#page, (ti) => this.#read(ti));
    this.#show();
  }

  /** Read those that have ended and are on other pages, for the sum; those that run are read when they are shown. */
  async #readTheRest() {
    if (this.reading) return;
    this.reading = true;
    try {
      await forEach(this.swaps.filter((ti) => ENDED.has(ti.state)), (ti) => this.#read(ti));
      this.#show();
    } catch (error) {
      if (typeof error.status !== "number") throw error; // the sum says how many were not read
    } finally {
      this.reading = false;
    }
  }

  async #instances() {
    const { dagId, runId } = this.run;
    const path = `api/v2/dags/${quoted(dagId)}/dagRuns/${quoted(runId)}/taskInstances`;
    const found = [];
    for (;;) {
      const reply = await get(`${path}?limit=${PAGE}&offset=${found.length}&order_by=id`);
      const instances = reply.task_instances ?? [];
      found.push(...instances);
      this.total = reply.total_entries ?? found.length;
      if (!instances.length || found.length >= Math.min(this.total, MOST)) break;
    }
    const order = (one, other) => one.task_id.localeCompare(other.task_id) || one.map_index - other.map_index;
    return found.sort(order);
  }

  /** Find out which tasks of other classes return what our operators do: one instance speaks for its task. */
  async #askStrangers(all) {
    const asked = new Map();
    for (const ti of all) {
      const stranger = !OURS.test(ti.operator_name ?? "") && !this.strangers.has(ti.task_id);
      if (stranger && ti.state === "success" && !asked.has(ti.task_id)) asked.set(ti.task_id, ti);
    }
    await forEach(asked.values(), async (ti) => {
      const found = await find(taskUrl(taskOf(ti), "xcomEntries/return_value"));
      this.strangers.set(ti.task_id, isResult(found?.value));
    });
  }

  /** Read a task's result and entry, unless they are those of a try that has ended. */
  async #read(ti) {
    const version = `${ti.try_number} ${ti.state}`;
    const before = this.known.get(keyOf(ti));
    if (before?.version === version && ENDED.has(ti.state)) return;
    const task = taskOf(ti);
    const result = ti.state === "success" ? (await find(taskUrl(task, "xcomEntries/return_value")))?.value ?? null : null;
    const key = isBatchClass(ti) ? "faceswap_progress" : "faceswap";
    const kept = result ? null : (await find(taskUrl(task, `state-store/${key}`)))?.value ?? null;
    const known = isBatchClass(ti) ? { progress: record(kept), entry: null } : { progress: null, entry: readEntry(kept) };
    this.known.set(keyOf(ti), { version, result, ...known });
  }

  async #turn(offset) {
    this.offset = offset;
    try {
      await this.#showPage();
      if (this.node.getBoundingClientRect().top < 0) this.node.scrollIntoView();
      announce(this.pager.said);
    } catch (error) {
      say(this.sum, error.message);
    }
  }

  #show() {
    const items = this.swaps.map((ti) => this.#item(ti));
    this.figures.update(items.slice(this.offset, this.offset + SHOWN), (item) => item.key);
    const unread = this.swaps.filter((ti) => ENDED.has(ti.state) && !this.known.has(keyOf(ti))).length;
    const notes = [
      unread ? `reading ${count(unread, "more result")}` : "",
      this.total > MOST ? `the first ${count(MOST, "task instance")} only` : "",
    ];
    this.pager.update(this.offset, items.length);
    say(this.title, items.length ? count(items.length, "face swap task") : "");
    say(this.sum, items.length ? [...states(items), total(items), ...notes].filter(Boolean).join(" · ") : "");
    const none = this.ended ? "This run has no face swap task." : "No face swap task of this run has started yet.";
    say(this.empty, items.length ? "" : none);
  }

  #item(ti) {
    const { result, entry, progress } = this.known.get(keyOf(ti)) ?? { result: null, entry: null, progress: null };
    const label = ti.map_index < 0 ? "" : ` [${isText(ti.rendered_map_index) ? ti.rendered_map_index : ti.map_index}]`;
    const item = { ...itemOfTask(taskOf(ti), ti, result, entry), title: `${ti.task_display_name || ti.task_id}${label}` };
    item.isBatch ||= isBatchClass(ti);
    if (item.isBatch) item.sentence = batchSentence(record(result) ?? progress) || item.sentence;
    if (item.inDoubt) item.sentence += " Open the task to decide.";
    return item;
  }
}

/** Say how far a batch is, by its summary or its progress; empty where neither is there. */
function batchSentence(figures) {
  const { total, done, succeeded } = figures ?? {};
  if (!isNumber(total) || !isNumber(succeeded)) return "";
  const number = isNumber(done) ? done : succeeded;
  return `Batch: ${number.toLocaleString("en")} of ${count(total, "row")} ${isNumber(done) ? "done" : "succeeded"}.`;
}

function states(items) {
  const numbers = new Map();
  for (const { label } of items) numbers.set(label, (numbers.get(label) ?? 0) + 1);
  return [...numbers].map(([label, number]) => `${number.toLocaleString("en")} ${label.toLowerCase()}`);
}

/** Say what all of them cost; a job that a sensor collected counts once. */
function total(items) {
  const paid = new Map();
  for (const item of items) {
    if (item.reused || !(item.jobId || item.cost)) continue;
    const key = item.jobId ? `${item.provider} ${item.jobId}` : item.key;
    if (isNumber(item.cost?.amount) || !paid.has(key)) paid.set(key, item.cost);
  }
  const sums = new Map();
  let unknown = 0;
  for (const value of paid.values()) {
    if (!isNumber(value?.amount)) unknown += 1;
    else sums.set(value.unit, (sums.get(value.unit) ?? 0) + value.amount);
  }
  const known = [...sums].map(([unit, amount]) => cost({ amount, unit }));
  if (unknown) known.push(`cost of ${count(unknown, "job")} not known`);
  return known.join(" + ");
}
