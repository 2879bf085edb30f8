/** Values as people read them: a value that is missing becomes an empty text, which nothing shows. */

const VENDORS = { modelslab: "ModelsLab", segmind: "Segmind", aifaceswap: "aifaceswap.io" };

/** Return a vendor's name. */
export const vendor = (provider) => (isText(provider) ? VENDORS[provider] ?? provider : "the vendor");

export const isText = (value) => typeof value === "string" && value.trim() !== "";
export const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** Return a sentence that begins as one. */
export const begun = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Return a count with its noun. */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** Return a length of time. */
export function duration(seconds) {
  if (!isNumber(seconds) || seconds < 0) return "";
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ""}`;
}

/** Return a number of bytes. */
export function size(bytes) {
  if (!isNumber(bytes)) return "";
  const units = ["bytes", "KB", "MB", "GB"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1000)));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power]}`;
}

/** Return what something cost. */
export function cost(value) {
  if (!isNumber(value?.amount)) return "";
  const amount = Number(value.amount.toFixed(4));
  const unit = isText(value.unit) ? value.unit : "credits";
  return amount === 1 ? `1 ${unit.replace(/s$/, "")}` : `${amount.toLocaleString("en")} ${unit}`;
}

/** Return seconds since the epoch, of an ISO text or of a number; null where it is neither. */
function epoch(moment) {
  if (isNumber(moment)) return moment > 0 ? moment : null;
  const parsed = isText(moment) ? Date.parse(moment) / 1000 : NaN;
  return Number.isFinite(parsed) ? parsed : null;
}

/** Return a moment, in UTC; without the day if it is today. */
export function moment(value, now = Date.now() / 1000) {
  const seconds = epoch(value);
  if (seconds === null || seconds > 8e9) return "";
  const [day, time] = new Date(seconds * 1000).toISOString().slice(0, 19).split("T");
  const today = new Date(now * 1000).toISOString().slice(0, 10);
  return day === today ? `${time} UTC` : `${day} ${time} UTC`;
}

/** Return a moment that is to come, and how far away it is. */
export function expected(value, now = Date.now() / 1000) {
  const seconds = epoch(value);
  if (seconds === null) return "";
  const away = seconds - now;
  const near = away >= 1 ? `in ${duration(Math.ceil(away))}` : "it should be done by now";
  return `${moment(seconds, now)} (${near})`;
}

/** Return the last part of a path. */
export function fileName(url) {
  const path = String(url).split(/[?#]/)[0].replace(/\/+$/, "");
  return path.slice(path.lastIndexOf("/") + 1) || path;
}

/** Return a link to the open web as a URL; null for anything else. */
export function webLink(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url : null;
  } catch {
    return null;
  }
}

/** Return an operation as words. */
export const operation = (name) => (isText(name) ? name.replace(/_/g, " ") : "");
