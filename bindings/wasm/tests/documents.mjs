// Config JSONs of a given size, like those of the benchmarks of the Rust crates.

const hex = (seed) => (Math.imul(seed, 2_654_435_761) >>> 0).toString(16).padStart(8, "0");
const condition = (a, c, comparison) => ({ u: { a, c, ...comparison } });

function anyCondition(kind, i) {
  const hash = (n) => hex(i * 31 + n).repeat(8);
  switch (kind % 9) {
    case 0: return condition("Email", 32, { l: [`@customer-${i}.example.com`, "@example.org"] });
    case 1: return condition("Identifier", 16, { l: Array.from({ length: 8 }, (_, n) => hash(n)) });
    case 2: return condition("Country", 0, { l: ["Hungary", "Germany", "Côte d’Ivoire", "United States", "Japan"] });
    case 3: return condition("AppVersion", 9, { s: `${i % 7}.${i % 10}.0` });
    case 4: return condition("Age", 15, { d: i % 90 });
    case 5: return condition("RegisteredAt", 19, { d: 1_700_000_000 + i });
    case 6: return condition("Plan", 20, { s: hash(0) });
    case 7: return { s: { s: 0, c: 0 } };
    default: return condition("Email", 2, { l: ["+test", "+qa", "noreply"] });
  }
}

// A flag of one of the four types, with up to three rules of up to two conditions, some with percentage options.
function flag(i) {
  const value = (variation) =>
    [{ b: variation % 2 === 1 }, { s: `variation ${variation} of flag ${i}` }, { i: i + variation }, { d: i / 8 + variation }][i % 4];
  const served = (variation) => ({ v: value(variation), i: hex(i * 8 + variation) });
  const options = [{ ...served(1), p: 30 }, { ...served(2), p: 70 }];
  const rules = Array.from({ length: i % 4 }, (_, rule) => {
    const c = Array.from({ length: 1 + (i % 2) }, (_, n) => anyCondition(i + 3 * rule + 5 * n, i));
    return (i + rule) % 5 === 0 ? { c, p: options } : { c, s: served(rule) };
  });
  return { t: i % 4, ...served(0), r: rules, ...(i % 3 === 0 && { p: options }) };
}

/** Returns a config JSON of about this many bytes. */
export function flags(bytes) {
  const settings = [];
  for (let i = 0, length = 0; length < bytes; i++) {
    settings.push(`"feature_${String(i).padStart(6, "0")}":${JSON.stringify(flag(i))}`);
    length += settings[i].length + 1;
  }
  const segments = [{ n: "Beta testers", r: [condition("Email", 32, { l: ["@example.com"] }).u] }];
  const preferences = { u: "https://cdn-global.configcat.com", r: 0, s: "8MF1nPDfLjgDqZRHJe2dSQ==" };
  return `{"p":${JSON.stringify(preferences)},"s":${JSON.stringify(segments)},"f":{${settings.join(",")}}}`;
}

/** Returns a config JSON of 1,000 flags of four kinds, and the user that they are evaluated for. */
export function thousandFlags() {
  const half = { t: 0, v: { b: false }, p: [{ p: 50, v: { b: true }, i: "on" }, { p: 50, v: { b: false }, i: "off" }] };
  const rule = (c) => ({ t: 0, v: { b: false }, r: [{ c: [c], s: { v: { b: true }, i: "on" } }] });
  const known = Array.from({ length: 10 }, (_, n) => `user-${String(n).padStart(6, "0")}-known`);
  const kinds = [
    { t: 0, v: { b: true } },
    half,
    rule(condition("Email", 32, { l: ["@example.com"] })),
    rule(condition("Identifier", 0, { l: known })),
  ];
  const settings = Array.from({ length: 1000 }, (_, n) => [`feature-flag-${String(n).padStart(4, "0")}`, kinds[n % 4]]);
  return JSON.stringify({ p: { s: "8MF1nPDfLjgDqZRHJe2dSQ==" }, f: Object.fromEntries(settings) });
}
