/** Airflow's public API and the pages' own routes, with the session of whoever looks. */

/** Where Airflow is mounted; it may stand below a path. */
export const BASE = new URL("../../../../", import.meta.url);

const AT_ONCE = 4;

const SECONDS = 60;
const ITSELF = "The page tries again by itself.";

/** A request that did not work; `message` is a sentence for people. */
class RequestError extends Error {
  constructor(status, message, reason = "") {
    super(message);
    this.status = status;
    this.reason = reason;
  }

  /** Whether asking again can help. */
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Join parts of a path, each quoted. */
export const quoted = (...parts) => parts.map((part) => encodeURIComponent(part)).join("/");

/** Return the URL of a task instance in the public API. */
export function taskUrl({ dagId, runId, taskId, mapIndex }, suffix = "") {
  const path = `api/v2/dags/${quoted(dagId)}/dagRuns/${quoted(runId)}/taskInstances/${quoted(taskId)}`;
  return suffix ? `${path}/${suffix}?map_index=${mapIndex}` : path + (mapIndex < 0 ? "" : `/${mapIndex}`);
}

/** Return the URL of one of the pages' own routes. */
export function dataUrl(task, route, more = {}) {
  const query = new URLSearchParams({ run_id: task.runId, task_id: task.taskId, map_index: task.mapIndex });
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return new URL(`faceswap/pages/dags/${quoted(task.dagId)}/${route}?${query}`, BASE).href;
}

const unreadable = () => new RequestError(502, `Airflow's answer cannot be read. ${ITSELF}`);

/** Read a JSON object. */
export async function get(path) {
  const reply = await send("GET", path);
  if (reply === null || typeof reply !== "object") throw unreadable();
  return reply;
}

/** Read JSON; null where there is none. */
export async function find(path) {
  try {
    return await get(path);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** Do something for each, some at a time. */
export async function forEach(items, act) {
  const queue = [...items];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (queue.length) await act(queue.shift());
  }));
}

/** Send a request, and return its JSON; null where the reply is empty. */
export async function send(method, path, body) {
  const options = { method, credentials: "same-origin", headers: { accept: "application/json" } };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["content-type"] = "application/json";
  }
  const again = method === "GET" ? ITSELF : "Try again in a moment.";
  if (method === "GET") options.signal = AbortSignal.timeout(SECONDS * 1000);
  let response, text;
  try {
    response = await fetch(new URL(path, BASE), options);
    text = response.ok ? await response.text() : "";
  } catch {
    throw new RequestError(0, `Airflow does not answer. ${again}`);
  }
  if (!response.ok) throw await problemOf(response, again);
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    throw unreadable();
  }
}

/** Say what a reply that is an error means. */
export async function problemOf(response, again = ITSELF) {
  const reply = await response.json().catch(() => null);
  const detail = typeof reply?.detail === "string" ? reply.detail : "";
  const reason = typeof reply?.reason === "string" ? reply.reason : "";
  const known = {
    401: "You are logged out. Log in to Airflow, then open this tab again.",
    403: "You may not do or see this: your role lacks the right to this Dag's task instances or their XCom.",
    404: detail || "Airflow does not know this task instance.",
    429: `Airflow is asked too often just now. ${again}`,
  };
  const failed = `Airflow failed with status ${response.status}. ${again}`;
  const other = detail || `Airflow answered with status ${response.status}.`;
  const message = known[response.status] ?? (response.status >= 500 && !reason ? failed : other);
  return new RequestError(response.status, message, reason);
}
