// The log stays fresh: asks every few seconds for what came after the last folio; 304 costs nothing. Ctrl+Enter saves.
(() => {
  const CADA = 5000;
  const lista = document.querySelector("[data-bitacora]");
  const forma = document.querySelector("[data-guarda-atajo]");
  forma?.addEventListener("keydown", (tecla) => {
    if (tecla.key === "Enter" && (tecla.ctrlKey || tecla.metaKey)) {
      tecla.preventDefault();
      forma.requestSubmit();
    }
  });
  if (!lista || "quieta" in lista.dataset) return;
  const dicho = document.querySelector("[data-vivo]");
  let huella = lista.dataset.huella;
  let folio = Number(lista.dataset.folio);
  let turno = 0;

  const decir = (texto) => {
    dicho.hidden = !texto;
    dicho.textContent = texto;
  };

  async function mirar() {
    clearTimeout(turno);
    if (!document.hidden) {
      try {
        const respuesta = await fetch(`${lista.dataset.bitacora}?desde=${folio}`, {
          headers: { "If-None-Match": `"${huella}"` },
          cache: "no-store",
        });
        if (respuesta.status === 200 && !respuesta.redirected) {
          const dado = await respuesta.json();
          lista.prepend(...new DOMParser().parseFromString(dado.html, "text/html").body.children);
          folio = dado.folio;
          huella = respuesta.headers.get("ETag").replaceAll('"', "").replace("W/", "");
          document.querySelector(".vacio")?.remove();
        }
        decir(respuesta.status === 200 || respuesta.status === 304 ? "" : "No se pudo actualizar. Recargue la página.");
      } catch {
        decir("Sin conexión: la bitácora se actualizará al volver.");
      }
    }
    turno = setTimeout(mirar, CADA);
  }
  document.addEventListener("visibilitychange", mirar);
  globalThis.addEventListener("online", mirar);
  turno = setTimeout(mirar, CADA);
})();
