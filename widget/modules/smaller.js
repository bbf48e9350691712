// Makes a smaller copy of a large photo, if the person wants to send that instead. Loaded when a large picture is chosen.
import { isPhoto, isWorth, sizeWithin } from "./smaller/decide.js";

/** Of JPEG: nobody sees the difference, and a photo gets a third of its size. */
const QUALITY = 0.85;

/** A smaller copy, turned as it is to be seen; null when there is none that is worth the choice. */
export async function smaller(file) {
  if (!isPhoto(file.type)) return null;
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const { width, height } = sizeWithin(bitmap.width, bitmap.height);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  // JPEG knows no transparency; without a ground it would be black.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  // The memory of the pixels, at once.
  canvas.width = 0;
  if (!blob || !isWorth(file.size, blob.size)) return null;
  return new File([blob], file.name.replace(/(\.\w+)?$/, ".jpg"), { type: blob.type, lastModified: file.lastModified });
}
