/* A generic sheet: rows by keyboard, fields that depend on others, and a draft kept every few seconds.
 * Without this script the page works: rows come by the button, every field is shown, nothing is kept until saved. */
import { shrink } from "./foto.js";

const CADA_MS = 5_000;

const llenar = document.querySelector("[data-llenar]");
if (llenar) {
  llenar.querySelector("button").hidden = false;
  llenar.addEventListener("submit", (event) => {
    event.preventDefault();
    location.assign(llenar.elements.llenar.value);
  });
}

const hoja = document.querySelector("#hoja.hoja-generica");
if (hoja) start(hoja);

function start(form) {
  form.querySelectorAll("[data-repetible]").forEach(prepareRows);
  showAsked(form);
  for (const event of ["input", "change"]) {
    form.addEventListener(event, () => { showAsked(form); workOut(form); });
  }
  form.addEventListener("change", (event) => {
    if (event.target.matches("input[type=file]")) shrink(event.target);
  });
  if (form.dataset.borrador) keepDraft(form);
}

/** A file that the draft kept is named by its id from then on, and not sent again. */
function nameKept(chosen, kept) {
  for (const [field, file] of chosen) {
    if (!kept[field.name] || field.files[0] !== file) continue;
    const box = field.closest(".archivo-campo");
    box.querySelector("input[type=hidden]").value = kept[field.name];
    box.querySelector("[data-adjunto]").hidden = false;
    field.value = "";
  }
}

/* ── Rows ───────────────────────────────────────────────────────────────────────────────────── */

function prepareRows(section) {
  const model = section.querySelector(".fila-generica");
  const button = section.querySelector("[data-mas]");
  if (!model) return;
  const blank = model.cloneNode(true);
  blank.querySelectorAll("input, select, textarea").forEach(clear);
  blank.querySelectorAll("output").forEach((one) => { one.value = ""; });
  blank.querySelectorAll(".texto-error").forEach((one) => one.remove());
  button.addEventListener("click", (event) => {
    event.preventDefault();
    addRow(section, blank);
  });
  section.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey === false && event.target.matches("input, select")) {
      event.preventDefault();
      next(section, event.target, blank);
    }
  });
}

function addRow(section, blank) {
  const rows = section.querySelectorAll(".fila-generica");
  if (rows.length >= Number(section.dataset.maximo)) return null;
  const last = Number(rows[rows.length - 1].dataset.fila) + 1;
  const row = blank.cloneNode(true);
  const code = section.dataset.repetible;
  const from = `${code}-${blank.dataset.fila}-`;
  row.dataset.fila = String(last);
  row.querySelector(".numero").textContent = String(last + 1);
  for (const node of row.querySelectorAll("[name], [id], [for], [aria-describedby], [data-otro-de], [aria-labelledby]")) {
    for (const name of ["name", "id", "for", "aria-describedby", "aria-labelledby", "data-otro-de"]) {
      const value = node.getAttribute(name);
      if (value) node.setAttribute(name, value.replace(from, `${code}-${last}-`));
    }
  }
  for (const box of row.querySelectorAll("[name=_quitar]")) box.value = box.value.replace(from, `${code}-${last}-`);
  section.querySelector(".filas").append(row);
  row.querySelector("input, select, textarea").focus();
  showAsked(hoja);
  return row;
}

function clear(field) {
  if (field.type === "checkbox") field.checked = false;
  else field.value = "";
  field.classList.remove("is-invalid");
  field.removeAttribute("aria-invalid");
  const kept = field.closest(".archivo-campo")?.querySelector("[data-adjunto]");
  if (kept) kept.hidden = true;
}

/** Enter goes to the next field; at the end of the last row it opens another. */
function next(section, field, blank) {
  const fields = [...section.querySelectorAll("input, select, textarea")].filter((f) => f.offsetParent);
  const found = fields[fields.indexOf(field) + 1];
  if (found) found.focus();
  else addRow(section, blank);
}

/* ── Conditions: as formats/engine/conditions.py describes them; what is not known here is shown ── */

function showAsked(form) {
  for (const box of form.querySelectorAll("[data-si]")) {
    const row = box.closest(".fila-generica");
    const base = row ? baseOf(row) : "";
    const asked = holds(JSON.parse(box.dataset.si), (name) => answer(form, base, name));
    const typed = [...box.querySelectorAll("input, select, textarea")].some((f) =>
      f.type === "checkbox" ? f.checked : f.value);
    box.hidden = !asked && !typed;
  }
  showOthers(form);
  for (const section of form.querySelectorAll("section.panel:not([data-repetible])")) {
    const boxes = [...section.querySelectorAll(".contenido-campo")];
    if (boxes.length) section.hidden = boxes.every((box) => box.hidden);
  }
}

function showOthers(form) {
  for (const box of form.querySelectorAll("[data-otro-de]")) {
    const chosen = form.elements.namedItem(box.dataset.otroDe);
    if (chosen?.tagName !== "SELECT") continue;
    box.hidden = chosen.value !== "otro" && !box.querySelector("input").value;
  }
}

function answer(form, base, name) {
  const own = form.elements.namedItem(base + name) ?? form.elements.namedItem(name);
  if (own) return own.value ?? "";
  const boxes = [...form.querySelectorAll(`input[type=checkbox][name^="${CSS.escape(`${base}${name}_`)}"]`)];
  return boxes.filter((b) => b.checked).map((b) => b.name.slice(base.length + name.length + 1));
}

function holds(rule, read) {
  const value = rule.campo === undefined ? "" : read(rule.campo);
  const given = value.length > 0;
  switch (rule.cond) {
    case "In": return [value].flat().some((v) => rule.values.map(plain).includes(plain(v)));
    case "Given": return given;
    case "Blank": return !given;
    case "Not": return !holds(rule.condition, read);
    case "Every": return rule.conditions.every((one) => holds(one, read));
    case "Some": return rule.conditions.some((one) => holds(one, read));
    default: return true;
  }
}

function plain(value) {
  if (value === true) return "sí";
  if (value === false) return "no";
  return String(value).toLowerCase();
}

/* ── Calculations: as formats/engine/calculations.py describes them; the server works them out again ── */

function workOut(form) {
  for (const output of form.querySelectorAll("output[data-calculo]")) {
    const rule = JSON.parse(output.dataset.calculo);
    const row = output.closest(".fila-generica");
    const found = rule.when && !holds(rule.when, (name) => answer(form, "", name)) ? null : valueOf(form, rule, row);
    output.value = found === null ? "" : String(Number(found.toFixed(6)));
  }
}

function valueOf(form, rule, row) {
  const own = (name) => answer(form, row ? baseOf(row) : "", name);
  switch (rule.calc) {
    case "Difference": return sum([number(own(rule.first)), negative(number(own(rule.second)))]);
    case "Balance": return balance(form, rule, row);
    case "RowsSum": {
      const rows = filled(form, rule.rows);
      return rows.length ? sum(met(form, rows, rule).map((one) => number(answer(form, baseOf(one), rule.amount)))) : null;
    }
    case "RowsCount": {
      const rows = filled(form, rule.rows);
      return rows.length ? met(form, rows, rule).length : null;
    }
    case "AnswersCount": {
      const given = rule.among.map(own).filter((v) => v.length);
      return given.length ? given.filter((v) => rule.values_counted.includes(v)).length : null;
    }
    case "Score": {
      const worth = new Map(rule.worth);
      const given = rule.among.map(own).filter((v) => worth.has(v)).map((v) => worth.get(v));
      return given.length ? Math.round((sum(given) / given.length) * 10) / 10 : null;
    }
    default: return null;
  }
}

function balance(form, rule, row) {
  let total = 0;
  for (const one of filled(form, rule.repetible)) {
    const kind = answer(form, baseOf(one), rule.kind);
    const amount = number(answer(form, baseOf(one), rule.amount));
    const known = rule.enters.includes(kind) || rule.leaves.includes(kind);
    total = known ? sum([total, rule.leaves.includes(kind) ? negative(amount) : amount]) : null;
    if (one === row) return total;
  }
  return null;
}

function filled(form, code) {
  const rows = form.querySelectorAll(`[data-repetible="${CSS.escape(code)}"] .fila-generica`);
  return [...rows].filter((row) => [...row.querySelectorAll("input:not([data-id-fila]), select, textarea")].some((f) =>
    f.type === "checkbox" ? f.checked : f.value));
}

function met(form, rows, rule) {
  return rule.where ? rows.filter((row) => holds(rule.where, (name) => answer(form, baseOf(row), name))) : rows;
}

function baseOf(row) {
  return `${row.closest("[data-repetible]").dataset.repetible}-${row.dataset.fila}-`;
}

function number(text) {
  const plain = String(text).trim().replace(/,(?=\d{3}(\D|$))/g, "");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : null;
}

function negative(value) {
  return value === null ? null : -value;
}

function sum(values) {
  return values.includes(null) ? null : values.reduce((one, two) => one + two, 0);
}

/* ── Draft ──────────────────────────────────────────────────────────────────────────────────── */

function keepDraft(form) {
  const told = document.querySelector("#estado-borrador");
  let typed = 0, kept = 0, sent = false;
  form.addEventListener("input", () => { typed += 1; });
  form.addEventListener("submit", () => { sent = true; });
  async function keep(leaving) {
    if (sent || typed === kept) return;
    const upTo = typed;
    const body = new FormData(form);
    const chosen = [...form.querySelectorAll("input[type=file]")].filter((f) => f.files.length).map((f) => [f, f.files[0]]);
    body.set("_formato", form.dataset.formato);
    if (form.dataset.registro) body.set("_registro", form.dataset.registro);
    try {
      const reply = await fetch(form.dataset.borrador, { method: "POST", body, keepalive: leaving });
      if (!reply.ok) throw new Error(String(reply.status));
      kept = upTo;
      if (reply.status === 200) {
        const { archivos, errores } = await reply.json();
        nameKept(chosen, archivos);
        const wrong = Object.values(errores);
        if (wrong.length) { told.textContent = wrong.join(" "); return; }
      }
      told.textContent = `Borrador guardado a las ${new Date().toLocaleTimeString("es-GT", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })}`;
    } catch {
      told.textContent = "Sin señal: lo escrito sigue en esta pantalla y se guardará al volver.";
    }
  }
  setInterval(() => keep(false), CADA_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep(true));
}
