/* A page with several forms sends one: what was typed in the others goes with the tab to the page that answers, and
 * nowhere else. It is taken out of the tab as soon as any page of ours is read. Without this script it is lost. */
const CLAVE = "otros-formularios", VALE_MS = 60_000;

const forms = [...document.querySelectorAll("main form[method=post i][action]:not([data-borrador])")];
const once = forms.filter((form) => forms.filter((other) => same(form, other)).length === 1);
recall();
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) keep(event.target);
});

function same(one, two) {
  return one.getAttribute("action") === two.getAttribute("action");
}

function fields(form) {
  return [...form.elements].filter((field) => field.name && /^(INPUT|SELECT|TEXTAREA)$/.test(field.tagName)
    && !/^(hidden|password|file|submit|button)$/.test(field.type));
}

function isBox(field) {
  return /^(checkbox|radio)$/.test(field.type);
}

function typed(field) {
  if (isBox(field)) return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return !field.selectedOptions[0]?.defaultSelected && field.selectedIndex > 0;
  return field.value !== field.defaultValue;
}

/** A form that was refused shows what was typed as if it had always been there. */
function came(form, field) {
  return !isBox(field) && field.value !== "" && form.querySelector("[aria-invalid]") !== null;
}

function keep(sent) {
  const others = once.filter((form) => form !== sent)
    .map((form) => [form.getAttribute("action"), fields(form).filter((f) => typed(f) || came(form, f)).map((f) => [f.name, f.value, f.checked, isBox(f)])])
    .filter(([, values]) => values.length);
  try {
    if (others.length) sessionStorage.setItem(CLAVE, JSON.stringify({ hasta: Date.now() + VALE_MS, otros: others }));
  } catch { /* nothing is kept */ }
}

function recall() {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(CLAVE));
    sessionStorage.removeItem(CLAVE);
  } catch { /* nothing was kept */ }
  if (!kept || kept.hasta < Date.now()) return;
  for (const [action, values] of kept.otros) {
    const form = once.find((one) => one.getAttribute("action") === action);
    for (const [name, value, checked, box] of form ? values : []) {
      const field = fields(form).find((f) => f.name === name && (!box || f.value === value));
      if (!field || typed(field)) continue;
      if (box) field.checked = checked;
      else field.value = value;
      if (field.closest("details")) field.closest("details").open = true;
    }
  }
}
