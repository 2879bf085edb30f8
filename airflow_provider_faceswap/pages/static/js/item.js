/** One swap as the page shows it, whether it is a task's or a row of a batch. */

import { doubtOf, inDoubt, stateOf, wordsOf } from "./states.js";
import { isNumber, isText } from "./text.js";

const list = (value) => (Array.isArray(value) ? value.filter(isText) : []);
const idOf = (value) => (isNumber(value) ? String(value) : isText(value) ? value : "");
const UNDER_WAY = new Set(["running", "waiting"]);

/** Return an object that people or vendors may have written; null where it is something else. */
export const record = (value) => (value !== null && typeof value === "object" && !Array.isArray(value) ? value : null);

/** Return whether a task instance is a batch, by the name of its operator. */
export const isBatchClass = (ti) => /^FaceSwapBatch/.test(ti.operator_name ?? "");

const STATES = new Set(["intent", "in_doubt", "refused", "running", "finished", "failed"]);

/** Return the journal's entry as an object, null if it cannot be read; people may leave a bare job id there. */
export function readEntry(value) {
  if (typeof value === "number" || (isText(value) && /^[A-Za-z0-9_-]{1,128}$/.test(value.trim()))) {
    return { state: "running", job_id: String(value).trim() };
  }
  const entry = record(value);
  const state = entry?.state ?? "running";
  return entry && STATES.has(state) ? { ...entry, state } : null;
}

/** Return the item of a task instance. */
export function itemOfTask(task, ti, result, entry) {
  const told = record(result) ?? record(entry?.result) ?? {};
  const state = stateOf(ti, entry, told);
  const consent = ti.rendered_fields?.consent_reference;
  const item = {
    key: `${task.taskId}[${task.mapIndex}]`,
    title: "",
    task,
    row: null,
    ...factsOf(told, entry),
    ...state,
    attemptedAt: entry?.attempted_at ?? null,
    tries: ti.try_number,
    inDoubt: inDoubt(ti, entry),
    reason: reasonOf(entry?.problem),
    consent: isText(consent) && consent !== "None" ? consent : "",
    nothing: UNDER_WAY.has(state.tone) ? "The result will be shown here." : "",
  };
  if (item.inDoubt) item.sentence = doubtOf(item).join(" ");
  return item;
}

function factsOf(told, entry) {
  return {
    provider: told.provider ?? entry?.provider ?? "",
    operation: told.operation ?? entry?.operation ?? "",
    jobId: idOf(told.job_id ?? entry?.job_id),
    stored: list(told.stored),
    output: list(told.output),
    inputs: record(told.inputs) ?? record(entry?.made_from) ?? {},
    seconds: told.seconds ?? null,
    cost: told.cost ?? entry?.cost ?? null,
    reused: told.reused === true,
    faces: Array.isArray(told.faces) ? told.faces : null,
    isBatch: isText(told.manifest),
    bytes: Array.isArray(told.files) ? told.files.reduce((sum, file) => sum + (isNumber(file?.bytes) ? file.bytes : 0), 0) : null,
    submittedAt: told.submitted_at ?? entry?.attempted_at ?? null,
    deadline: entry?.state === "running" ? entry.deadline ?? null : null,
    baseUrl: entry?.base_url ?? "",
  };
}

/** Return why nobody knows, without what to do about it: the page offers that itself. */
const reasonOf = (error) => (isText(error) ? error.replace(/^submission in doubt: /, "").replace(/\. Look at [^]*$/, "") : "");

const ROW_STATES = {
  success: ["Success", "success", ""],
  failed: ["Failed", "failed", ""],
  in_doubt: ["In doubt", "doubt", ""],
  unfinished: ["Unfinished", "waiting", "The vendor has taken the job. Its result is not stored yet."],
  not_sent: ["Not sent", "none", "Nothing was submitted for this row."],
};

/** Return the item of a row of a batch. */
export function itemOfRow(task, row) {
  const [label, tone, sentence] = Object.hasOwn(ROW_STATES, row.status) ? ROW_STATES[row.status] : ["Unknown", "none", ""];
  const item = {
    key: `row ${row.index}`,
    title: `Row ${row.index}`,
    task,
    row: row.index,
    rowKey: isText(row.key) ? row.key : "",
    ...factsOf(row, null),
    label,
    tone,
    sentence,
    problem: row.status === "in_doubt" ? "" : wordsOf(row.error),
    reason: reasonOf(row.error),
    attemptedAt: row.submitted_at ?? null,
    inDoubt: row.status === "in_doubt",
    consent: isText(row.consent_reference) ? row.consent_reference : "",
    bytes: row.bytes ?? null,
    submittedAt: null,
    nothing: "",
  };
  if (item.inDoubt) item.sentence = doubtOf(item).join(" ");
  return item;
}
