/** Which media belong to an item, and what each of them is: what was edited, the new face, the result. */

import { dataUrl } from "./api.js";
import { fileName, isText, webLink } from "./text.js";

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
  const titles = { [roles.face]: "New face", [roles.reference]: "Replaced face", ...known };
  const seen = new Set();
  const media = [before, "face", "reference", ...names].flatMap((name) => {
    const urls = names.includes(name) ? flat(item.inputs[name]) : [];
    return urls.map((url, number) => ({ name, number, url, title: titles[name] ?? name }));
  });
  // FaceSwapOperator names its media twice: by its own names and by the vendor's.
  const once = media.filter(({ url }) => !seen.has(url) && seen.add(url));
  return {
    before: once.find(({ name }) => name === before) ?? null,
    others: once.filter(({ name }) => name !== before),
  };
}

/** Say how an input is shown; only what a stored result names can be loaded. */
export function shownInput(item, input, title) {
  const shown = { title, path: input.url, alt: `${title}: ${fileName(input.url)}`, video: isVideo(input.url, item) };
  if (webLink(input.url)) return { ...shown, link: webLink(input.url) };
  if (!input.url.includes("://")) return { ...shown, path: "", sentence: "Given as content, which is not kept." };
  if (!item.stored.length) return { ...shown, sentence: "Shown as soon as a result is stored." };
  return { ...shown, src: dataUrl(item.task, "media", { ...rowOf(item), input: input.name, number: input.number }) };
}

/** Say how an item's results are shown: its stored files, else the vendor's links, else a sentence. */
export function shownResults(item) {
  const title = "After";
  if (item.stored.length) {
    return item.stored.map((url, number) => ({
      title: number ? `After ${number + 1}` : title,
      path: url,
      alt: `After: ${fileName(url)}`,
      video: isVideo(url, item),
      src: dataUrl(item.task, "media", { ...rowOf(item), stored: number }),
    }));
  }
  const links = item.output.map(webLink).filter(Boolean);
  if (links.length) {
    const sentence = "Not stored by Airflow: it lies at the vendor, where links end soon.";
    return links.map((link) => ({ title, link, sentence, path: link.href }));
  }
  return [{ title, sentence: item.nothing }];
}

const isVideo = (url, item) => VIDEO.test(fileName(url)) || (!/\.\w+$/.test(url) && /video/.test(item.operation));
const rowOf = (item) => (item.row === null ? {} : { row: item.row });
