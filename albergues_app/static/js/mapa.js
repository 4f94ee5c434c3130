/* The command's map: figures over the frame that Folium drew (maps/frame.py).
 *
 * Data: one compact JSON, column by column, asked again every 30 s with its ETag while the tab is seen.
 *   {corte, departamentos: {"01": [personas, capacidad|null, con_reporte_viejo, solo_declaradas?]},
 *    campos: [...], columnas: [[...], ...], reservados: {"01": n}}
 * Text typed by people only ever goes through textContent.
 *
 * Sends on document:   mapa:listo {albergues, ms} · mapa:datos {corte} · mapa:departamento {codigo|null, nombre}
 *                      mapa:municipio {codigo, nombre}
 * Listens on document: mapa:ir {departamento} or {albergue} · mapa:recargar {url}
 */
/* global L */
const CADA_MS = 30_000;
const HORAS_VIEJO = 12;
const HORAS_MUDO = 24;
const TOPES = [0, 99, 499, 999];
const POCOS = 120;
const ROTULOS_DE_ALBERGUE = 8;
const ESTADOS = {
  bien: ["●", "Con lugar"],
  aviso: ["▲", "Casi lleno"],
  critico: ["■", "Sobre capacidad"],
  sindato: ["◌", "Capacidad sin dato"],
};
const GRAVEDAD = ["critico", "aviso", "bien", "sindato"];

const marco = document.getElementById("mapa-mando");
const mapa = window[marco.dataset.mapa];
const caja = mapa.getContainer();
const inicio = performance.now();
const formato = new Intl.NumberFormat("es-GT");
const numero = (n) => formato.format(n);
const avisar = (nombre, detail) => document.dispatchEvent(new CustomEvent(nombre, { detail }));

/* ── Small pieces ─────────────────────────────────────────────────────────────────────────────── */

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function band(personas, capacidad) {
  if (!capacidad) return "sindato";
  const ratio = personas / capacidad;
  return ratio > 1 ? "critico" : ratio >= 0.8 ? "aviso" : "bien";
}

const percent = (personas, capacidad) => `${Math.round((100 * personas) / capacidad)} %`;
const classOf = (personas) => TOPES.filter((tope) => personas > tope).length;
const plural = (n, uno, varios) => `${numero(n)} ${n === 1 ? uno : varios}`;
const isOld = (a) => a.horas === null || a.horas >= HORAS_VIEJO;
const isMute = (a) => a.horas === null || a.horas >= HORAS_MUDO;
/** Smaller on a telephone, where the country has a third of the pixels. */
const scale = () => Math.max(0.6, Math.min(1, caja.clientWidth / 760));
const radiusOf = (personas) => Math.max(3.5, Math.min(26, 1.18 * Math.sqrt(personas)) * scale());
const outerRadius = (a) => a.radio + (isOld(a) ? 5 : 0);

function silence(a) {
  if (a.horas === null) return "nunca ha dado parte";
  if (a.horas < 1) return "parte hace menos de 1 h";
  const horas = Math.floor(a.horas);
  const texto = horas < 48 ? `${horas} h` : `${Math.floor(horas / 24)} días`;
  return isOld(a) ? `sin parte desde hace ${texto}` : `parte hace ${texto}`;
}

function localTime(iso) {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("es-GT", {
      timeZone: "America/Guatemala", day: "2-digit", month: "2-digit", year: "numeric",
      hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    }).formatToParts(new Date(iso)).map((p) => [p.type, p.value]),
  );
  return `${parts.day}/${parts.month}/${parts.year} ${parts.hour}:${parts.minute}`;
}

/* ── Shelters on canvas ───────────────────────────────────────────────────────────────────────── */

let paleta = {};

function readPalette() {
  const style = getComputedStyle(marco);
  const color = (name) => style.getPropertyValue(name).trim();
  paleta = Object.fromEntries(
    ["bien", "aviso", "critico", "sindato", "papel", "tinta", "trama"].map((n) => [n, color(`--mm-${n}`)]),
  );
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const ctx = tile.getContext("2d");
  ctx.fillStyle = paleta.papel;
  ctx.fillRect(0, 0, 6, 6);
  ctx.strokeStyle = paleta.sindato;
  ctx.lineWidth = 2;
  ctx.beginPath();
  for (const d of [-6, 0, 6]) { ctx.moveTo(d - 1, 7); ctx.lineTo(d + 7, -1); }
  ctx.stroke();
  paleta.rayado = ctx.createPattern(tile, "repeat");
}

/** One shelter: colour = occupancy, size = people, hollow = not official, dashed ring = old data. */
const Marca = L.CircleMarker.extend({
  _updatePath() {
    const renderer = this._renderer;
    if (!renderer._drawing || this._empty()) return;
    const a = this.albergue;
    const ctx = renderer._ctx;
    const { x, y } = this._point;
    const circle = (radius) => { ctx.beginPath(); ctx.arc(x, y, radius, 0, 2 * Math.PI); };
    ctx.save();
    ctx.globalAlpha = 1;
    if (isOld(a)) {
      circle(a.radio + 4);
      ctx.setLineDash([3.5, 3]);
      ctx.lineWidth = isMute(a) ? 2.75 : 1.75;
      ctx.strokeStyle = paleta.tinta;
      ctx.stroke();
      ctx.setLineDash([]);
    }
    if (a.oficial) {
      circle(a.radio);
      ctx.fillStyle = a.banda === "sindato" ? paleta.rayado : paleta[a.banda];
      ctx.fill();
      ctx.lineWidth = 1.5;
      ctx.strokeStyle = a.banda === "sindato" ? paleta.sindato : paleta.papel;
    } else {
      const grosor = Math.min(3.5, a.radio * 0.6);
      circle(a.radio - grosor / 2);
      ctx.fillStyle = paleta.papel;
      ctx.fill();
      ctx.lineWidth = grosor;
      ctx.strokeStyle = paleta[a.banda];
    }
    ctx.stroke();
    ctx.restore();
  },
});

mapa.createPane("albergues").style.zIndex = 450;
mapa.createPane("rotulos").style.zIndex = 640;
const lienzo = L.canvas({ pane: "albergues", padding: 0.3 });
const visibles = new Set();
mapa.on("layeradd", (e) => e.layer instanceof Marca && visibles.add(e.layer));
mapa.on("layerremove", (e) => e.layer instanceof Marca && visibles.delete(e.layer));

let datos = null;        // decoded answer
let marcas = new Map();  // código → Marca
let grupo = null;
let abierto = null;      // open departamento, code or null
let modo = "personas";

function decode(json) {
  const columna = Object.fromEntries(json.campos.map((campo, i) => [campo, json.columnas[i]]));
  const albergues = columna.codigo.map((codigo, i) => {
    const solo = columna.solo_declaradas?.[i] ?? null;
    const personas = columna.personas[i] ?? null;
    const total = (personas ?? 0) + Number(solo ?? 0);
    const capacidad = columna.capacidad[i] ?? null;
    return {
      codigo, personas, solo, total, capacidad,
      nombre: columna.nombre[i], lat: columna.lat[i], lon: columna.lon[i],
      municipio: columna.municipio[i], oficial: Boolean(columna.oficial[i]),
      horas: columna.horas_sin_reporte[i] ?? null,
      banda: band(total, capacidad),
      radio: radiusOf(total),
    };
  });
  return { corte: json.corte, departamentos: json.departamentos ?? {}, reservados: json.reservados ?? {}, albergues };
}

const sumOf = (lista) => lista.reduce((suma, a) => suma + a.total, 0);

function clusterIcon(cluster) {
  const lista = cluster.getAllChildMarkers().map((m) => m.albergue);
  const personas = sumOf(lista);
  const llenos = lista.filter((a) => a.banda === "critico").length;
  const mudos = lista.filter(isMute).length;
  const cifra = numero(personas);
  const size = Math.round(Math.max(36, 14 + 7.5 * cifra.length, Math.min(60, 30 + 0.25 * Math.sqrt(personas))));
  const node = element("span", `cumulo${mudos ? " cumulo-mudo" : ""}`);
  let grados = 0;
  const tramos = GRAVEDAD.map((banda) => {
    const desde = grados;
    grados += (360 * lista.filter((a) => a.banda === banda).length) / lista.length;
    return `var(--mm-${banda}) ${desde}deg ${grados}deg`;
  });
  node.style.background = `conic-gradient(${tramos.join(",")})`;
  node.append(element("b", "", cifra));
  node.append(element("span", "visually-hidden",
    ` personas en ${plural(lista.length, "albergue", "albergues")}` +
    (llenos ? `, ${numero(llenos)} sobre capacidad` : "") +
    (mudos ? `, ${numero(mudos)} sin parte en 24 h` : "") + ". Acercar"));
  if (llenos) {
    const sello = element("i", "", numero(llenos));
    sello.setAttribute("aria-hidden", "true");
    node.append(sello);
  }
  return L.divIcon({ html: node, className: "cumulo-caja", iconSize: [size, size] });
}

function shown() {
  return datos.albergues.filter((a) => a.lat !== null && a.lon !== null
    && (!abierto || a.municipio.startsWith(abierto)));
}

function drawAlbergues(done) {
  const lista = shown();
  const same = grupo && marcas.size === lista.length && lista.every((a) => {
    const marca = marcas.get(a.codigo);
    return marca && marca.albergue.lat === a.lat && marca.albergue.lon === a.lon;
  });
  if (same) {
    for (const a of lista) {
      const marca = marcas.get(a.codigo);
      marca.albergue = a;
      marca.setRadius(outerRadius(a));
    }
    grupo.refreshClusters();
    done?.();
    return;
  }
  if (grupo) grupo.remove();
  visibles.clear();
  const pocos = lista.length <= POCOS;
  grupo = L.markerClusterGroup({
    animate: false, chunkedLoading: true, chunkInterval: 120, chunkDelay: 10, showCoverageOnHover: false,
    maxClusterRadius: (zoom) => (pocos ? 8 : zoom >= 11 ? 34 : 66),
    iconCreateFunction: clusterIcon, spiderLegPolylineOptions: { weight: 1.5, className: "pata" },
    chunkProgress: (hechas, total) => total && hechas === total && requestAnimationFrame(() => done?.()),
  });
  marcas = new Map(lista.map((a) => {
    const marca = new Marca([a.lat, a.lon], {
      renderer: lienzo, pane: "albergues", interactive: false, radius: outerRadius(a), weight: 3,
    });
    marca.albergue = a;
    return [a.codigo, marca];
  }));
  mapa.addLayer(grupo);  // before its markers: only a group on the map loads in pieces
  grupo.addLayers([...marcas.values()]);
  if (!lista.length) done?.();
}

/* ── Departamentos and municipios ─────────────────────────────────────────────────────────────── */

const limites = await mapa.limites.catch(() => null);
const nombres = limites?.datos.nombres ?? {};
const deps = new Map();  // code → {capa, borde, nombre}
let munis = null;        // {codigo, capa, rotulos} of the open departamento

function figuresOf(codigo) {
  const lista = datos.albergues.filter((a) => a.municipio.startsWith(codigo));
  if (codigo.length === 4) {
    const conCapacidad = lista.filter((a) => a.capacidad);
    return {
      total: sumOf(lista), personas: lista.reduce((s, a) => s + (a.personas ?? 0), 0),
      solo: lista.reduce((s, a) => s + Number(a.solo ?? 0), 0), albergues: lista.length, reservados: 0,
      viejos: lista.filter(isOld).length, dentro: sumOf(conCapacidad),
      capacidad: conCapacidad.reduce((s, a) => s + a.capacidad, 0) || null,
    };
  }
  const [personas = 0, capacidad = null, viejos = 0, solo = 0, , dentro] = datos.departamentos[codigo] ?? [];
  const reservados = datos.reservados[codigo] ?? 0;
  const total = (personas ?? 0) + (solo ?? 0);
  // Occupancy compares only the people of shelters whose capacity is known.
  return { total, dentro: dentro ?? total, personas, solo, capacidad, viejos, reservados, albergues: lista.length + reservados };
}

function describe(nombre, f) {
  return `${nombre}: ${plural(f.personas, "persona", "personas")}`
    + (f.solo ? ` y ${numero(f.solo)} solo declaradas` : "")
    + `, ${plural(f.albergues, "albergue", "albergues")}`
    + (f.capacidad ? `, ${percent(f.dentro, f.capacidad)} de ${numero(f.capacidad)} lugares` : ", capacidad sin dato")
    + (f.viejos ? `, ${numero(f.viejos)} sin parte en 12 h` : "")
    + (f.reservados ? `, ${numero(f.reservados)} en ubicación reservada` : "");
}

function paint(capa, base, f) {
  const path = capa.getElement();
  if (!path) return;
  const clase = modo === "personas" ? `c${classOf(f.total)}`
    : !f.total && !f.capacidad ? "c0" : { bien: "cb", aviso: "ca", critico: "cc", sindato: "cs" }[band(f.dentro, f.capacidad)];
  path.setAttribute("class", `${base} ${clase} leaflet-interactive`);
  path.classList.toggle("activo", f.total > 0);
}

function makeButton(capa, codigo, activate) {
  const path = capa.getElement();
  path.dataset.codigo = codigo;
  path.setAttribute("tabindex", "0");
  path.setAttribute("role", "button");
  path.setAttribute("aria-label", capa.feature.properties.nombre);  // its figures follow with the data
  capa.on("click", activate);
  path.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" && e.key !== " ") return;
    e.preventDefault();
    e.stopPropagation();
    activate();
  });
}

// Borders of the departamentos with people lie above: raising the polygons themselves would move the focus.
mapa.createPane("bordes").style.zIndex = 430;
const bordes = L.svg({ pane: "bordes", padding: 0.5 });
const orillas = limites && L.geoJSON(limites.datos.departamentos, {
  pane: "bordes", interactive: false, style: { className: "borde", renderer: bordes },
}).addTo(mapa).getLayers();

limites?.departamentos.getLayers().forEach((capa, i) => {
  const { codigo, nombre } = capa.feature.properties;
  deps.set(codigo, { capa, nombre, borde: orillas[i] });
  makeButton(capa, codigo, () => openDepartamento(codigo));
});

function paintAll() {
  for (const [codigo, { capa, nombre, borde }] of deps) {
    const f = figuresOf(codigo);
    paint(capa, "dep", f);
    borde.getElement().classList.toggle("visible", abierto === null ? f.total > 0 : abierto === codigo);
    capa.getElement().classList.toggle("apagado", abierto !== null && abierto !== codigo);
    capa.getElement().classList.toggle("abierto", abierto === codigo);
    capa.getElement().setAttribute("aria-label", `${describe(nombre, f)}. Abrir`);
  }
  munis?.capa.eachLayer((capa) => {
    const { codigo, nombre } = capa.feature.properties;
    const f = figuresOf(codigo);
    paint(capa, "mun", f);
    capa.getElement().setAttribute("aria-label", describe(nombre, f));
  });
}

function addHatch() {
  const svg = caja.querySelector(".leaflet-overlay-pane svg");
  if (!svg || svg.querySelector("#mapa-trama")) return;
  const ns = "http://www.w3.org/2000/svg";
  const make = (tag, attributes, parent) => {
    const node = document.createElementNS(ns, tag);
    Object.entries(attributes).forEach(([k, v]) => node.setAttribute(k, v));
    parent.append(node);
    return node;
  };
  const pattern = make("pattern", { id: "mapa-trama", width: 7, height: 7, patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)" }, make("defs", {}, svg));
  make("rect", { width: 7, height: 7, class: "trama-fondo" }, pattern);
  make("rect", { width: 2.2, height: 7, class: "trama-raya" }, pattern);
}

/** Room that the legend and the buttons take over the map, in pixels. */
function padding() {
  const leyenda = marco.querySelector(".mapa-leyenda");
  const encima = getComputedStyle(leyenda).position === "absolute" && leyenda.open
    && !marco.classList.contains("en-papel");
  const derecha = encima ? Math.min(leyenda.offsetWidth, caja.clientWidth / 4) : 0;
  return { paddingTopLeft: [12, caja.clientWidth < 576 ? 58 : 12], paddingBottomRight: [12 + derecha, 30], animate: false };
}

/** Leaflet drops a change of view asked for while it animates another. */
function fit(layer) {
  const go = () => mapa.fitBounds(layer.getBounds(), padding());
  if (mapa._animatingZoom) mapa.once("zoomend", go);
  else go();
}

function fitCountry() {
  if (limites) fit(limites.departamentos);
}

/** What is open fills the map again when the map changes its size. */
function fitOpen() {
  if (abierto) fit(deps.get(abierto).capa);
  else fitCountry();
}

async function openDepartamento(codigo) {
  if (abierto === codigo || !deps.has(codigo)) return;
  abierto = codigo;
  const { capa, nombre } = deps.get(codigo);
  munis?.capa.remove();
  munis = null;
  mapa.closePopup();
  fit(capa);
  volver.hidden = false;
  refresh();
  avisar("mapa:departamento", { codigo, nombre });
  try {
    const answer = await fetch(marco.dataset.archivos + limites.datos.archivos[codigo]);
    if (!answer.ok) throw new Error(String(answer.status));
    const archivo = await answer.json();
    if (abierto !== codigo) return;
    const geometria = L.geoJSON(archivo.municipios, { style: { className: "mun c0", renderer: limites.dibujo } });
    munis = { codigo, capa: geometria.addTo(mapa), rotulos: archivo.rotulos };
    geometria.eachLayer((m) => {
      const { codigo: muni, nombre: nombreMuni } = m.feature.properties;
      makeButton(m, muni, () => avisar("mapa:municipio", { codigo: muni, nombre: nombreMuni }));
    });
    refresh();
  } catch {
    showNotice("▲ No se pudieron traer los municipios. Vuelva a abrir el departamento.");
  }
}

function closeDepartamento() {
  if (abierto === null) return;
  const codigo = abierto;
  abierto = null;
  munis?.capa.remove();
  munis = null;
  volver.hidden = true;
  mapa.closePopup();
  fitCountry();
  refresh();
  deps.get(codigo).capa.getElement().focus({ preventScroll: true });
  avisar("mapa:departamento", { codigo: null, nombre: "Todo el país" });
}

/* ── Labels: names over the map, the important ones first, none over another ──────────────────── */

let rotulos = [];

function addLabel(latlng, prioridad, className, lines, { lado = "", capa = null } = {}) {
  const node = element("span", `rotulo ${className} ${lado}`);
  lines.forEach((line, i) => node.append(i ? " " : "", element(i ? "b" : "span", "", line)));
  const marker = L.marker(latlng, {
    pane: "rotulos", interactive: false, keyboard: false,
    icon: L.divIcon({ html: node, className: "rotulo-caja", iconSize: [0, 0] }),
  }).addTo(mapa);
  rotulos.push({ marker, node, prioridad, capa });
}

function labelTerritory(codigo, nombre, latlng, capa) {
  const f = figuresOf(codigo);
  if (!f.total) return addLabel(latlng, 0, codigo.length === 4 ? "quieto menor" : "quieto", [nombre], { capa });
  const [signo] = ESTADOS[band(f.dentro, f.capacidad)];
  // Registered and only declared are never mixed in one number.
  const cifra = modo === "personas" ? numero(f.personas) + (f.solo ? ` + ${numero(f.solo)} decl.` : "")
    : f.capacidad ? `${signo} ${percent(f.dentro, f.capacidad)}` : "sin dato";
  addLabel(latlng, 1000 + f.total, codigo.length === 4 ? "activo menor" : "activo", [nombre, cifra], { capa });
}

function labelAlbergues() {
  if (marco.classList.contains("en-papel")) return;  // no room beside the country; the table has them
  const sueltas = [...visibles].map((m) => m.albergue);
  if (sueltas.length > POCOS) return;
  const urgencia = (a) => (a.banda === "critico" ? 1e6 + a.total - a.capacidad : isMute(a) ? 1e5 + a.total : 0);
  const lons = sueltas.map((a) => a.lon);
  const centro = (Math.min(...lons) + Math.max(...lons)) / 2;
  sueltas.filter(urgencia).sort((a, b) => urgencia(b) - urgencia(a)).slice(0, ROTULOS_DE_ALBERGUE).forEach((a) => {
    const texto = a.banda === "critico" ? `${numero(a.total)} de ${numero(a.capacidad)}`
      : a.horas === null ? "nunca ha dado parte" : `sin parte, ${Math.floor(a.horas)} h`;
    const lado = a.lon > centro ? "derecha" : "izquierda";
    addLabel([a.lat, a.lon], 500, "aviso", [a.nombre, texto], { lado: `${lado} ${outerRadius(a) > 18 ? "lejos" : ""}` });
  });
}

function drawLabels() {
  rotulos.forEach((r) => r.marker.remove());
  rotulos = [];
  if (!limites || !datos) return;
  for (const [codigo, { nombre, capa }] of deps) {
    if (abierto === null || (abierto === codigo ? !munis : false)) {
      labelTerritory(codigo, nombre, limites.datos.rotulos[codigo], capa);
    }
  }
  munis?.capa.eachLayer((capa) => {
    const { codigo, nombre } = capa.feature.properties;
    labelTerritory(codigo, nombre, munis.rotulos[codigo], capa);
  });
  labelAlbergues();
  placeLabels();
}

const DESVIOS = [[0, 0], [0, -20], [0, 20], [0, -40], [0, 40], [-36, 0], [36, 0], [-36, -24], [36, 24], [36, -24],
  [-36, 24], [-64, 0], [64, 0], [0, -62], [0, 62]];
const overlap = (a, b) => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
const shifted = (c, [x, y]) => ({ left: c.left + x, right: c.right + x, top: c.top + y, bottom: c.bottom + y });

/** Each label tries a few places inside its own territory; the one that finds none stays hidden. */
function placeLabels() {
  const origin = caja.getBoundingClientRect();
  const inside = (capa, c) => {
    const p = mapa.containerPointToLayerPoint([(c.left + c.right) / 2 - origin.left, (c.top + c.bottom) / 2 - origin.top]);
    return capa.getElement().isPointInFill({ x: p.x, y: p.y });
  };
  const room = (capa) => {
    const b = capa.getBounds();
    return mapa.latLngToContainerPoint(b.getNorthEast()).x - mapa.latLngToContainerPoint(b.getSouthWest()).x;
  };
  const solid = [...caja.querySelectorAll(".cumulo"), ...marco.querySelectorAll(".mapa-leyenda, .mapa-barra > *, .leaflet-control")]
    .map((n) => n.getBoundingClientRect());
  const dots = visibles.size > POCOS ? [] : [...visibles].map((m) => {
    const p = mapa.latLngToContainerPoint(m.getLatLng());
    const r = m.getRadius();
    const x = p.x + origin.left;
    const y = p.y + origin.top;
    return { left: x - r, right: x + r, top: y - r, bottom: y + r };
  });
  const cut = (c) => c.left < origin.left || c.right > origin.right;
  // The name of a shelter goes to the other side of its point before the edge cuts it.
  const measured = rotulos.map((r) => {
    if (!r.capa && cut(r.node.getBoundingClientRect())) ["izquierda", "derecha"].forEach((c) => r.node.classList.toggle(c));
    return { ...r, caja: r.node.getBoundingClientRect() };
  });
  measured.sort((a, b) => b.prioridad - a.prioridad);
  for (const r of measured) {
    const quiet = r.prioridad === 0;
    const places = r.capa ? DESVIOS.slice(0, quiet ? 5 : undefined) : [[0, 0]];
    const free = (place, obstacles) => {
      const c = shifted(r.caja, place);
      return (r.capa ? inside(r.capa, c) : !cut(c)) && !obstacles.some((o) => overlap(c, o));
    };
    const place = quiet && r.capa && room(r.capa) < r.caja.width * 0.8 ? null
      : places.find((d) => free(d, r.capa ? [...solid, ...dots] : solid)) ?? (quiet ? null : places.find((d) => free(d, solid)));
    r.node.classList.toggle("tapado", !place);
    if (!place) continue;
    if (place[0] || place[1]) r.node.style.translate = `${place[0]}px ${place[1]}px`;
    solid.push(shifted(r.caja, place));
  }
}

/* ── Pointer: shelters first, then territory ──────────────────────────────────────────────────── */

function hit(point, slack) {
  let best = null;
  let least = Infinity;
  for (const marca of visibles) {
    const p = mapa.latLngToContainerPoint(marca.getLatLng());
    const distance = p.distanceTo(point);
    if (distance <= marca.getRadius() + slack && distance < least) { best = marca; least = distance; }
  }
  return best;
}

function popupContent(a) {
  const box = element("div", "mapa-ficha");
  box.append(element("h3", "", a.nombre));
  const lugar = [nombres[a.municipio], deps.get(a.municipio.slice(0, 2))?.nombre].filter(Boolean).join(", ");
  const sub = element("p", "sub");
  sub.append(element("span", "cod", a.codigo), ` ${lugar} · ${a.oficial ? "oficial" : "no oficial"}`);
  const [signo, texto] = ESTADOS[a.banda];
  const estado = element("p", `estado estado-${a.banda}`);
  const marbete = element("span", "", signo);
  marbete.setAttribute("aria-hidden", "true");
  estado.append(marbete, ` ${texto}`);
  const cifra = element("p", "cifra-ficha");
  cifra.append(element("b", "", numero(a.personas ?? 0)), ` ${a.personas === 1 ? "persona" : "personas"}`);
  if (a.solo) cifra.append(" · ", element("b", "", numero(Number(a.solo))), " solo declaradas");
  if (a.capacidad) cifra.append(` · de ${numero(a.capacidad)} lugares (${percent(a.total, a.capacidad)})`);
  box.append(sub, cifra, estado, element("p", isOld(a) ? "edad vieja" : "edad", silence(a)));
  if (marco.dataset.ficha) {
    const enlace = element("a", "", "Ver el albergue");
    enlace.href = marco.dataset.ficha.replace("__CODIGO__", encodeURIComponent(a.codigo));
    box.append(enlace);
  }
  return box;
}

function openPopup(marca) {
  L.popup({ maxWidth: 300, offset: [0, -marca.getRadius() / 2], className: "mapa-globo-ficha" })
    .setLatLng(marca.getLatLng()).setContent(popupContent(marca.albergue)).openOn(mapa);
}

mapa.on("popupopen", (e) => {
  e.popup.getElement().querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", "Cerrar");
});

caja.addEventListener("click", (e) => {
  if (mapa.dragging.moved() || e.target.closest(".leaflet-control, .leaflet-popup, .cumulo-caja")) return;
  const marca = hit(mapa.mouseEventToContainerPoint(e), e.pointerType === "touch" ? 12 : 3);
  if (!marca) return;
  e.stopPropagation();
  openPopup(marca);
}, true);

const globo = L.tooltip({ className: "mapa-globo", direction: "top", offset: [0, -8], opacity: 1 });
let pending = null;
caja.addEventListener("pointermove", (e) => {
  if (e.pointerType !== "mouse" || pending || !datos) return;
  pending = requestAnimationFrame(() => {
    pending = null;
    const free = !e.target.closest(".leaflet-control, .leaflet-popup, .cumulo-caja");
    const marca = free ? hit(mapa.mouseEventToContainerPoint(e), 3) : null;
    const codigo = free && !marca ? e.target.dataset?.codigo : null;
    caja.classList.toggle("sobre-albergue", Boolean(marca));
    if (marca) {
      const a = marca.albergue;
      const de = a.capacidad ? ` de ${numero(a.capacidad)}` : "";
      globo.setLatLng(marca.getLatLng()).setContent(element("span", "", `${a.nombre}: ${numero(a.total)}${de}`));
    } else if (codigo) {
      const nombre = codigo.length === 4 ? nombres[codigo] : deps.get(codigo).nombre;
      globo.setLatLng(mapa.mouseEventToLatLng(e)).setContent(element("span", "", describe(nombre, figuresOf(codigo))));
    } else {
      globo.remove();
      return;
    }
    globo.addTo(mapa);
  });
});
caja.addEventListener("pointerleave", () => globo.remove());
caja.addEventListener("focusin", () => mapa.scrollWheelZoom.enable());
caja.addEventListener("focusout", () => mapa.scrollWheelZoom.disable());
caja.addEventListener("click", () => mapa.scrollWheelZoom.enable());
caja.addEventListener("pointerleave", () => mapa.scrollWheelZoom.disable());

/* ── Notices, switch, refresh ─────────────────────────────────────────────────────────────────── */

const volver = marco.querySelector(".mapa-volver");
const aviso = marco.querySelector(".mapa-aviso");
const corte = marco.querySelector(".mapa-corte");

function showNotice(texto) {
  if (aviso.textContent !== texto) aviso.textContent = texto;
  aviso.hidden = !texto;
}

function writeCorte() {
  const ambito = abierto ? { [abierto]: datos.reservados[abierto] ?? 0 } : datos.reservados;
  const reservados = Object.values(ambito).reduce((s, n) => s + n, 0);
  const sinPunto = datos.albergues.filter((a) => (a.lat === null || a.lon === null)
    && (!abierto || a.municipio.startsWith(abierto))).length;
  corte.textContent = [
    `Corte ${localTime(datos.corte)}`,
    reservados && `ubicación reservada (${numero(reservados)})`,
    sinPunto && `${plural(sinPunto, "albergue", "albergues")} sin punto, en la tabla`,
  ].filter(Boolean).join(" · ");
}

function refresh(done) {
  if (!datos) return;
  addHatch();
  paintAll();
  writeCorte();
  drawAlbergues(() => { drawLabels(); done?.(); });
}

mapa.on("moveend", () => requestAnimationFrame(drawLabels));
volver.addEventListener("click", closeDepartamento);
caja.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  if (caja.querySelector(".leaflet-popup")) mapa.closePopup();
  else closeDepartamento();
});
marco.querySelectorAll("input[name=mapa-modo]").forEach((input) => input.addEventListener("change", () => {
  modo = input.value;
  marco.dataset.modo = modo;
  if (!datos) return;
  paintAll();
  drawLabels();
}));
document.addEventListener("mapa:ir", ({ detail }) => {
  if (detail.departamento !== undefined) {
    return detail.departamento ? openDepartamento(detail.departamento) : closeDepartamento();
  }
  const marca = marcas.get(detail.albergue);
  if (marca) {
    grupo.zoomToShowLayer(marca, () => {
      openPopup(marca);
      caja.querySelector(".mapa-ficha a")?.focus({ preventScroll: true });
    });
  }
});

/* ── Data: polled with its ETag ───────────────────────────────────────────────────────────────── */

let url = marco.dataset.datos;
let etag = null;
let failures = 0;
let timer = null;

async function load() {
  clearTimeout(timer);
  const asked = url;
  try {
    const answer = await fetch(asked, {
      headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store", credentials: "same-origin",
      signal: AbortSignal.timeout(20_000),
    });
    if (asked !== url) return;
    if (answer.status === 401 || answer.status === 403 || answer.redirected) {
      showNotice("▲ Su sesión terminó. Vuelva a entrar para ver datos nuevos.");
      return;
    }
    if (answer.status !== 304) {
      if (!answer.ok) throw new Error(String(answer.status));
      datos = decode(await answer.json());
      etag = answer.headers.get("ETag");
      const first = !marco.dataset.listo;
      refresh(() => {
        avisar("mapa:datos", { corte: datos.corte });
        if (!first || marco.dataset.listo) return;
        marco.dataset.listo = "1";
        avisar("mapa:listo", { albergues: datos.albergues.length, ms: Math.round(performance.now() - inicio) });
      });
    }
    failures = 0;
    showNotice(!limites ? "▲ No se pudieron traer los límites. Vuelva a cargar la página."
      : datos.albergues.length ? "" : "Ningún albergue abierto. Los que se abran aparecerán aquí.");
  } catch {
    failures += 1;
    showNotice(datos
      ? `▲ Sin conexión. Estos datos son del corte ${localTime(datos.corte)}.`
      : "▲ No se pudieron traer los datos. Se intenta de nuevo en un momento.");
  }
  timer = setTimeout(() => document.visibilityState === "visible" && load(), CADA_MS * Math.min(4, 2 ** Math.max(0, failures - 1)));
}

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && load());
document.addEventListener("mapa:recargar", ({ detail }) => { url = detail.url; etag = null; load(); });

/* ── Start, sizes, themes, paper ──────────────────────────────────────────────────────────────── */

function repaint() {
  readPalette();
  visibles.forEach((marca) => marca.redraw());
}

readPalette();
marco.querySelectorAll(".mapa-leyenda .tam").forEach((c, i) => c.setAttribute("r", radiusOf(i ? 50 : 150)));
fitCountry();
let fitted = null;
new ResizeObserver(() => {
  mapa.invalidateSize({ pan: false });
  if (!mapa.getSize().equals(fitted ?? [0, 0])) fitOpen();
  fitted = mapa.getSize();
}).observe(caja);
new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

/** On paper the map has a fixed size, and its drawings fit the sheet. */
function setPaper(enPapel) {
  marco.classList.toggle("en-papel", enPapel);
  if (limites) limites.dibujo.options.padding = bordes.options.padding = enPapel ? 0.05 : 0.5;
  lienzo.options.padding = enPapel ? 0.05 : 0.3;
  mapa.invalidateSize({ pan: false });
  fitOpen();
  repaint();
  drawLabels();
}
addEventListener("beforeprint", () => setPaper(true));
addEventListener("afterprint", () => setPaper(false));
showNotice("Cargando el mapa…");
load();
