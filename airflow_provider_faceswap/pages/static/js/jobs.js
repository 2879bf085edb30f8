/** The page of the whole Airflow: swaps in doubt, swaps that run and swaps that failed, newest first. */

import { find, forEach, get, taskUrl } from "./api.js";
import { Children, make, say, setAttribute } from "./dom.js";
import { Badge } from "./figure.js";
import { itemOfTask, readEntry } from "./item.js";
import { airflowLink, runPath, TASK_TAB, taskPath } from "./links.js";
import { Pager } from "./pager.js";
import { ENDED } from "./states.js";
import { count, isNumber, isText, moment, operation, vendor } from "./text.js";

const ALL = "api/v2/dags/~/dagRuns/~/taskInstances";
// Of the names of operators; Airflow reads a bar as "or".
const OURS = "FaceSwap|ModelsLab|Segmind";
const DOUBT = "faceswap_in_doubt";
const SHOWN = 20;

const taskOf = (ti) => ({ dagId: ti.dag_id, runId: ti.dag_run_id ?? ti.run_id, taskId: ti.task_id, mapIndex: ti.map_index });
const keyOf = (task) => [task.dagId, task.runId, task.taskId, task.mapIndex].join("\n");

/** List the task instances that are in one of the states. */
async function inStates(states, offset) {
  const query = new URLSearchParams({ operator_name_pattern: OURS, order_by: "-start_date", limit: SHOWN, offset });
  for (const state of states) query.append("state", state);
  const reply = await get(`${ALL}?${query}`);
  return { total: reply.total_entries, found: reply.task_instances };
}

/** List the task instances that pushed the XCom of a doubt; Airflow leaves out what the viewer may not read. */
async function inDoubt(offset) {
  const query = new URLSearchParams({ xcom_key: DOUBT, order_by: "-timestamp", limit: SHOWN, offset });
  const reply = await get(`${ALL}/~/xcomEntries?${query}`);
  const found = new Array(reply.xcom_entries.length);
  await forEach(reply.xcom_entries.entries(), async ([place, xcom]) => {
    found[place] = await find(taskUrl(taskOf(xcom)));
  });
  return { total: reply.total_entries, found: found.filter((ti) => ti !== null) };
}

/** Read what is known of a task's job; of a batch, how far it is. */
async function detailsOf(ti, task, doubted) {
  const isBatch = /Batch/.test(ti.operator_name ?? "");
  const kept = (await find(taskUrl(task, `state-store/${isBatch ? "faceswap_progress" : "faceswap"}`)))?.value ?? null;
  if (kept && !isBatch) return { entry: readEntry(kept) };
  const told = doubted ? (await find(taskUrl(task, `xcomEntries/${DOUBT}`)))?.value ?? null : null;
  return { progress: kept, told };
}

/** Return the item of a task instance. */
function itemOf(task, ti, { entry = null, progress = null, told = null }) {
  const item = itemOfTask(task, ti, null, entry);
  const isBatch = isNumber(progress?.total) && isNumber(progress?.done);
  if (isBatch) {
    const parts = ["running", "in_doubt", "failed"].filter((name) => progress[name] > 0);
    const notes = parts.map((name) => `${progress[name].toLocaleString("en")} ${name.replace("_", " ")}`);
    item.sentence = `Batch: ${[`${progress.done.toLocaleString("en")} of ${count(progress.total, "row")} done`, ...notes].join(", ")}.`;
  }
  if (told) {
    const rows = isNumber(told.rows) ? `${count(told.rows, "row")} of the batch ${told.rows === 1 ? "is" : "are"} in doubt.` : "";
    Object.assign(item, { label: "In doubt", tone: "doubt", sentence: rows, reason: told.problem, provider: told.provider });
  }
  return item.tone === "doubt" ? { ...item, ...doubtful(item) } : item;
}

/** Say briefly what a task in doubt waits for: its tab says more. */
function doubtful(item) {
  const when = moment(item.attemptedAt);
  const what = when ? `Submitted at ${when}, and nobody knows whether it was accepted.` : item.sentence;
  return { sentence: `${what} Open the task to decide.`.trim(), problem: isText(item.reason) ? item.reason : "" };
}

/** One job of a list. */
class Job {
  constructor({ task, ti }) {
    const label = ti.map_index < 0 ? "" : ` [${isText(ti.rendered_map_index) ? ti.rendered_map_index : ti.map_index}]`;
    const name = `${ti.dag_display_name || ti.dag_id} › ${ti.task_display_name || ti.task_id}${label}`;
    this.badge = new Badge();
    this.job = make("div", { class: "muted" });
    this.since = make("div", { class: "muted since" });
    this.sentence = make("p", { class: "muted" });
    this.problem = make("p", { class: "problem" });
    const run = airflowLink(task.runId, runPath(task), { "aria-label": `Face swaps of run ${task.runId}` });
    const where = make("div", { class: "muted" }, "Run ", run);
    const link = airflowLink(name, taskPath(task, TASK_TAB), { class: "task" });
    const said = make("div", { class: "what" }, where, this.sentence, this.problem);
    this.node = make("li", { class: "job" }, this.badge.node, make("div", {}, link), this.job, this.since, said);
  }

  update({ ti, item }) {
    this.badge.update(item);
    setAttribute(this.node, "data-tone", item.tone);
    const who = isText(item.provider) ? vendor(item.provider) : "";
    const job = isText(item.jobId) ? `job ${item.jobId}` : "";
    say(this.job, [who, operation(item.operation), job].filter(Boolean).join(" · "));
    say(this.since, moment(ti.start_date) && `Started ${moment(ti.start_date)}`);
    say(this.sentence, item.sentence);
    say(this.problem, item.problem);
  }
}

/** A list with its heading and its pages. */
class Listing {
  constructor({ title, tone, none, list, about = "", doubted = false }) {
    Object.assign(this, { about, none, list, doubted, offset: 0, rows: [] });
    this.known = new Map();
    this.number = make("span", { class: "number", "data-tone": tone });
    this.note = make("p", { class: "muted", role: "status" }, "Loading…");
    this.items = make("ul", { class: "jobs" });
    this.jobs = new Children(this.items, (row) => new Job(row));
    this.pager = new Pager(SHOWN, (offset) => this.#turn(offset));
    this.node = make("section", { class: "listing", "aria-label": title }, make("h2", {}, title, this.number));
    this.node.append(this.note, this.items, this.pager.node);
  }

  /** Read and show; a list that the viewer may not read says so. */
  async refresh() {
    try {
      const { total, found } = await this.list(this.offset);
      if (!found.length && total && this.offset) return this.#turn(0);
      this.total = total;
      this.rows = found.map((ti) => ({ ti, task: taskOf(ti) }));
      this.#show();
      await forEach(this.rows, async (row) => {
        await this.#read(row);
        this.#show();
      });
    } catch (error) {
      if (error.status !== 403) throw error;
      this.rows = [];
      this.#show(error.message);
    }
  }

  async #read({ ti, task }) {
    const version = `${ti.state} ${ti.try_number}`;
    const before = this.known.get(keyOf(task));
    if (before?.version === version && ENDED.has(ti.state)) return;
    this.known.set(keyOf(task), { version, ...(await detailsOf(ti, task, this.doubted)) });
  }

  async #turn(offset) {
    this.offset = offset;
    try {
      await this.refresh();
    } catch (error) {
      say(this.note, error.message);
    }
  }

  #show(problem = "") {
    const rows = this.rows.map((row) => ({ ...row, item: itemOf(row.task, row.ti, this.known.get(keyOf(row.task)) ?? {}) }));
    this.jobs.update(rows, ({ task }) => keyOf(task));
    say(this.number, problem ? "" : (this.total ?? 0).toLocaleString("en"));
    say(this.note, problem || (rows.length ? this.about : this.none));
    this.items.hidden = !rows.length;
    this.pager.update(this.offset, problem ? 0 : this.total ?? 0);
  }
}

/** Shows the three lists. */
export class JobsView {
  /** Seconds between two looks. */
  pace = 10;
  /** Whether it shows what it has before all is read. */
  early = true;

  constructor() {
    this.listings = [
      new Listing({
        title: "In doubt", tone: "doubt", list: inDoubt, doubted: true, none: "Nothing is in doubt.",
        about: "Nobody knows whether the vendor accepted these. Nothing is bought again until you decide.",
      }),
      new Listing({
        title: "Running", tone: "running", none: "No face swap runs now.",
        list: (offset) => inStates(["running", "deferred", "up_for_reschedule", "up_for_retry", "restarting"], offset),
      }),
      new Listing({
        title: "Failed", tone: "failed", none: "No face swap task has failed.",
        list: (offset) => inStates(["failed"], offset),
      }),
    ];
    this.node = make("div", {}, ...this.listings.map(({ node }) => node));
  }

  /** Read and show; there is always more to come. */
  async refresh() {
    await Promise.all(this.listings.map((listing) => listing.refresh()));
    return false;
  }
}
