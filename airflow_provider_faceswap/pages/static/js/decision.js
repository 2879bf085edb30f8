/** A person's decision: written into the task state store, then the task is cleared, so that a worker obeys it. */

import { find, quoted, send, taskUrl } from "./api.js";

export const JOB_ID = /^[A-Za-z0-9_-]{1,128}$/;
const KEY = "faceswap_decision";
const STOP = "faceswap_stop";

const clearUrl = ({ dagId }) => `api/v2/dags/${quoted(dagId)}/clearTaskInstances`;

/** Return what names a decision: a worker obeys each one once. */
export const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

function clearing({ runId, taskId, mapIndex }, dryRun) {
  const which = mapIndex < 0 ? taskId : [taskId, mapIndex];
  const how = { dry_run: dryRun, only_failed: false, reset_dag_runs: true };
  return { ...how, dag_run_id: runId, task_ids: [which] };
}

const WHY_NOT = {
  403: () => "Your role may not clear this task, so it cannot decide here. Ask somebody who may.",
  404: () => "Airflow does not find this task in the Dag any more, so nothing can be decided here. Bring the task back, then open this tab again.",
  409: ({ message }) => `Airflow does not let this task be cleared now: ${message} Open this tab again when that is over.`,
};

/** Return why the viewer cannot clear the task, empty if it can be cleared; the API decides again when it is cleared. */
export async function whyNot(task) {
  try {
    await send("POST", clearUrl(task), clearing(task, true));
    return "";
  } catch (error) {
    const say = WHY_NOT[error.status];
    if (say) return say(error);
    if (error.passes || error.status === 401) throw error;
    return `This task cannot be cleared: ${error.message}`;
  }
}

/** Return the decision that lies in the store. */
export async function lastDecision(task) {
  const found = await find(taskUrl(task, `state-store/${KEY}`));
  return found?.value !== null && typeof found?.value === "object" ? found.value : null;
}

/** Write a decision and clear the task. */
export async function decide(task, value) {
  await send("PUT", taskUrl(task, `state-store/${KEY}`), { value });
  try {
    await send("POST", clearUrl(task), clearing(task, false));
  } catch (error) {
    error.message = `The decision is written, but the task could not be cleared: ${error.message} Clear it by hand.`;
    throw error;
  }
}

/** Ask a batch to submit nothing more. */
export function stopSubmitting(task) {
  return send("PUT", taskUrl(task, `state-store/${STOP}`), { value: { at: new Date().toISOString() } });
}

/** Return whether a batch was asked to submit nothing more. */
export async function isStopped(task) {
  return (await find(taskUrl(task, `state-store/${STOP}`))) !== null;
}
