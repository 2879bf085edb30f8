/** How a task instance stands, in a word and a sentence, by what Airflow, its result and its journal say. */

import { begun, expected, isNumber, isText, moment, operation, subject, vendor } from "./text.js";

/** States in which a task instance stays until somebody clears it. */
export const ENDED = new Set(["success", "failed", "skipped", "upstream_failed", "removed"]);

const SOON = new Set([null, undefined, "none", "no_status", "scheduled"]);
const IN_DOUBT = new Set(["in_doubt", "intent"]);

/** Return whether nobody knows if a submission was taken, and no worker finds out by itself. */
export const inDoubt = (ti, entry) => IN_DOUBT.has(entry?.state) && (ENDED.has(ti.state) || ti.state === "up_for_retry");

/** Return the vendor's own words of an error that names the job before it. */
export const wordsOf = (error) => (isText(error) ? begun(error.replace(/^[\w-]+ job [\w-]+ failed[:;] /, "")) : "");

/** Return `{label, tone, sentence, problem}`. */
export function stateOf(ti, entry, result) {
  const problem = wordsOf(entry?.problem);
  if (inDoubt(ti, entry)) return { label: "In doubt", tone: "doubt", sentence: "", problem: "" };
  if (SOON.has(ti.state)) return { label: "Not started", tone: "none", sentence: "The task has not started yet.", problem: "" };
  const known = {
    queued: ["Queued", "none", "The task is queued: no worker has started it yet."],
    restarting: ["Restarting", "running", "Airflow stops this try and starts the task again."],
    running: ["Running", "running", running(entry)],
    deferred: ["Waiting", "waiting", waiting(entry)],
    up_for_reschedule: ["Waiting", "waiting", "The sensor looks again in a while."],
    up_for_retry: ["Retrying", "waiting", "The last try failed. Airflow tries again by itself."],
    success: ["Success", "success", succeeded(result)],
    skipped: ["Skipped", "none", "Airflow skipped the task."],
    upstream_failed: ["Upstream failed", "failed", "A task before this one failed, so nothing was submitted."],
    removed: ["Removed", "none", "The task is no longer part of the Dag."],
    failed: ["Failed", "failed", failed(entry)],
  };
  const other = [begun(String(ti.state)), "none", `Airflow says: ${ti.state}.`];
  const [label, tone, sentence] = Object.hasOwn(known, ti.state) ? known[ti.state] : other;
  const troubled = ["failed", "up_for_retry"].includes(ti.state) || (ti.state === "deferred" && entry?.state === "refused");
  return { label, tone, sentence, problem: troubled ? problem : "" };
}

const jobOf = (entry) => (isText(entry?.job_id) ? `job ${entry.job_id}` : "the job");

function running(entry) {
  const who = vendor(entry?.provider);
  return {
    intent: `A worker is submitting the job to ${who}.`,
    in_doubt: `A worker is finding out whether ${who} accepted the job.`,
    running: `A worker waits for ${jobOf(entry)} at ${who}.${end(entry)}`,
    finished: `${begun(jobOf(entry))} is done. A worker collects its result.`,
  }[entry?.state] ?? "A worker runs the task. Nothing has been submitted yet.";
}

function waiting(entry) {
  const who = vendor(entry?.provider);
  return {
    intent: `Airflow waits, then finds out whether ${who} accepted the job.`,
    in_doubt: `Airflow waits for a callback from ${who}, which says whether the job was accepted.`,
    refused: `${subject(entry?.provider)} refused the job for now. Airflow submits it again by itself.`,
    running: `Airflow waits for ${jobOf(entry)} at ${who}, without a worker.${end(entry)}`,
    finished: `${begun(jobOf(entry))} is done. A worker collects its result.`,
  }[entry?.state] ?? "Airflow waits for the job, without a worker.";
}

function end(entry) {
  const known = isNumber(entry?.eta) && isNumber(entry.attempted_at);
  const eta = known ? expected(entry.attempted_at + entry.eta) : "";
  return eta ? ` Expected end: ${eta}.` : ` ${subject(entry?.provider)} gave no expected end.`;
}

function succeeded(result) {
  if (result?.status === "processing") return "Submitted. This task does not wait for the job: a sensor collects it.";
  if (Array.isArray(result?.faces)) return result.faces.length ? "" : "No face was found.";
  if (result?.reused === true) return "Taken from an earlier task with the same inputs. Nothing was bought.";
  if (result?.stored?.length) return "";
  return isText(result?.provider) ? "The result is not stored: the task has no output_path." : "The task returned no result of a face swap.";
}

function failed(entry) {
  const who = subject(entry?.provider);
  return {
    failed: `${who} took the job, and it failed for good.`,
    refused: `${who} did not take the job. Nothing was paid.`,
    running: `${begun(jobOf(entry))} was submitted, and its result was not collected. Clear the task to look again.`,
    finished: `${begun(jobOf(entry))} is done and paid, but the task failed after it. Clear the task to collect the result.`,
  }[entry?.state] ?? "The task failed. Its log says why.";
}

/** Say what happened where a submission is in doubt, in two sentences. */
export function doubtOf(item) {
  const who = vendor(item.provider);
  const what = isText(item.operation) ? `a job (${operation(item.operation)})` : "a job";
  const when = moment(item.attemptedAt);
  return [
    `Airflow submitted ${what} to ${who}${when ? ` at ${when}` : ""} and got no answer that says whether the job was accepted.`,
    "If it was, it is paid: nothing is bought again until you decide.",
  ];
}
