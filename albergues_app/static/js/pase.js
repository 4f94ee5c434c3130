// The roll-call keeps what was tapped in this telephone until the server has it, and counts while one taps.
// What is older than a shift is another night's: it is forgotten.
const SHIFT_MS = 12 * 3_600_000;
const LATE_MS = 30 * 60_000;
const wall = new Intl.DateTimeFormat("sv-SE", { timeZone: "America/Guatemala", dateStyle: "short", timeStyle: "short" });
const form = document.getElementById("pase");
if (form) start(form);

function start(form) {
  const key = `pase:${form.dataset.pase}`;
  const counter = document.getElementById("cuenta-pase");
  const offline = document.getElementById("sin-senal");
  const radios = [...form.querySelectorAll('input[type="radio"]')];

  const kept = read(key);
  if (kept && (kept.id === form.dataset.ultimo || !(Date.now() - kept.cuando < SHIFT_MS))) forget(key);
  else if (kept && !document.getElementById("errores")) {
    for (const r of radios) r.checked = kept.marcas[r.name] === r.value;
    for (const name of ["sin_registro", "ocurrido_en"]) if (kept[name]) form.elements[name].value = kept[name];
    form.elements.op_id.value = kept.id;
    const when = wall.format(kept.cuando);
    if (!kept.ocurrido_en && Date.now() - kept.cuando > LATE_MS) form.elements.ocurrido_en.value = when.replace(" ", "T");
    const told = document.getElementById("recuperado");
    told.querySelector("b").textContent = when.slice(-5);
    told.hidden = false;
    told.querySelector("button").addEventListener("click", () => { forget(key); form.reset(); told.hidden = true; count(); });
  }

  const keep = () => {
    const marcas = {};
    for (const r of radios) if (r.checked) marcas[r.name] = r.value;
    write(key, {
      id: form.elements.op_id.value,
      cuando: Date.now(),
      marcas,
      sin_registro: form.elements.sin_registro.value,
      ocurrido_en: form.elements.ocurrido_en.value,
    });
  };
  const count = () => {
    const said = { aqui: 0, no_esta: 0, sin_ver: 0 };
    for (const family of form.querySelectorAll("[data-familia]")) {
      const inside = family.querySelector('input[name^="d-"]');
      const whole = family.querySelector('input[name^="f-"]:checked');
      for (const id of inside ? inside.value.trim().split(/\s+/) : []) {
        const own = family.querySelector(`input[name="p-${id}"]:checked`);
        said[(own || whole || { value: "sin_ver" }).value] += 1;
      }
      for (const box of family.querySelectorAll(".uno-fuera")) {
        const own = box.querySelector("input:checked");
        if (own && own.value === "aqui") said.aqui += 1;
      }
    }
    counter.textContent = `${said.aqui} aquí · ${said.no_esta} no · ${said.sin_ver} sin ver`;
  };
  form.addEventListener("input", () => {
    keep();
    count();
  });
  count();

  let sure = false;
  form.addEventListener("submit", async (e) => {
    if (sure) return;
    e.preventDefault();
    keep();
    try {
      await fetch("/salud/vivo", { cache: "no-store" });
    } catch {
      offline.hidden = false;
      offline.scrollIntoView({ block: "center" });
      return;
    }
    sure = true;
    offline.hidden = true;
    form.requestSubmit();
  });
}

// A telephone may refuse its storage; the roll-call works without it.
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}
function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    /* full, or forbidden */
  }
}
function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    /* forbidden */
  }
}
