// The card at the door: a USB reader from anywhere on the page, the camera, or a photograph. Typing always works.
const SIGNS = "ACEFHJKMNPQRTVWXYZ23479";
const form = document.getElementById("lector");
if (form) start(form);

// the code inside what was read, «QK74M2»; "" when its check sign does not fit (the server judges again)
export function codeIn(text) {
  const signs = [...text.toUpperCase()].filter((s) => /[A-Z0-9]/.test(s)).join("");
  const values = [...signs].map((s) => SIGNS.indexOf(s));
  if (values.length !== 6 || values.includes(-1)) return "";
  const sum = values.slice(0, 5).reduce((total, v, i) => total + v * (i + 1), 0);
  return sum % SIGNS.length === values[5] ? signs : "";
}

function start(form) {
  const input = form.elements.codigo;
  const said = document.getElementById("a-codigo");
  const sheet = document.getElementById("hoja");

  function tell(words, level, link) {
    said.className = `form-text${level === "error" ? " texto-error" : ""}`;
    said.replaceChildren(document.createTextNode(words));
    if (link) said.append(" ", Object.assign(document.createElement("a"), { href: link.href, textContent: link.text }));
  }

  // a new family on the sheet takes a free card; a known one opens, unless something typed would be lost
  async function ask(code) {
    input.value = `${code.slice(0, 3)}-${code.slice(3)}`;
    tell("Buscando…");
    let answer = null;
    try {
      answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin", headers: { Accept: "application/json" } });
    } catch { /* no answer: said below */ }
    if (!answer?.headers.get("Content-Type")?.includes("json")) return tell("No hubo respuesta. Oprima «Abrir familia».", "error");
    const found = await answer.json();
    const field = sheet?.elements.tarjeta;
    if (found.clase === "libre" && field) {
      field.value = found.codigo;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      input.value = "";
      return tell(`Tarjeta ${found.codigo} libre: queda para la familia de esta hoja.`);
    }
    if (found.clase === "familia" && !sheet?.dataset.escrito) return location.assign(found.url);
    if (found.clase === "familia") return tell("Es de una familia ya registrada. Lo escrito sigue en la hoja.", "", { href: found.url, text: "Abrir la familia" });
    if (found.clase === "libre") return tell(found.mensaje, "", { href: found.url, text: "Registrar una familia con ella" });
    if (found.clase === "anulada") return tell(found.mensaje, "error", { href: found.url, text: "Abrir la familia de todos modos" });
    return tell(found.mensaje, "error");
  }

  // ── a USB reader types the code faster than any hand, wherever the focus is, and then Enter ─────────────────
  const FAST_MS = 50, SIGNS_OF_A_CODE = 6;
  let keys = []; // the last ones: sign, instant, and what the form held before it

  function remember() {
    const at = document.activeElement;
    return { at, written: sheet?.dataset.escrito, values: at?.form ? [...at.form.elements].map((el) => [el, el.value, el.checked]) : [] };
  }
  function putBack(before) {
    for (const [el, value, checked] of before.values) {
      if (el.type === "file") continue;
      if (el.value !== value) el.value = value;
      if (el.checked !== checked) el.checked = checked;
    }
    if (sheet) {
      if (before.written) sheet.dataset.escrito = before.written;
      else delete sheet.dataset.escrito;
      sheet.dispatchEvent(new Event("repuesta"));
    }
    if (before.at?.isConnected) before.at.focus();
  }

  // six signs in a quick run of their own that fit their check sign; null when a hand typed
  function scanned() {
    let from = keys.length;
    for (let signs = 0; from > 0 && signs < SIGNS_OF_A_CODE; from--) if (/[a-z0-9]/i.test(keys[from - 1].key)) signs++;
    const run = keys.slice(from);
    const code = codeIn(run.map((k) => k.key).join(""));
    if (!code || (run[run.length - 1].at - run[0].at) / (run.length - 1) > FAST_MS) return null;
    if (from > 0 && run[0].at - keys[from - 1].at <= FAST_MS) return null;
    return { code, before: run[0].before };
  }

  document.addEventListener("keydown", (e) => {
    if (e.key === "F2") { e.preventDefault(); input.focus(); input.select(); return; }
    if (e.ctrlKey || e.altKey || e.metaKey) { keys = []; return; }
    if (e.key === "Enter" || e.key === "Tab") {
      const found = document.activeElement === input ? null : scanned();
      keys = [];
      if (!found) return;
      e.preventDefault();
      e.stopImmediatePropagation();
      putBack(found.before);
      ask(found.code);
      return;
    }
    if (e.key.length === 1) keys = [...keys.slice(-9), { key: e.key, at: e.timeStamp, before: remember() }];
  }, true);

  form.addEventListener("submit", (e) => {
    const code = codeIn(input.value);
    if (!code || !sheet) return; // half a code: the server suggests
    e.preventDefault();
    ask(code);
  });

  const field = sheet?.elements.tarjeta;
  field?.addEventListener("change", async () => {
    const note = document.getElementById("a-tarjeta");
    const code = codeIn(field.value);
    note.className = "nota-tarjeta";
    note.textContent = "";
    if (!field.value.trim()) return;
    if (!code) { note.className = "nota-tarjeta texto-error"; note.textContent = "Ese código tiene un signo equivocado. Compárelo con la tarjeta."; }
  });

  // ── the camera ───────────────────────────────────────────────────────────────────────────────────────────────
  const button = document.getElementById("leer-camara");
  const photo = document.getElementById("leer-foto");
  const dialog = document.getElementById("camara");
  const video = dialog.querySelector("video");
  const hint = dialog.querySelector("[role=status]");
  const canvas = document.createElement("canvas");
  let detect = null;
  let stream = null;

  // the browser's own reader where there is one; else ours, fetched only now
  async function reader() {
    if (detect) return detect;
    if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
      const own = new BarcodeDetector({ formats: ["qr_code"] });
      detect = async (picture) => (await own.detect(picture)).map((f) => f.rawValue);
      return detect;
    }
    const worker = new Worker(form.dataset.obrero);
    let n = 0;
    const waiting = new Map();
    worker.addEventListener("message", ({ data }) => { waiting.get(data.n)?.(data); waiting.delete(data.n); });
    const broken = new Promise((_, no) => worker.addEventListener("error", () => no(new Error("lector"))));
    detect = (picture) => {
      const sent = ++n;
      const answer = new Promise((yes) => waiting.set(sent, yes));
      worker.postMessage({ n: sent, imagen: picture }, [picture.data.buffer]);
      return Promise.race([answer, broken]).then((data) => { if (data.error) throw new Error(data.error); return data.textos; });
    };
    return detect;
  }

  function pixels(source, width, height, largest) {
    const scale = Math.min(1, largest / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const paint = canvas.getContext("2d", { willReadFrequently: true });
    paint.drawImage(source, 0, 0, canvas.width, canvas.height);
    return paint.getImageData(0, 0, canvas.width, canvas.height);
  }
  const first = (texts) => texts.map(codeIn).find(Boolean) || "";

  function close() {
    for (const track of stream?.getTracks() || []) track.stop();
    stream = video.srcObject = null;
    if (dialog.open) dialog.close();
  }

  async function look() {
    hint.textContent = "Preparando la cámara…";
    dialog.showModal();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
      video.srcObject = stream;
      await video.play();
      const read = await reader();
      hint.textContent = "Acérquela hasta que el cuadro llene la mitad de la imagen.";
      while (stream) {
        if (video.videoWidth) {
          const code = first(await read(pixels(video, video.videoWidth, video.videoHeight, 900)));
          if (code && stream) {
            close();
            navigator.vibrate?.(60);
            return ask(code);
          }
        }
        await new Promise((next) => setTimeout(next, 120));
      }
    } catch {
      close();
      tell("La cámara no está disponible. Escriba el código de la tarjeta.", "error");
      input.focus();
    }
  }

  if (window.isSecureContext && navigator.mediaDevices?.getUserMedia && dialog.showModal) {
    button.hidden = false;
    button.addEventListener("click", look);
    dialog.addEventListener("close", close);
    dialog.querySelector("button").addEventListener("click", () => { close(); input.focus(); });
  } else if (matchMedia("(pointer: coarse)").matches) photo.hidden = false; // without https the telephone's own camera serves
  photo.querySelector("input").addEventListener("change", async (e) => {
    const file = e.target.files[0];
    if (!file) return;
    tell("Leyendo la fotografía…");
    try {
      const picture = await createImageBitmap(file);
      const code = first(await (await reader())(pixels(picture, picture.width, picture.height, 1600)));
      if (code) return ask(code);
      tell("En la fotografía no se ve el cuadro de la tarjeta. Acérquese y tómela de nuevo, o escriba el código.", "error");
    } catch {
      tell("No se pudo leer la fotografía. Escriba el código de la tarjeta.", "error");
    }
    e.target.value = "";
  });
}
