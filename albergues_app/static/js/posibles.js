// The queue by keyboard: 1, 2, 3 answer the pair in hand, the arrows change it. Without this page's script the buttons do.
const queue = document.getElementById("cola");
if (queue) start(queue);

function start(queue) {
  const pairs = () => [...queue.querySelectorAll("[data-par]")];
  const open = () => pairs().filter((p) => !("hecho" in p.dataset));
  const current = () => document.activeElement?.closest?.("[data-par]");
  let place = 0;

  function take(pair) {
    if (!pair) return;
    place = pairs().indexOf(pair);
    pair.focus({ preventScroll: true });
    pair.scrollIntoView({ block: "center" });
  }
  const after = () => pairs().slice(place).find((p) => !("hecho" in p.dataset)) || open()[0];

  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey) return;
    const typing = e.target.matches("input[type=text],input:not([type]),select,textarea,input[type=search]");
    if (typing) return;
    const here = current();
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      if (e.target.matches("input[type=radio]")) return;
      e.preventDefault();
      const list = open();
      const i = list.indexOf(here);
      return take(i < 0 ? after() : list[i + (e.key === "ArrowDown" ? 1 : -1)]);
    }
    if (!"123".includes(e.key) || e.key.length !== 1) return;
    const pair = here && !("hecho" in here.dataset) ? here : after();
    const button = pair?.querySelector(`[data-tecla="${e.key}"]`);
    if (!button) return;
    e.preventDefault();
    place = pairs().indexOf(pair);
    const asks = e.key === "1" && pair.querySelector("input[name=cruce]") && !pair.querySelector("input[name=cruce]:checked");
    if (asks) return pair.querySelector("input[name=cruce]").focus();
    button.click();
  });
  // what came back stands in the place of the pair: on to the next, or to what it still asks
  document.body.addEventListener("htmx:afterSwap", () => {
    const back = pairs()[place];
    take(back && !("hecho" in back.dataset) ? back : after());
  });
  queue.addEventListener("focusin", () => { const p = current(); if (p) place = pairs().indexOf(p); });
  take(open()[0]);
}
