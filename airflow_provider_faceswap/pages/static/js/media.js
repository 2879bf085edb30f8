/** Which media belong to an item, and what each of them is: what was edited, the new face, the result. */

import { dataUrl } from "./api.js";
import { begun, fileName, folderOf, isText, operation, webLink } from "./text.js";

const VIDEO = /\.(mp4|m4v|mov|webm|mkv|avi)$/i;

/** The names that vendors give to what is edited and to the new face, by operation; others are the same. */
const ROLES = {
  single_face_swap: { target: "init_image", face: "target_image", reference: "reference_image" },
  multiple_face_swap: { target: "init_image", face: "target_image" },
  single_video_swap: { target: "init_video", face: "init_image" },
  specific_video_swap: { target: "init_video", face: "init_image", reference: "reference_image" },
  "faceswap-v2": { target: "target_img", face: "source_img" },
  faceswap: { target: "source_image", face: "face_image" },
  multi_faceswap: { target: "source_image", face: "face_image" },
  video_faceswap: { target: "source_video", face: "face_image" },
  multi_video_faceswap: { target: "source_video", face: "ref_info" },
  extract_face: { target: "img" },
  extract_base64_face: { target: "base64_img" },
};

/** Return the media of an input in their order, as the pages' route counts them. */
function flat(media) {
  if (isText(media)) return [media];
  if (media === null || typeof media !== "object") return [];
  return Object.values(media).flatMap(flat);
}

/** Return what an item was made from: `{before, others}`, each medium with its title. */
export function inputsOf(item) {
  const roles = ROLES[item.operation] ?? {};
  const names = Object.keys(item.inputs);
  const before = names.includes("target") ? "target" : roles.target;
  const known = { face: "New face", reference: "Replaced face", ref_info: "Faces" };
  const titles = new Map(Object.entries({ [roles.face]: "New face", [roles.reference]: "Replaced face", ...known }));
  const ordered = [...new Set([before, "face", "reference", ...names])].filter((name) => names.includes(name));
  const media = ordered.flatMap((name) => {
    const urls = flat(item.inputs[name]);
    const title = titles.get(name) ?? begun(operation(name));
    return urls.map((url, number) => ({ name, number, url, title: urls.length > 1 ? `${title} ${number + 1}` : title }));
  });
  // FaceSwapOperator names its media twice: by its own names and by the vendor's.
  const first = new Map();
  for (const { url, name } of media) if (!first.has(url)) first.set(url, name);
  const once = media.filter(({ url, name }) => first.get(url) === name);
  const isBefore = ({ name, number }) => name === before && number === 0;
  return { before: once.find(isBefore) ?? null, others: once.filter((input) => !isBefore(input)) };
}

/** Say how an input is shown; only what a stored result names can be loaded. */
export function shownInput(item, input, title) {
  const shown = { title, ...placeOf(input.url), alt: `${title}: ${fileName(input.url)}`, video: isVideo(input.url, item) };
  if (webLink(input.url)) return { ...shown, link: webLink(input.url), sentence: "It lies on the open web, so it is not loaded here." };
  if (!input.url.includes("://")) return { title, sentence: "Given as content, which is not kept." };
  if (!item.stored.length) return { ...shown, sentence: item.nothing ? "It will be shown here together with the result." : "" };
  return { ...shown, src: dataUrl(item.task, "media", { ...rowOf(item), input: input.name, number: input.number }) };
}

/** Say how an item's results are shown: its stored files, else the vendor's links, else a sentence. */
export function shownResults(item) {
  const title = "After";
  if (item.stored.length) {
    return item.stored.map((url, number) => ({
      title: number ? `After ${number + 1}` : title,
      ...placeOf(url),
      alt: `After: ${fileName(url)}`,
      video: isVideo(url, item),
      src: dataUrl(item.task, "media", { ...rowOf(item), stored: number }),
    }));
  }
  const links = item.output.map(webLink).filter(Boolean);
  if (links.length) {
    const sentence = "Not stored by Airflow. It lies at the vendor, where links expire.";
    return links.map((link, number) => ({ title: number ? `${title} ${number + 1}` : title, ...placeOf(link.href), link, sentence }));
  }
  return item.nothing ? [{ title, sentence: item.nothing }] : [];
}

/** Say where a medium lies: its name, its folder or host, and the whole. */
const placeOf = (path) => ({ path, file: fileName(path), folder: webLink(path)?.host ?? folderOf(path) });
const isVideo = (url, item) => VIDEO.test(fileName(url)) || (!/\.\w+$/.test(fileName(url)) && /video/.test(item.operation));
const rowOf = (item) => (item.row === null ? {} : { row: item.row });
