/** Values as people read them: a value that is missing becomes an empty text, which nothing shows. */

import { inZone } from "./zone.js";

const LATEST = 8e9; // seconds: what lies after it is no date that anybody meant

const VENDORS = new Map([["modelslab", "ModelsLab"], ["segmind", "Segmind"], ["aifaceswap", "aifaceswap.io"]]);

/** Return a vendor's name; the connection type where it is another vendor. */
export const vendor = (provider) => (isText(provider) ? VENDORS.get(provider) ?? provider : "the vendor");

/** Return a vendor's name as the first word of a sentence; a name keeps its small letters. */
export const subject = (provider) => (isText(provider) ? vendor(provider) : "The vendor");

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
  if (seconds < 59.5) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`;
  if (seconds < 570) return parts(Math.round(seconds), 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes < 2880 ? parts(minutes, 60, "h", "min") : parts(Math.round(minutes / 60), 24, "d", "h");
}

/** Return a number in two units, without the small one where it is zero. */
function parts(number, base, large, small) {
  const rest = number % base;
  return `${Math.floor(number / base).toLocaleString("en")} ${large}${rest ? ` ${rest} ${small}` : ""}`;
}

/** Return a number of bytes. */
export function size(bytes) {
  if (!isNumber(bytes) || bytes < 1) return "";
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3 + 0.0001));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power]}`;
}

/** Return what something cost. */
export function cost(value) {
  if (!isNumber(value?.amount)) return "";
  const amount = Number(value.amount.toFixed(Math.abs(value.amount) < 0.001 ? 7 : 4));
  const unit = isText(value.unit) ? value.unit : "credits";
  return amount === 1 ? `1 ${unit.replace(/s$/, "")}` : `${amount.toLocaleString("en", { maximumFractionDigits: 7 })} ${unit}`;
}

/** Return seconds since the epoch, of an ISO text or of a number; null where it is neither. */
function epoch(moment) {
  const seconds = isText(moment) ? Date.parse(moment) / 1000 : moment;
  return isNumber(seconds) && seconds > 0 && seconds < LATEST ? seconds : null;
}

/** Return a moment; without the day if it is today. */
export function moment(value, now = Date.now() / 1000) {
  const seconds = epoch(value);
  if (seconds === null) return "";
  const { day, time, zone } = inZone(seconds);
  return day === inZone(now).day ? `${time} ${zone}` : `${day} ${time} ${zone}`;
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

/** Return a path without its last part. */
export const folderOf = (path) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

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
