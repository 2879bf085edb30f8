/** Links out of the tab: they move Airflow's own page, as a plain link would load Airflow inside the frame. */

import { BASE, quoted } from "./api.js";
import { make, setAttribute } from "./dom.js";

/** The tabs, by the plugin's URL routes: Airflow drops a second view of one name. */
export const TASK_TAB = "plugin/faceswap";
const RUN_TAB = "plugin/faceswap_run";

/** Return the path of a page about a task instance; `page` is one of its tabs. */
export function taskPath({ dagId, runId, taskId, mapIndex }, page = "") {
  const mapped = mapIndex < 0 ? "" : `/mapped/${mapIndex}`;
  const path = `dags/${quoted(dagId)}/runs/${quoted(runId)}/tasks/${quoted(taskId)}${mapped}`;
  return page ? `${path}/${page}` : path;
}

/** Return the path of the tab of a Dag run. */
export const runPath = ({ dagId, runId }) => `dags/${quoted(dagId)}/runs/${quoted(runId)}/${RUN_TAB}`;

/** Make a link to a page of Airflow. */
export function airflowLink(text, path, attributes = {}) {
  const link = make("a", { ...attributes, on: { click: follow } }, text);
  setAttribute(link, "href", new URL(path, BASE).href);
  return link;
}

function follow(event) {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || parent === window) return;
  event.preventDefault();
  const { href } = event.currentTarget;
  try {
    parent.history.pushState({}, "", href);
    parent.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  } catch {
    location.assign(href);
  }
}

/** Open a page of the open web in a tab of its own; the frame itself may open none. */
export function openElsewhere(url) {
  const host = parent === window ? document : parent.document;
  const link = host.createElement("a");
  Object.assign(link, { href: url.href, target: "_blank", rel: "noopener noreferrer", hidden: true });
  host.body.append(link);
  link.click();
  link.remove();
}
