// Page of columns: the samples beside a field follow the column that was chosen.
const source = document.getElementById("muestras");
if (source) {
  const columns = new Map(JSON.parse(source.textContent).map((c) => [String(c.numero), c.muestras]));
  for (const cell of document.querySelectorAll("[data-muestra-de]")) {
    const select = document.getElementById(cell.dataset.muestraDe);
    select.addEventListener("change", () => {
      const samples = columns.get(select.value);
      cell.textContent = samples ? samples.join("; ") || "sin valores" : "";
      cell.closest("tr").classList.toggle("sin-columna", !samples);
    });
  }
}
