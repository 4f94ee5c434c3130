/* The picture of a page beside the form: zoom, turn, move and a guide by keyboard; Enter goes on, Ctrl+Enter saves.
 * Without this script the page works: the whole picture above or beside the form, and the buttons of the form. */
const PASO = 60, AUMENTO = 1.25, MAXIMO = 8;

const visor = document.querySelector("[data-visor]");
const vista = visor ? mount(visor) : null;
const hoja = document.querySelector("form[data-transcribir]");
if (hoja) type(hoja);

/* ── The picture ────────────────────────────────────────────────────────────────────────────── */

function mount(section) {
  const box = section.querySelector(".lienzo");
  const image = box.querySelector("img");
  const guide = box.querySelector(".guia");
  const now = { zoom: 1, turn: Number(image.className.replace(/\D/g, "")) || 0, x: 0, y: 0, page: Number(section.dataset.hoja), guide: { top: 0.3, tall: 0.045, row: 0 } };
  image.className = "";
  box.classList.add("con-js");
  section.querySelector(".con-guion").hidden = false;
  section.querySelector(".sin-guion").hidden = true;

  function size() {
    const wide = image.naturalWidth || Number(image.getAttribute("width"));
    const tall = image.naturalHeight || Number(image.getAttribute("height"));
    return now.turn % 180 ? [tall, wide, wide, tall] : [wide, tall, wide, tall];
  }
  /** Zoom 1: the width of the page fills the box, so that handwriting can be read. */
  function draw() {
    const [w, h, wide, tall] = size();
    const scale = (box.clientWidth / w) * now.zoom;
    now.x = clamp(now.x, box.clientWidth - w * scale);
    now.y = clamp(now.y, box.clientHeight - h * scale);
    const origin = { 0: [0, 0], 90: [tall, 0], 180: [wide, tall], 270: [0, wide] }[now.turn];
    image.style.width = `${wide}px`;
    image.style.height = `${tall}px`;
    image.style.transform =
      `translate(${now.x + origin[0] * scale}px, ${now.y + origin[1] * scale}px) scale(${scale}) rotate(${now.turn}deg)`;
    const g = now.guide;
    guide.style.top = `${now.y + (g.top + g.row * g.tall) * h * scale}px`;
    guide.style.height = `${g.tall * h * scale}px`;
  }
  function clamp(at, least) {
    return least < 0 ? Math.min(0, Math.max(least, at)) : Math.min(Math.max(0, at), least);
  }
  function zoom(times) {
    const next = Math.min(MAXIMO, Math.max(0.25, now.zoom * times));
    const ratio = next / now.zoom;
    now.x = box.clientWidth / 2 - (box.clientWidth / 2 - now.x) * ratio;
    now.y = box.clientHeight / 2 - (box.clientHeight / 2 - now.y) * ratio;
    now.zoom = next;
    draw();
  }
  const acts = {
    acercar: () => zoom(AUMENTO),
    alejar: () => zoom(1 / AUMENTO),
    girar() { now.turn = (now.turn + 90) % 360; now.x = now.y = 0; draw(); },
    entera() {
      const [w, h] = size();
      now.zoom = Math.min(1, (box.clientHeight / h) / (box.clientWidth / w));
      now.x = now.y = 0;
      draw();
    },
    guia() {
      guide.hidden = !guide.hidden;
      section.querySelector("[data-ver=guia]").setAttribute("aria-pressed", String(!guide.hidden));
      keepInSight();
    },
    mover(dx, dy) { now.x += dx * PASO; now.y += dy * PASO; draw(); },
    bajar(by) { now.guide.top = Math.min(0.97, Math.max(0, now.guide.top + by * now.guide.tall)); keepInSight(); },
    alto(by) { now.guide.tall = Math.min(0.4, Math.max(0.01, now.guide.tall + by * 0.005)); keepInSight(); },
    otra(by) {
      const wanted = Math.min(Number(section.dataset.hojas), Math.max(1, now.page + by));
      if (wanted === now.page) return;
      now.page = wanted;
      image.src = section.dataset.visor.replace("/hojas/0/", `/hojas/${wanted}/`);
      image.alt = `Hoja ${wanted} en papel`;
      section.querySelector("[data-cual]").textContent = `Hoja ${wanted} de ${section.dataset.hojas}`;
      now.y = 0;
    },
    previa() { acts.otra(-1); },
    siguiente() { acts.otra(1); },
    fila(number) { now.guide.row = number; if (!guide.hidden) keepInSight(); },
  };
  function keepInSight() {
    draw();
    const top = parseFloat(guide.style.top), tall = parseFloat(guide.style.height);
    if (!guide.hidden && (top < 0 || top + tall > box.clientHeight)) { now.y -= top - box.clientHeight / 3; draw(); }
  }
  section.addEventListener("click", (event) => {
    const button = event.target.closest("[data-ver]");
    if (button) acts[button.dataset.ver]();
  });
  box.addEventListener("keydown", (event) => {
    if (!event.altKey && !event.ctrlKey && press(event.key)) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && press(event.key, event.shiftKey)) event.preventDefault();
  });
  function press(key, shift) {
    const keys = {
      "+": acts.acercar, "=": acts.acercar, "-": acts.alejar, 0: acts.entera, r: acts.girar, g: acts.guia,
      ArrowUp: () => acts.mover(0, 1), ArrowDown: () => acts.mover(0, -1),
      ArrowLeft: () => acts.mover(1, 0), ArrowRight: () => acts.mover(-1, 0),
      PageDown: () => (shift ? acts.alto(1) : acts.bajar(1)), PageUp: () => (shift ? acts.alto(-1) : acts.bajar(-1)),
      ",": acts.previa, ".": acts.siguiente, ";": acts.previa, ":": acts.siguiente,
    };
    const act = keys[key.length === 1 ? key.toLowerCase() : key];
    if (act) act();
    return Boolean(act);
  }
  /** The pages of a batch are of one format: zoom, turn and guide stay from one to the next. */
  function recall() {
    try {
      const kept = JSON.parse(sessionStorage.getItem("visor") ?? "null");
      if (kept?.lote !== batch) return;
      Object.assign(now, { zoom: kept.zoom, turn: kept.turn, x: kept.x, y: kept.y });
      Object.assign(now.guide, kept.guide);
      if (kept.open) acts.guia();
    } catch { /* nothing kept */ }
  }
  window.addEventListener("pagehide", () => {
    const { zoom: z, turn, x, y } = now;
    sessionStorage.setItem("visor", JSON.stringify({
      lote: batch, zoom: z, turn, x, y, guide: { top: now.guide.top, tall: now.guide.tall }, open: !guide.hidden,
    }));
  });
  const batch = section.dataset.visor;
  let held = null;
  box.addEventListener("pointerdown", (event) => { held = [event.clientX, event.clientY]; box.setPointerCapture(event.pointerId); });
  box.addEventListener("pointermove", (event) => {
    if (!held) return;
    now.x += event.clientX - held[0];
    now.y += event.clientY - held[1];
    held = [event.clientX, event.clientY];
    draw();
  });
  for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, () => { held = null; });
  box.addEventListener("wheel", (event) => {
    if (event.ctrlKey) { event.preventDefault(); zoom(event.deltaY < 0 ? AUMENTO : 1 / AUMENTO); return; }
    const before = now.y;
    now.y -= event.deltaY;
    draw();
    if (now.y !== before) event.preventDefault();
  }, { passive: false });
  image.addEventListener("load", () => {
    for (const name of ["width", "height"]) image.setAttribute(name, image[name === "width" ? "naturalWidth" : "naturalHeight"]);
    draw();
  });
  image.addEventListener("dragstart", (event) => event.preventDefault());
  new ResizeObserver(draw).observe(box);
  recall();
  draw();
  return acts;
}

/* ── The form ───────────────────────────────────────────────────────────────────────────────── */

function type(form) {
  for (const box of form.querySelectorAll(".nolee input")) box.tabIndex = -1;
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      event.stopPropagation();
      form.requestSubmit(form.querySelector("[data-guardar]"));
    } else if (event.key === "Enter" && event.target.matches("input, select, textarea") && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      goOn(form, event.target);
    } else if (event.altKey && event.key.toLowerCase() === "n" && mark(event.target)) {
      event.preventDefault();
    }
  }, true);
  form.addEventListener("focusin", (event) => {
    const row = event.target.closest(".fila-generica");
    const line = form.elements.namedItem("renglon");
    vista?.fila(row ? Number(row.dataset.fila) : Math.max(0, Number(line?.value || 1) - 1));
  });
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => { sent = false; });
  const first = document.querySelector("#errores") ?? fields(form).find((f) => !f.value && f.type !== "radio");
  first?.focus();
}

function fields(form) {
  return [...form.querySelectorAll("input, select, textarea")].filter(
    (f) => f.offsetParent && f.type !== "hidden" && !f.closest(".nolee") && f.type !== "radio");
}

/** The next field; at the last of a row, another row; from an empty row, what comes after it; at the end, the button. */
function goOn(form, field) {
  const every = fields(form), row = field.closest(".fila-generica");
  const mine = row ? every.filter((f) => row.contains(f)) : [];
  if (row && field === mine[0] && isBlank(mine) && Number(row.dataset.fila) > 0) return focusAfter(form, every, row.closest("[data-repetible]"));
  if (row && field === mine[mine.length - 1] && row === row.parentElement.lastElementChild) {
    if (isBlank(mine)) return focusAfter(form, every, row.closest("[data-repetible]"));
    const before = row.parentElement.childElementCount;
    row.closest("[data-repetible]").querySelector("[data-mas]").click();
    const last = row.parentElement.lastElementChild;
    last.querySelectorAll(".nolee input").forEach((box) => { box.tabIndex = -1; box.checked = false; });
    if (row.parentElement.childElementCount > before) return undefined;
    return focusAfter(form, every, row.closest("[data-repetible]"));
  }
  return (every[every.indexOf(field) + 1] ?? form.querySelector("[data-guardar]")).focus();
}

function isBlank(some) {
  return some.every((f) => (f.type === "checkbox" ? !f.checked : !f.value || f.selectedOptions?.[0]?.defaultSelected));
}

function focusAfter(form, every, section) {
  const found = every.find((f) => section.compareDocumentPosition(f) & Node.DOCUMENT_POSITION_FOLLOWING && !section.contains(f));
  (found ?? form.querySelector("[data-guardar]")).focus();
}

function mark(field) {
  const box = field.closest(".contenido-campo")?.querySelector(".nolee input");
  if (!box) return false;
  box.checked = !box.checked;
  return true;
}
