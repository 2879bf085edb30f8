/** Chooses the view by the page's address, and reads again while something runs. */

import { say } from "./dom.js";
import { JobsView } from "./jobs.js";
import { RunView } from "./run.js";
import { TaskView } from "./task.js";

const SECONDS = 3;
const SECONDS_HIDDEN = 30;
const SECONDS_ENDED = 15; // somebody may clear the task
const SECONDS_AFTER_TROUBLE = 10;

const main = document.getElementById("view");
const banner = document.getElementById("banner");
let timer = 0;
let busy = false;
let asked = false;

/** Return a parameter; Airflow leaves a placeholder as it is where it has no value for it. */
function parameter(name) {
  const value = new URLSearchParams(location.search).get(name) ?? "";
  return /^\{[A-Z_]+\}$/.test(value) ? "" : value;
}

function viewOf() {
  if (main.dataset.view === "jobs") return new JobsView();
  const run = { dagId: parameter("dag_id"), runId: parameter("run_id") };
  if (!run.dagId || !run.runId) return null;
  const taskId = parameter("task_id");
  if (!taskId) return new RunView(run);
  const index = Number.parseInt(parameter("map_index"), 10);
  return new TaskView({ ...run, taskId, mapIndex: Number.isInteger(index) ? index : -1 }, again);
}

function attach() {
  document.getElementById("loading")?.remove();
  if (!view.node.isConnected) main.append(view.node);
}

/** Read again soon: something was decided. */
function again() {
  asked = true;
  clearTimeout(timer);
  timer = setTimeout(look, 500);
}

/** Say what went wrong, and return after how many seconds to look again; null for never. */
function trouble(error) {
  const known = typeof error.status === "number";
  say(banner, known ? error.message : "This page could not read Airflow's answer. Reload it; if that does not help, report it as a bug.");
  if (!known) reportError(error);
  return error.passes ? SECONDS_AFTER_TROUBLE : null;
}

async function look() {
  if (busy) return;
  busy = true;
  asked = false;
  let next = null;
  try {
    if (view.early) attach();
    const ended = await view.refresh();
    attach();
    say(banner, "");
    if (!document.hidden) next = ended ? SECONDS_ENDED : view.pace ?? SECONDS;
    else if (!ended) next = SECONDS_HIDDEN;
  } catch (error) {
    document.getElementById("loading")?.remove();
    next = trouble(error);
  } finally {
    busy = false;
    main.setAttribute("aria-busy", "false");
  }
  clearTimeout(timer);
  if (asked) again();
  else if (next !== null) timer = setTimeout(look, next * 1000);
}

const view = viewOf();
if (view) {
  document.addEventListener("visibilitychange", () => document.hidden || look());
  look();
} else {
  document.getElementById("loading").textContent = "Open this page as the tab of a task instance or a Dag run.";
}
