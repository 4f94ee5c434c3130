// Photographs made smaller in the browser, so that little travels; without this the server takes them as they are.
const LADO = 1600;

/** The photographs of a file field, at most 1600 points wide or tall; what is no photograph stays as it is. */
export async function shrink(field) {
  const chosen = [...field.files];
  const small = await Promise.all(chosen.map(smaller));
  if (small.every((file, n) => file === chosen[n])) return;
  const moved = new DataTransfer();
  for (const file of small) moved.items.add(file);
  if (field.files.length === chosen.length && chosen.every((file, n) => field.files[n] === file)) field.files = moved.files;
}

async function smaller(file) {
  if (!file.type.startsWith("image/")) return file;
  try {
    const image = await createImageBitmap(file);
    const scale = LADO / Math.max(image.width, image.height);
    if (scale >= 1) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.85); });
    return blob ? new File([blob], `${file.name.replace(/\.[^.]*$/, "") || "foto"}.jpg`, { type: "image/jpeg" }) : file;
  } catch {
    return file; // not an image that this browser reads
  }
}
