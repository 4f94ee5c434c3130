// Marks on the list: a family marks its members; the form shows only what the chosen movement asks for.
const list = document.getElementById("lista-personas");
if (list) start(list);

function start(list) {
  document.documentElement.classList.add("con-js");
  const counter = document.getElementById("marcadas");
  const count = () => {
    if (!counter) return;
    const n = list.querySelectorAll('input[name="personas"]:checked').length;
    counter.textContent = n ? `${n} ${n === 1 ? "marcada" : "marcadas"}` : "Marque personas en la lista";
  };
  list.addEventListener("change", (e) => {
    const el = e.target;
    if (el.dataset.familia) for (const box of list.querySelectorAll(`[data-de="${el.dataset.familia}"]`)) box.checked = el.checked;
    if (el.dataset.de && !el.checked) {
      const whole = list.querySelector(`[data-familia="${el.dataset.de}"]`);
      if (whole) whole.checked = false;
    }
    count();
    if (el.name === "tipo") show(el.value);
  });
  const show = (kind) => {
    for (const part of list.querySelectorAll("[data-si]")) part.classList.toggle("sobra", part.dataset.si !== kind);
  };
  const kind = document.getElementById("c-tipo");
  if (kind) show(kind.value);
  count();
  const errors = document.getElementById("errores");
  if (errors) errors.focus();
  else list.querySelector(".puerta .btn-primary")?.focus({ preventScroll: Boolean(document.querySelector(".aviso-puerta")) });
}
