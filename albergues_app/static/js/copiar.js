// Buttons that need a script: copy a text, print the page. Without one they stay hidden.
(() => {
  for (const boton of document.querySelectorAll("[data-imprimir]")) {
    boton.hidden = false;
    boton.addEventListener("click", () => window.print());
  }
  for (const boton of document.querySelectorAll("[data-copiar]")) {
    const texto = document.getElementById(boton.dataset.copiar);
    const dicho = texto.parentElement.querySelector("[data-copiado]");
    boton.hidden = false;
    boton.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(texto.value);
        dicho.textContent = "Copiado: péguelo en el mensaje.";
      } catch {
        texto.select();
        dicho.textContent = "Quedó seleccionado: cópielo con Ctrl+C.";
      }
    });
  }
})();
