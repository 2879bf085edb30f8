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

/** Return whether the viewer may clear the task; the API decides again when it is cleared. */
export async function mayEdit(task) {
  try {
    await send("POST", clearUrl(task), clearing(task, true));
    return true;
  } catch (error) {
    if (error.passes) throw error;
    return false;
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
