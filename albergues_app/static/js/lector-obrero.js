// Reads a QR out of a picture, away from the page: this file alone is sent with the right to compile WebAssembly.
importScripts("../vendor/zxing/lector.js");
const WASM = new URL("../vendor/zxing/zxing_reader.wasm", self.location).href;
ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => WASM } });
const OPTIONS = { formats: ["QRCode"], tryHarder: true, tryRotate: true, tryInvert: false, tryDownscale: true, maxNumberOfSymbols: 4 };

self.addEventListener("message", async ({ data }) => {
  try {
    const found = await ZXingWASM.readBarcodes(data.imagen, OPTIONS);
    self.postMessage({ n: data.n, textos: found.filter((f) => f.isValid).map((f) => f.text) });
  } catch (error) {
    self.postMessage({ n: data.n, error: String(error) });
  }
});
