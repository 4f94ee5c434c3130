// The command's page around the map: the table follows the department opened on the map; the print button prints.
(() => {
  const filas = document.querySelectorAll("tr[data-departamento]");
  document.addEventListener("mapa:departamento", (suceso) => {
    const codigo = suceso.detail.codigo;
    for (const fila of filas) fila.hidden = codigo !== null && fila.dataset.departamento !== codigo;
  });
  for (const boton of document.querySelectorAll("[data-imprimir]")) boton.addEventListener("click", () => window.print());
})();
