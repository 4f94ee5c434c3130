// The log stays fresh: asks every few seconds for what came after the last folio; 304 costs nothing. What is typed is
// linked as it is typed, photographs are made smaller before they travel, and Ctrl+Enter saves.
import { shrink } from "./foto.js";

const CADA = 5000;
const ESPERA = 350;
let pedido = "";
const forma = document.querySelector("[data-guarda-atajo]");
const lista = document.querySelector("[data-bitacora]");

if (forma) escribir();
if (lista) {
  saltar();
  if (!("quieta" in lista.dataset)) vivir();
}

/* ── The form ───────────────────────────────────────────────────────────────────────────────── */

function escribir() {
  forma.addEventListener("keydown", (tecla) => {
    if (tecla.key === "Enter" && (tecla.ctrlKey || tecla.metaKey)) {
      tecla.preventDefault();
      forma.requestSubmit();
    }
  });
  let achicando = Promise.resolve();
  forma.elements.adjuntos?.addEventListener("change", (suceso) => { achicando = shrink(suceso.target); });
  let enviada = false;
  forma.addEventListener("submit", async (suceso) => {
    suceso.preventDefault(); // a second press sends nothing: the first is on its way
    if (enviada) return;
    enviada = true;
    await achicando;
    recordar();
    forma.submit();
  });
  globalThis.addEventListener("pageshow", () => { enviada = false; });
  seguir();
  let turno = 0;
  forma.addEventListener("input", (suceso) => {
    if (!["asunto", "detalle"].includes(suceso.target.name)) return;
    clearTimeout(turno);
    turno = setTimeout(enlazar, ESPERA);
  });
  enlazar();
}

/** After one is written the hand goes on with the next: the page that answers takes the focus to the form. */
function recordar() {
  try { sessionStorage.setItem("coe-anotado", location.pathname); } catch { /* without it the page begins at its top */ }
}

function seguir() {
  try {
    const de = sessionStorage.getItem("coe-anotado");
    sessionStorage.removeItem("coe-anotado");
    if (de === location.pathname && !document.getElementById("errores")) forma.elements.tipo.focus({ preventScroll: true });
  } catch { /* the same */ }
}

async function enlazar() {
  const texto = `${forma.elements.asunto.value}\n${forma.elements.detalle.value}`;
  if (texto === pedido) return;
  pedido = texto;
  if (!texto.trim()) return mostrar([]);
  try {
    const respuesta = await fetch(forma.dataset.enlaces, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": forma.elements.csrf_token.value },
      body: JSON.stringify({ texto }),
      credentials: "same-origin",
    });
    if (!respuesta.ok || respuesta.redirected) return;
    const dado = await respuesta.json();
    if (texto === pedido) mostrar(dado.enlaces);
  } catch { /* never in the way of writing */ }
}

function mostrar(enlaces) {
  const caja = forma.querySelector("[data-enlazados]");
  caja.hidden = !enlaces.length;
  caja.replaceChildren(...enlaces.map(({ texto, url, detalle }) => {
    const uno = document.createElement("li");
    if (!url) uno.className = "sin-enlace";
    const que = document.createElement(url ? "a" : "b");
    if (url) Object.assign(que, { href: url, target: "_blank", rel: "noopener" });
    que.textContent = texto;
    uno.append(que, detalle ? ` ${detalle}` : "");
    return uno;
  }));
}

/* ── The log ────────────────────────────────────────────────────────────────────────────────── */

/** A link to a folio that is on the page goes there, without loading anything. */
function saltar() {
  document.addEventListener("click", (suceso) => {
    const enlace = suceso.target.closest?.("a[href*='#folio-']");
    const cual = enlace && document.getElementById(new URL(enlace.href).hash.slice(1));
    if (!cual || suceso.ctrlKey || suceso.metaKey || enlace.target === "_blank") return;
    suceso.preventDefault();
    cual.tabIndex = -1;
    cual.focus({ preventScroll: true });
    cual.scrollIntoView({ block: "center" });
  });
}

function vivir() {
  const dicho = document.querySelector("[data-vivo]");
  let huella = lista.dataset.huella;
  let folio = Number(lista.dataset.ultimo);
  const dibujado = {};
  let turno = 0;
  let mirando = false;

  const decir = (texto, enlace) => {
    dicho.hidden = !texto;
    dicho.textContent = texto;
    if (enlace) {
      const a = Object.assign(document.createElement("a"), { href: location.href, target: "_blank", textContent: enlace });
      dicho.append(" ", a);
    }
  };

  async function pedir() {
    const direccion = new URL(lista.dataset.bitacora, location.href);
    direccion.searchParams.set("desde", folio);
    const respuesta = await fetch(direccion, { headers: { "If-None-Match": `"${huella}"` }, cache: "no-store" });
    if (respuesta.redirected || respuesta.status === 401) {
      decir("Su sesión terminó; lo escrito aquí sigue en la página.", "Entrar en otra pestaña");
      return false;
    }
    if (respuesta.status === 304) return decir(""), false;
    if (!respuesta.ok) return decir("No se pudo actualizar: se intenta de nuevo."), false;
    const dado = await respuesta.json();
    poner(dado.html);
    folio = dado.folio;
    if (!dado.faltan) huella = respuesta.headers.get("ETag").replace("W/", "").replaceAll('"', "");
    for (const [nombre, cuantas] of Object.entries(dado.cuentas)) {
      for (const cuenta of document.querySelectorAll(`[data-cuenta="${nombre}"]`)) cuenta.textContent = cuantas.toLocaleString("en-US");
    }
    const mas = alLado(dado.lado);
    const propuesto = mas === 1 ? "Hay una entrada propuesta más." : mas > 1 ? `Hay ${mas} entradas propuestas más.` : "";
    decir(dado.cerrada ? "Este COE se desactivó: la bitácora ya no admite entradas." : propuesto);
    return dado.faltan;
  }

  /** What stands beside the log, drawn anew where it changed; never under the hand of who is using it. */
  function alLado(partes) {
    const antes = cuantas();
    for (const [nombre, texto] of Object.entries(partes)) {
      const caja = document.querySelector(`[data-lado="${nombre}"]`);
      if (!caja || dibujado[nombre] === texto) continue;
      if (caja.contains(document.activeElement) && document.activeElement !== document.body) {
        caja.addEventListener("focusout", () => setTimeout(() => alLado({ [nombre]: texto })), { once: true });
        continue;
      }
      dibujado[nombre] = texto;
      const abiertas = [...caja.querySelectorAll("details[open]")].map((una) => una.parentElement.querySelector("[name=clave]")?.value ?? "");
      caja.replaceChildren(...new DOMParser().parseFromString(texto, "text/html").body.childNodes);
      for (const una of caja.querySelectorAll("details")) una.open = abiertas.includes(una.parentElement.querySelector("[name=clave]")?.value ?? "");
    }
    const ahora = cuantas();
    for (const enlace of document.querySelectorAll("[data-propuestas]")) {
      enlace.hidden = !ahora;
      enlace.textContent = ahora === 1 ? "1 propuesta" : `${ahora} propuestas`;
    }
    return ahora - antes;
  }

  function cuantas() {
    return Number(document.querySelector("[data-lado=propuestas] [data-total]")?.dataset.total ?? 0);
  }

  /** New ones on top; what they correct is drawn anew where it stands. */
  function poner(html) {
    const nuevas = [];
    for (const una of [...new DOMParser().parseFromString(html, "text/html").body.children]) {
      const ya = document.getElementById(una.id);
      if (ya) ya.replaceWith(una);
      else if (Number(una.dataset.folio) > folio) nuevas.push(una);
    }
    lista.prepend(...nuevas);
    if (nuevas.length) lista.parentElement.querySelector(".vacio")?.remove();
  }

  async function mirar() {
    clearTimeout(turno);
    if (mirando) return;
    mirando = true;
    try {
      // after hours of sleep there may be many: they come by parts until none is missing
      while (!document.hidden && (await pedir()));
    } catch {
      decir("Sin conexión: la bitácora se actualizará al volver.");
    }
    mirando = false;
    turno = setTimeout(mirar, CADA);
  }
  document.addEventListener("visibilitychange", mirar);
  globalThis.addEventListener("online", mirar);
  turno = setTimeout(mirar, CADA);
}
