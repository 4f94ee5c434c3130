// The desk by keyboard: Enter goes on, one key says sex and unit, the next row opens by itself, matches while typing.
// Early help only: the server judges. Text of people is written by textContent.
const form = document.getElementById("hoja");
if (form) start(form);

function start(form) {
  document.documentElement.classList.add("con-js");
  const body = document.querySelector("#miembros tbody");
  const max = Number(form.dataset.maximo || 60);
  const answers = document.getElementById("coincide-respuestas");
  const timers = new Map();
  let asked = "";

  const rows = () => [...body.querySelectorAll("tr.miembro")];
  const cell = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const text = (row, name) => (cell(row, name)?.value || "").trim();
  const carried = (row) => cell(row, "apellidos").dataset.arrastrado === "si";
  const preset = (row) => cell(row, "parentesco").dataset.arrastrado === "si";
  const more = (row) => body.querySelector(`tr.mas-persona[data-mas="${row.dataset.fila}"]`);

  function used(row) {
    const own = ["nombres", "sexo", "edad", "documento_tipo", "cui"].some((n) => text(row, n));
    return own || (text(row, "apellidos") && !carried(row)) || (text(row, "parentesco") && !preset(row)) || moreUsed(row);
  }
  function moreUsed(row) {
    const extra = more(row);
    return extra ? [...extra.querySelectorAll("input,select")].some((i) => (i.type === "checkbox" ? i.checked : i.value && i.name.split("-")[2] !== "nacionalidad")) : false;
  }

  // ids are made where the record is born: UUIDv7
  function uuid7() {
    const b = crypto.getRandomValues(new Uint8Array(16));
    let t = Date.now();
    for (let i = 5; i >= 0; i--) { b[i] = t % 256; t = Math.floor(t / 256); }
    b[6] = (b[6] & 15) | 112;
    b[8] = (b[8] & 63) | 128;
    const h = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
  }

  function fromTemplate(id, n) {
    const copy = document.getElementById(id).content.firstElementChild.cloneNode(true);
    for (const el of [copy, ...copy.querySelectorAll("*")]) {
      for (const a of [...el.attributes]) {
        if (a.value.includes("__N__") || a.value.includes("__M__")) el.setAttribute(a.name, a.value.replaceAll("__N__", n).replaceAll("__M__", n + 1));
      }
    }
    return copy;
  }

  function addRow() {
    const all = rows();
    if (all.length >= max) return null;
    const n = Number(all[all.length - 1].dataset.fila) + 1;
    const row = fromTemplate("t-fila", n);
    row.querySelector(".numero").textContent = n + 1;
    row.querySelector('input[type="hidden"]').value = uuid7();
    cell(row, "nombres").placeholder = "o N/N";
    body.append(row);
    dress(row);
    return row;
  }

  function dress(row) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-mas";
    button.append(document.createTextNode("⋯"), Object.assign(document.createElement("span"), { className: "solo-tel", textContent: " Más datos" }));
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", `Más datos de la persona ${Number(row.dataset.fila) + 1}`);
    button.addEventListener("click", () => toggle(row, button));
    row.querySelector("td.mas").append(button);
  }

  function toggle(row, button) {
    let extra = more(row);
    if (!extra) {
      extra = fromTemplate("t-mas", Number(row.dataset.fila));
      row.after(extra);
      others(extra);
      extra.hidden = true;
    }
    extra.hidden = !extra.hidden;
    button.setAttribute("aria-expanded", String(!extra.hidden));
    if (!extra.hidden) extra.querySelector("input,select").focus();
  }

  // one empty row after the last used one; the others wait
  function arrange() {
    const all = rows();
    let last = -1;
    all.forEach((row, i) => { if (used(row)) last = i; });
    if (last === all.length - 1) { const added = addRow(); if (added) all.push(added); }
    all.forEach((row, i) => {
      const show = i <= last + 1;
      row.classList.toggle("sobra", !show);
      row.classList.toggle("nueva", i === last + 1 && i > 0);
      const extra = more(row);
      if (extra && !show) extra.hidden = true;
    });
    const next = all[last + 1];
    if (last >= 0 && next && (!text(next, "apellidos") || carried(next))) carry(next);
    tally(all.filter(used));
  }

  // the next row brings the surname of the row above (children) until somebody writes another
  function carry(row) {
    const above = rows()[Number(row.dataset.fila) - 1];
    const input = cell(row, "apellidos");
    if (!above || !text(above, "apellidos") || document.activeElement === input) return;
    input.value = text(above, "apellidos");
    input.dataset.arrastrado = "si";
  }

  function tally(list) {
    const count = (sex) => list.filter((r) => text(r, "sexo") === sex).length;
    const minors = list.filter((r) => text(r, "edad") !== "" && (text(r, "edad_unidad") !== "anios" || Number(text(r, "edad")) < 18)).length;
    const s = (n, one, many) => `${n} ${n === 1 ? one : many}`;
    const declared = Number(form.elements.integrantes_declarados?.value) || 0;
    document.getElementById("anotadas").textContent = `${s(list.length, "anotada", "anotadas")}${declared ? ` de ${s(declared, "declarada", "declaradas")}` : ""}`;
    document.getElementById("cuenta-personas").textContent = list.length
      ? `${s(list.length, "persona", "personas")} · ${s(count("mujer"), "mujer", "mujeres")}, ${s(count("hombre"), "hombre", "hombres")} · ${s(minors, "menor", "menores")} de 18 años`
      : "Puede guardar con lo mínimo y completar después.";
    const full = list.length > 0 && list.every((r) => [...r.querySelectorAll("[data-minimo]")].every((i) => i.value.trim()) && text(r, "edad"));
    const mark = document.getElementById("minimo");
    mark.className = `estado estado-${full ? "bien" : "sindato"}`;
    mark.querySelector("use").setAttribute("href", full ? "#i-bien" : "#i-sindato");
    mark.querySelector("span").textContent = full ? "Registro mínimo completo" : "Mínimo: nombre o N/N, sexo y edad";
    room(list.length);
  }

  function room(coming) {
    const capacity = form.dataset.capacidad;
    if (capacity === undefined) return;
    const after = Number(form.dataset.dentro) + coming;
    const box = document.getElementById("sobre");
    const over = after > Number(capacity);
    box.toggleAttribute("data-espera", !over);
    if (over) document.getElementById("sobre-texto").textContent = `${coming ? "Con esta familia:" : "Hay"} ${after} personas de ${capacity} de capacidad`;
  }

  // Over capacity the reason is asked for once, where the eyes are; saving again goes on without it.
  let reasonAsked = false;
  function reasonMissing() {
    const reason = form.elements.motivo_cupo;
    if (reasonAsked || !reason || reason.value.trim() || document.getElementById("sobre").hasAttribute("data-espera")) return false;
    reasonAsked = true;
    document.getElementById("sobre-pide").hidden = false;
    reason.focus();
    reason.scrollIntoView({ block: "center" });
    return true;
  }

  // Enter goes on in paper order; in an empty last row it goes to the needs
  function fields() {
    return [...form.querySelectorAll("input,select,textarea,button.btn-primary")].filter(
      (el) => el.type !== "hidden" && !el.disabled && el.offsetParent !== null && !el.closest("tr.mas-persona, details:not([open])"),
    );
  }
  function goOn(from) {
    arrange();
    const row = from.closest("tr.miembro");
    const list = fields().filter((el) => !(el.name || "").endsWith("-edad_unidad"));
    if (row && from === cell(row, "nombres") && !used(row) && Number(row.dataset.fila) > 0) {
      const after = list.find((el) => body.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING && !body.contains(el));
      if (after) after.focus();
      return;
    }
    const i = list.indexOf(from.name.endsWith("-edad_unidad") ? cell(row, "edad") : from);
    const next = list[i + 1];
    if (next) { next.focus(); if (next.select && next.type !== "checkbox") next.select(); }
  }

  form.addEventListener("keydown", (e) => {
    const el = e.target;
    if (e.key === "Enter" && e.ctrlKey) {
      e.preventDefault();
      return form.requestSubmit(form.querySelector('button[value="siguiente"]'));
    }
    if (e.key === "Enter" && el.matches("input,select") && el.type !== "file") {
      e.preventDefault();
      return el.type === "checkbox" ? el.click() : goOn(el);
    }
    if (e.ctrlKey || e.altKey || e.metaKey || e.key.length !== 1) return;
    const name = el.name || "";
    const key = e.key.toLowerCase();
    if (/-edad(_unidad)?$/.test(name) && "amd".includes(key)) {
      e.preventDefault();
      cell(el.closest("tr"), "edad_unidad").value = { a: "anios", m: "meses", d: "dias" }[key];
      arrange();
    } else if (name.endsWith("-sexo") && "mhn".includes(key)) {
      e.preventDefault();
      el.value = { m: "mujer", h: "hombre", n: "no_registrado" }[key];
      el.dispatchEvent(new Event("input", { bubbles: true }));
      goOn(el);
    }
  });

  // what the card reader typed into a field was taken out again
  form.addEventListener("repuesta", arrange);

  // How long this family takes: a clock that nobody sets, from the first key; a pause over five minutes is no work.
  const PAUSE_MS = 300_000;
  let spent = Number(form.elements.tiempo.value) || 0;
  let last = null;
  function tick() {
    const now = performance.now();
    if (last !== null && now - last <= PAUSE_MS) spent += now - last;
    last = now;
  }
  for (const kind of ["keydown", "pointerdown", "input"]) form.addEventListener(kind, tick, true);

  form.addEventListener("input", (e) => {
    form.dataset.escrito = "si";
    const el = e.target;
    if (el.dataset.arrastrado) delete el.dataset.arrastrado;
    const row = el.closest("tr.miembro");
    if (row) {
      if (row.dataset.fila === "0" && el.name.endsWith("-nombres") && !text(row, "parentesco")) {
        cell(row, "parentesco").value = "jefe";
        cell(row, "parentesco").dataset.arrastrado = "si";
      }
      arrange();
      plan(row);
    } else if (el.name === "integrantes_declarados") arrange();
  });

  form.addEventListener("submit", (e) => {
    if (reasonMissing()) { e.preventDefault(); return; }
    delete form.dataset.escrito;
    tick();
    form.elements.tiempo.value = Math.round(spent);
    for (const row of rows()) {
      if (used(row)) continue;
      for (const i of row.querySelectorAll("input,select")) i.disabled = true;
    }
  });
  window.addEventListener("beforeunload", (e) => { if (form.dataset.escrito) e.preventDefault(); });
  window.addEventListener("pageshow", () => { for (const i of form.querySelectorAll("tr.miembro :disabled")) i.disabled = false; });

  // municipalities of the chosen department only
  for (const select of form.querySelectorAll("select[data-dentro]")) {
    const above = form.elements[select.dataset.dentro];
    const groups = [...select.querySelectorAll("optgroup")];
    const narrow = () => {
      const chosen = above.value;
      for (const g of groups) {
        const inside = !chosen || g.firstElementChild.value.startsWith(chosen) || !/^\d\d$/.test(chosen);
        if (inside && !g.isConnected) select.insertBefore(g, select.querySelector(":scope > option:not([value=''])"));
        else if (!inside) g.remove();
      }
      if (select.value && /^\d\d$/.test(chosen) && /^\d{4}$/.test(select.value) && !select.value.startsWith(chosen)) select.value = "";
    };
    above.addEventListener("input", narrow);
    select.addEventListener("input", () => { if (!above.value && select.value) { above.value = select.value.slice(0, 2); narrow(); } });
    narrow();
  }

  // «Otro (especifique)» only where «otro» was chosen
  function others(scope) {
    for (const box of scope.querySelectorAll(".otro[data-otro-de]")) {
      const select = document.getElementById(`c-${box.dataset.otroDe}`);
      if (!select) continue;
      const show = () => box.classList.toggle("sobra", select.value !== "otro" && !box.querySelector("input").value);
      select.addEventListener("input", show);
      show();
    }
  }

  // ── possible matches ────────────────────────────────────────────────
  const panel = document.getElementById("coincide-lista");
  const counter = document.getElementById("coincide-cuenta");
  const make = (tag, words, cls) => Object.assign(document.createElement(tag), { textContent: words || "", className: cls || "" });
  const icon = (name) => {
    const part = (tag, has) => { const el = document.createElementNS("http://www.w3.org/2000/svg", tag); for (const [k, v] of Object.entries(has)) el.setAttribute(k, v); return el; };
    const svg = part("svg", { class: "ico", "aria-hidden": "true" });
    return svg.append(part("use", { href: `#i-${name}` })), svg;
  };

  function plan(row) {
    clearTimeout(timers.get(row));
    timers.set(row, setTimeout(() => search(row), 350));
  }

  async function search(row) {
    const what = Object.fromEntries(["nombres", "apellidos", "sexo", "edad", "edad_unidad", "cui"].map((n) => [n, text(row, n)]));
    what.municipio_procedencia = form.elements.municipio_procedencia?.value || "";
    const enough = (what.nombres && what.apellidos && !carried(row)) || (what.nombres && what.apellidos && what.edad) || what.cui.replace(/\D/g, "").length === 13;
    const key = JSON.stringify([row.dataset.fila, what]);
    if (key === asked) return;
    asked = enough ? key : "";
    if (!enough) return draw(row, []);
    try {
      const answer = await fetch(form.dataset.coincidencias, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value },
        body: JSON.stringify({ ...what, ya: rows().map((r) => r.querySelector('input[type="hidden"]').value) }),
        credentials: "same-origin",
      });
      if (answer.ok && answer.headers.get("Content-Type")?.includes("json")) draw(row, (await answer.json()).filas);
    } catch { /* never in the way of saving */ }
  }

  // what was shown travels with the sheet, «row:person:answer», so that nothing left open is forgotten
  const WAITS = ":sin_responder";
  const kept = (fila, id) => [...answers.children].find((i) => i.value.startsWith(`${fila}:${id}:`));
  function keep(fila, id, answer) {
    Object.assign(kept(fila, id) || answers.appendChild(make("input")), { type: "hidden", name: "coincidencia", value: `${fila}:${id}:${answer}` });
  }
  function forget(fila, which) {
    for (const i of [...answers.children]) { const [of, id] = i.value.split(":"); if (of === fila && which(id, i.value.endsWith(WAITS))) i.remove(); }
  }

  function draw(row, found) {
    const fila = row.dataset.fila;
    for (const old of panel.querySelectorAll(`[data-de="${fila}"]`)) old.remove();
    forget(fila, (id, waits) => waits || !found.some((f) => f.id === id));
    const pending = found.filter((f) => !f.id || !kept(fila, f.id));
    for (const f of pending) { if (f.id) keep(fila, f.id, WAITS.slice(1)); panel.append(card(row, f)); }
    row.classList.toggle("parecida", pending.length > 0);
    count();
  }

  function count() {
    const n = panel.querySelectorAll(".coincide:not(.resuelta)").length;
    document.getElementById("hay-aviso").hidden = !panel.querySelector(".aviso-puerta");
    counter.className = n ? "estado estado-aviso" : "";
    counter.replaceChildren(...(n ? [icon("aviso"), document.createTextNode(`${n} por revisar`)] : []));
  }

  function card(row, f) {
    const box = make("div", "", "coincide");
    box.dataset.de = row.dataset.fila;
    const who = Number(row.dataset.fila) + 1;
    if (!f.id) {
      box.append(make("h3", `Persona ${who}`), make("p", f.razones.join(" "), "chico"));
      if (form.dataset.consulta) box.append(question(row));
      return box;
    }
    const sex = { mujer: "Mujer", hombre: "Hombre" }[f.sexo] || "Sexo no registrado";
    box.append(make("h3", f.nombre), make("p", `${sex}, ${f.edad === null ? "edad sin dato" : `${f.edad} años`} · familia ${f.familia}`, "chico tenue"));
    const level = make("span", "", `estado marbete estado-${f.muy_parecida ? "alto" : "aviso"}`);
    level.append(icon(f.muy_parecida ? "alto" : "aviso"), document.createTextNode(f.muy_parecida ? "Muy parecida" : "Algo parecida"));
    box.appendChild(make("p")).append(level);
    for (const a of f.avisos) {
      const advice = make("div", "", `caja caja-${a.nivel} aviso-puerta`);
      advice.setAttribute("role", "alert");
      const title = make("h4", "", "h3c");
      title.append(icon(a.nivel), make("span", a.nombre));
      advice.append(title, make("p", a.texto, "aviso-que"));
      box.append(advice);
    }
    const list = make("ul");
    for (const reason of f.razones) { const li = make("li"); li.append(icon("ok"), make("span", reason)); list.append(li); }
    const where = list.appendChild(make("li"));
    where.append(icon(f.presente ? "aviso" : "reloj"), make("span", f.presente ? `Presente en ${f.albergue} desde ${f.desde}` : `Estuvo en ${f.albergue}; salió el ${f.desde}`));
    box.append(list, make("p", `Parecida a la persona ${who} de esta hoja`, "de"));
    const actions = make("div", "", "acciones");
    const [yes, no, unsure] = ["Es la misma", "No es", "No sé"].map((words) => Object.assign(make("button", words, "btn btn-sm"), { type: "button" }));
    const settle = (answer) => { keep(row.dataset.fila, f.id, answer); box.remove(); row.classList.toggle("parecida", Boolean(panel.querySelector(`[data-de="${row.dataset.fila}"]`))); count(); cell(row, "nombres").focus(); };
    for (const [button, act] of [[yes, () => same(row, f, box, actions)], [no, () => settle("distinta")], [unsure, () => settle("no_se")]]) button.addEventListener("click", act);
    actions.append(yes, no, unsure);
    box.append(actions);
    return box;
  }

  function same(row, f, box, actions) {
    keep(row.dataset.fila, f.id, "misma");
    box.classList.add("resuelta");
    row.classList.remove("parecida");
    if (f.presente && f.activacion === form.dataset.activacion) {
      const out = make("button", "Quitarla de esta hoja", "btn btn-sm");
      out.type = "button";
      out.addEventListener("click", () => { blank(row); done(actions, "Quitada de esta hoja; sigue registrada."); });
      actions.replaceChildren(out);
      box.append(make("p", "Ya está dentro de este albergue: no la registre otra vez.", "form-text"));
      out.focus();
    } else if (f.presente) {
      actions.replaceChildren(transfer(row, f, "", "Trasladar aquí a la persona"), transfer(row, f, "si", "Trasladar a toda su familia"));
      box.append(make("p", "Tiene estancia abierta: se registra un traslado, no otro ingreso. Nada se borra.", "form-text"));
      actions.querySelector("button").focus();
    } else {
      row.querySelector('input[type="hidden"]').value = f.id;
      actions.replaceChildren(make("span", `La persona ${Number(row.dataset.fila) + 1} se guardará como la ya conocida.`, "hecho chico"));
      cell(row, "nombres").focus();
    }
    count();
  }

  const questioned = new Map();
  // A record elsewhere: its sede is asked, and answers to «Consultas». Nothing of it comes here.
  function question(row) {
    const actions = make("div", "", "acciones lejos");
    const id = row.querySelector('input[type="hidden"]').value;
    if (questioned.has(id)) return done(actions, questioned.get(id)), actions;
    const ask = Object.assign(make("button", "Preguntar a su sede", "btn btn-sm"), { type: "button" });
    ask.addEventListener("click", async () => {
      ask.disabled = true;
      const what = Object.fromEntries(["nombres", "apellidos", "sexo", "edad", "edad_unidad", "cui"].map((n) => [n, text(row, n)]));
      let answer = null;
      try {
        answer = await fetch(form.dataset.consulta, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value },
          body: JSON.stringify({ ...what, id }),
          credentials: "same-origin",
        });
      } catch { /* no answer: said below */ }
      const said = answer?.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
      if (answer?.ok) {  // typing on may have drawn the card anew meanwhile
        questioned.set(id, said.mensaje);
        for (const shown of panel.querySelectorAll(`[data-de="${row.dataset.fila}"] .lejos`)) done(shown, said.mensaje);
        return;
      }
      ask.disabled = false;
      actions.querySelector(".texto-error")?.remove();
      actions.append(make("p", said.mensaje || "No hubo respuesta. Oprima otra vez.", "form-text texto-error"));
    });
    actions.append(ask);
    return actions;
  }

  function blank(row) {
    for (const i of row.querySelectorAll('input:not([type="hidden"]),select')) i.value = i.name.endsWith("-edad_unidad") ? "anios" : "";
    delete cell(row, "apellidos").dataset.arrastrado;
    forget(row.dataset.fila, () => true);
    arrange();
    cell(row, "nombres").focus();
  }
  const done = (actions, words) => actions.replaceChildren(Object.assign(make("span", words, "hecho chico"), { role: "status" }));

  // The transfer is sent from here, so that what is typed of the others stays on the sheet.
  function transfer(row, f, family, words) {
    const go = make("button", words, "btn btn-sm");
    const sent = { csrf_token: form.elements.csrf_token.value, id: uuid7(), origen: f.activacion, persona: f.id, familia: family };
    go.type = "button";
    go.addEventListener("click", async () => {
      const actions = go.parentElement;
      go.disabled = true;
      let answer = null;
      try {
        answer = await fetch(form.dataset.traslado, { method: "POST", body: new URLSearchParams(sent), credentials: "same-origin", headers: { Accept: "application/json" } });
      } catch { /* no answer: said below */ }
      const said = answer?.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
      if (answer?.ok) { blank(row); return done(actions, said.mensaje); }
      go.disabled = false;
      actions.querySelector(".texto-error")?.remove();
      actions.append(make("p", said.mensaje || "No hubo respuesta. Nada se perdió: oprima otra vez.", "form-text texto-error"));
    });
    return go;
  }

  rows().forEach(dress);
  others(form);
  arrange();
  const errors = document.getElementById("errores");
  if (errors) errors.focus();
  else {
    const first = document.querySelector("select[name='municipio_procedencia']").value ? cell(rows()[0], "nombres") : form.elements.departamento_procedencia;
    first.focus({ preventScroll: Boolean(document.querySelector(".aviso-puerta")) });
  }
}
