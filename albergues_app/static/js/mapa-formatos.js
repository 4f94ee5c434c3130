/* Who has which edition, over the frame that Folium drew (maps/frame.py).
 *
 * Data: {"departamentos": {"14": [al día, faltan, vieja, nunca]}, "municipios": {"1413": "al_dia"}}; only those of
 * the account's territory. A department opens into its municipalities; a municipality leads to its page.
 */
/* global L */
const ESTADOS = {
  al_dia: ["●", "al día"], incompleta: ["▲", "faltan formatos"], vieja: ["◆", "edición vieja"], nunca: ["■", "nunca recibió"],
};
const marco = document.getElementById("mapa-formatos");
const mapa = window[marco.dataset.mapa];
const caja = mapa.getContainer();
const aviso = marco.querySelector(".mapa-aviso");
const volver = marco.querySelector(".mapa-volver");
const dibujo = L.svg({ padding: 0.5 });
let abierto = null;
let munis = null;
let rotulos = [];

const decir = (texto) => { aviso.textContent = texto; aviso.hidden = !texto; };
const traer = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};
const total = (cuenta) => cuenta.reduce((suma, n) => suma + n, 0);
const parte = (cuenta) => Math.floor((100 * cuenta[0]) / total(cuenta));
const clase = (cuenta) => (!cuenta ? "fuera" : `f${parte(cuenta) === 100 ? 4 : Math.ceil(parte(cuenta) / 33.34)}`);

function describe(nombre, cuenta) {
  if (!cuenta) return `${nombre}: fuera de su territorio`;
  return `${nombre}: ${parte(cuenta)} % al día; ${cuenta[0]} de ${total(cuenta)} municipios, ${cuenta[1]} con formatos que faltan, `
    + `${cuenta[2]} con edición vieja, ${cuenta[3]} que nunca recibieron`;
}

function button(capa, codigo, texto, activate) {
  const path = capa.getElement();
  path.dataset.codigo = codigo;
  path.setAttribute("aria-label", texto);
  if (!activate) return;
  path.setAttribute("tabindex", "0");
  path.setAttribute("role", "button");
  capa.on("click", activate);
  path.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" && e.key !== " ") return;
    e.preventDefault();
    activate();
  });
}

function label(latlng, texto, className) {
  const node = document.createElement("span");
  node.className = `rotulo activo ${className}`;
  node.textContent = texto;
  rotulos.push(L.marker(latlng, {
    interactive: false, keyboard: false, icon: L.divIcon({ html: node, className: "rotulo-caja", iconSize: [0, 0] }),
  }).addTo(mapa));
}

const quitar = () => { rotulos.forEach((r) => r.remove()); rotulos = []; };
const room = () => {
  const leyenda = marco.querySelector(".mapa-leyenda");
  const encima = getComputedStyle(leyenda).position === "absolute" && leyenda.open;
  return { paddingTopLeft: [8, 8], paddingBottomRight: [encima ? Math.min(leyenda.offsetWidth + 16, caja.clientWidth / 3) : 8, 8], animate: false };
};

const [limites, datos] = await Promise.all([
  traer(marco.dataset.archivos + marco.dataset.departamentos), traer(marco.dataset.datos),
]).catch(() => {
  decir("▲ No se pudo traer el mapa. La tabla tiene los mismos datos.");
  return [null, null];
});

if (limites) {
  const deps = new Map();
  const capa = L.geoJSON(limites.departamentos, { style: { className: "dep c0", renderer: dibujo } }).addTo(mapa);
  L.geoJSON(limites.lagos, { interactive: false, style: { className: "lago", weight: 0, renderer: dibujo } }).addTo(mapa);

  const country = () => {
    quitar();
    for (const [codigo, { nombre, dep }] of deps) {
      const cuenta = datos.departamentos[codigo];
      dep.getElement().setAttribute("class", `dep ${clase(cuenta)} leaflet-interactive`);
      if (cuenta) label(limites.rotulos[codigo], `${parte(cuenta)} %`, "menor");
    }
  };
  const close = () => {
    if (!abierto) return;
    const { dep } = deps.get(abierto);
    munis?.remove();
    munis = abierto = null;
    volver.hidden = true;
    country();
    mapa.fitBounds(capa.getBounds(), room());
    dep.getElement().focus({ preventScroll: true });
  };
  const open = async (codigo) => {
    if (abierto === codigo) return;
    munis?.remove();
    munis = null;
    abierto = codigo;
    volver.hidden = false;
    quitar();
    for (const [otro, { dep }] of deps) dep.getElement().setAttribute("class", `dep c0${otro === codigo ? "" : " apagado"} leaflet-interactive`);
    mapa.fitBounds(deps.get(codigo).dep.getBounds(), room());
    try {
      const archivo = await traer(marco.dataset.archivos + limites.archivos[codigo]);
      if (abierto !== codigo) return;
      munis = L.geoJSON(archivo.municipios, { style: { className: "mun c0", renderer: dibujo } }).addTo(mapa);
      munis.eachLayer((m) => {
        const { codigo: muni, nombre } = m.feature.properties;
        const estado = datos.municipios[muni];
        m.getElement().setAttribute("class", `mun ${estado ? `e-${estado}` : "fuera"} leaflet-interactive`);
        const texto = estado ? `${nombre}: ${ESTADOS[estado][1]}` : `${nombre}: fuera de su territorio`;
        m.bindTooltip(document.createTextNode(texto), { className: "mapa-globo", sticky: true });
        button(m, muni, texto, estado && (() => window.location.assign(marco.dataset.ficha.replace("__CODIGO__", muni))));
        if (estado) label(archivo.rotulos[muni], ESTADOS[estado][0], "menor");
      });
    } catch {
      decir("▲ No se pudieron traer los municipios. Vuelva a abrir el departamento.");
    }
  };

  capa.eachLayer((dep) => {
    const { codigo, nombre } = dep.feature.properties;
    const cuenta = datos.departamentos[codigo];
    deps.set(codigo, { nombre, dep });
    dep.bindTooltip(() => document.createTextNode(describe(nombre, cuenta)), { className: "mapa-globo", sticky: true });
    button(dep, codigo, describe(nombre, cuenta), cuenta && (() => open(codigo)));
  });
  volver.addEventListener("click", close);
  caja.addEventListener("keydown", (e) => { if (e.key === "Escape") close(); });
  country();
  mapa.fitBounds(capa.getBounds(), room());
  const solo = Object.keys(datos.departamentos);
  if (solo.length === 1) await open(solo[0]);
  marco.dataset.listo = "1";
}
