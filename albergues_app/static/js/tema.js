// The screen's theme, chosen in the footer and kept in this browser only. Loaded early, so that nothing flashes.
(() => {
  const clave = "tema";
  const leer = () => { try { return localStorage.getItem(clave) || "auto"; } catch { return "auto"; } };
  const poner = (tema) => {
    if (tema === "auto") document.documentElement.removeAttribute("data-bs-theme");
    else document.documentElement.setAttribute("data-bs-theme", tema);
  };
  poner(leer());
  document.addEventListener("DOMContentLoaded", () => {
    for (const radio of document.querySelectorAll('input[name="tema"]')) {
      radio.checked = radio.value === leer();
      radio.addEventListener("change", () => {
        try { localStorage.setItem(clave, radio.value); } catch { /* private mode: holds for this page only */ }
        poner(radio.value);
      });
    }
    for (const boton of document.querySelectorAll("[data-imprimir]")) boton.addEventListener("click", () => window.print());
    for (const tira of document.querySelectorAll(".pestanas")) { // on a telephone the open tab may lie out of sight
      const abierta = tira.querySelector("[aria-current]")?.getBoundingClientRect();
      if (abierta) tira.scrollLeft += abierta.left + abierta.width / 2 - tira.getBoundingClientRect().left - tira.clientWidth / 2;
    }
    const errores = document.getElementById("errores");
    for (const enlace of errores ? errores.querySelectorAll("a[href^='#c-']") : []) {
      // A fragment left in the address would take the focus from the summary when the form comes back again.
      enlace.addEventListener("click", () => setTimeout(() => history.replaceState(history.state, "", location.pathname + location.search)));
      const campo = document.getElementById(enlace.hash.slice(1));
      const rotulo = campo?.getAttribute("aria-label") || campo?.labels?.[0]?.textContent.trim();
      const suelto = campo && !/checkbox|radio/.test(campo.type) && rotulo && !enlace.textContent.toLowerCase().includes(rotulo.toLowerCase());
      if (suelto) enlace.textContent = `${rotulo}: ${enlace.textContent}`;
    }
    if (errores) errores.focus();
  });
})();
