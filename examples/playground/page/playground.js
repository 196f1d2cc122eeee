// Shows the page of the address for the config in the text field. The module makes the HTML; nothing here sends anything.
import init, { Playground } from "./module.js";

// The most bytes of a config: what a text field can still edit.
const MAX_CONFIG = 16 << 20;
// The most characters of a link. Browsers accept 2 MB; most other programs cut much shorter ones, so larger configs are better sent
// as files.
const MAX_LINK = 512 << 10;
// The part of the fragment with the config: JSON, packed by DEFLATE, as base64url.
const CONFIG = ".config=";

const source = document.getElementById("source");
let playground;
// The fragment of the page that is shown. The address has it after a pause, since browsers refuse more than 20 changes in a second.
let address = location.hash.slice(1);
let addressTimer;
// The number of the last link: an older one that is unpacked late is dropped.
let latest = 0;

const parts = () => address.split("&").filter((part) => part && !part.startsWith(CONFIG));

// Shows the page of the address. After a change of the address all of it is replaced, and otherwise the inputs stay.
function render(isOther) {
  const page = new DOMParser().parseFromString(playground.page(parts().join("&")), "text/html");
  show(page, isOther ? "#head, #problem, #body" : "[data-live]");
  document.title = `${document.querySelector("h1").textContent} · ConfigCat for Rust`;
}

// Replaces the address without a new entry in the history.
function replaceAddress(fragment) {
  address = fragment;
  clearTimeout(addressTimer);
  addressTimer = setTimeout(writeAddress, 300);
}

function writeAddress() {
  clearTimeout(addressTimer);
  if (location.hash.slice(1) !== address) history.replaceState(null, "", `#${address}`);
}

// The config of a link is no longer that of the page once the text is edited, or another page is shown.
const dropConfig = () => replaceAddress(parts().join("&"));

// Returns a function that does this at once if that is quick, and otherwise when typing pauses, so that each key is seen at once.
function paced(work) {
  let [timer, took] = [undefined, 0];
  const run = () => {
    const start = performance.now();
    work();
    took = performance.now() - start;
  };
  return () => {
    clearTimeout(timer);
    if (took < 50) run();
    else timer = setTimeout(run, took);
  };
}

// Keeps the text for a reload. The browser forgets it with the tab. It may refuse to keep a large text, or any.
function keep(text) {
  try {
    sessionStorage.removeItem("config");
    sessionStorage.setItem("config", text);
  } catch {}
}

function kept() {
  try {
    return sessionStorage.getItem("config");
  } catch {
    return null;
  }
}

// Reads a config, and shows the page with its fields.
function load(bytes) {
  if (bytes.length > MAX_CONFIG) return tell("The config is larger than 16 MiB, which is the limit.");
  playground.load(bytes);
  keep(source.value);
  render(true);
}

function loadText(text) {
  source.value = text;
  load(new TextEncoder().encode(text));
}

async function loadFile(file) {
  if (file.size > MAX_CONFIG) return tell(`${file.name} is larger than 16 MiB, which is the limit.`);
  let bytes;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    return tell(`${file.name} cannot be read: ${error.message}`); // a folder, or a file that has changed
  }
  dropConfig();
  source.value = new TextDecoder().decode(bytes);
  load(bytes);
}

const through = (blob, stream) => blob.stream().pipeThrough(stream);

async function pack(text) {
  const packed = await new Response(through(new Blob([text]), new CompressionStream("deflate-raw"))).arrayBuffer();
  let binary = "";
  for (const byte of new Uint8Array(packed)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Unpacks piece by piece, since a short link may hold a huge text.
async function unpack(text) {
  const packed = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const pieces = through(new Blob([packed]), new DecompressionStream("deflate-raw")).getReader();
  let [length, unpacked] = [0, ""];
  for (;;) {
    const { done, value } = await pieces.read();
    if (done) return unpacked + decoder.decode();
    length += value.length;
    if (length > MAX_CONFIG) throw new Error("it holds more than 16 MiB, which is the limit");
    unpacked += decoder.decode(value, { stream: true });
  }
}

// Shows the address, with its config if it has one.
async function open() {
  const packed = address.split("&").find((part) => part.startsWith(CONFIG))?.slice(CONFIG.length);
  const link = ++latest;
  // The page of a flag, or of two users, begins with its result.
  if (parts().some((part) => /^\.(flag|compare)=?/.test(part))) document.getElementById("config").open = false;
  if (packed === undefined) return render(true);
  // The config stays in the text field. In the address it would be in each entry of the history.
  replaceAddress(parts().join("&"));
  try {
    const text = await unpack(packed);
    if (link === latest) loadText(text);
  } catch (error) {
    render(true);
    tell(`The link has no readable config: ${error.message}.`);
  }
}

async function copyLink() {
  const link = [...parts(), CONFIG + (await pack(source.value))].join("&");
  if (link.length > MAX_LINK) return tell("The config is too large for a link. Send it as a file.");
  replaceAddress(link);
  writeAddress();
  try {
    await navigator.clipboard.writeText(location.href);
    tell("Copied. The part behind # holds config and user, and browsers send it to no server.");
  } catch {
    tell("The address of this page is the link now.");
  }
}

// The address of what is typed. An empty field is no attribute.
function typed() {
  const form = document.getElementById("user-form");
  const pairs = [...new FormData(form)].filter(([name, value]) => value !== "" || name === ".compare");
  return new URLSearchParams(pairs).toString();
}

const showTyped = paced(() => render(false));

function isTyped() {
  replaceAddress(typed());
  showTyped();
}

function listen() {
  addEventListener("hashchange", () => {
    clearTimeout(addressTimer);
    address = location.hash.slice(1);
    open();
  });
  const loadSource = paced(() => load(new TextEncoder().encode(source.value)));
  source.addEventListener("input", () => {
    dropConfig();
    loadSource();
  });
  document.addEventListener("input", ({ target }) => target.form?.id === "user-form" && isTyped());
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    isTyped();
  });
  const clicks = {
    skip: () => document.getElementById("main").focus(),
    sample: () => {
      replaceAddress(Playground.sample_fragment());
      loadText(Playground.sample());
    },
    base: () => {
      playground.keep_as_base();
      render(false);
      tell("Changes are those since this config.");
    },
    link: copyLink,
    fault: () => {
      const offset = Number(document.getElementById("fault").dataset.offset);
      document.getElementById("config").open = true;
      source.focus();
      source.setSelectionRange(offset, offset + 1);
    },
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("a")) {
      // Of this page, to which one may come back.
      dropConfig();
      writeAddress();
    }
    const click = clicks[event.target.id];
    if (!click) return;
    event.preventDefault(); // the link `skip` is no address of a page
    click();
  });
  const file = document.getElementById("open");
  // A file that was edited and is chosen again is a change too.
  file.addEventListener("click", () => (file.value = ""));
  file.addEventListener("change", () => file.files[0] && loadFile(file.files[0]));
  // Otherwise the browser would open the file in place of this page. It puts a text into the field by itself.
  const hasFile = ({ dataTransfer }) => dataTransfer.types.includes("Files");
  document.addEventListener("dragover", (event) => hasFile(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    loadFile(event.dataTransfer.files[0]);
  });
}

try {
  await init();
} catch (error) {
  document.getElementById("body").textContent = `This browser cannot run the evaluator: ${error.message}`;
  throw error;
}
playground = new Playground();
listen();
if (!address.includes(CONFIG)) {
  const text = kept();
  if (text === null && !address) replaceAddress(Playground.sample_fragment());
  loadText(text ?? Playground.sample());
}
await open();
