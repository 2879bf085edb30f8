/** Dates and times in the time zone that the viewer chose in Airflow; UTC where none was chosen. */

const FIELDS = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
const formats = new Map();

function formatOf(timeZone) {
  if (!formats.has(timeZone)) {
    const options = { ...FIELDS, timeZone, hourCycle: "h23", timeZoneName: "short" };
    formats.set(timeZone, new Intl.DateTimeFormat("en", options));
  }
  return formats.get(timeZone);
}

function chosen() {
  try {
    return formatOf(JSON.parse(localStorage.getItem("timezone")) ?? "UTC");
  } catch {
    return formatOf("UTC"); // no storage, or no zone that this browser knows
  }
}

/** Return the day, the time and the zone's short name of seconds since the epoch. */
export function inZone(seconds) {
  const parts = chosen().formatToParts(seconds * 1000).map(({ type, value }) => [type, value]);
  const { year, month, day, hour, minute, second, timeZoneName } = Object.fromEntries(parts);
  return { day: `${year}-${month}-${day}`, time: `${hour}:${minute}:${second}`, zone: timeZoneName };
}
