// The texts whose contrast is below that of WCAG 2.2 AA: 4.5, or 3 for large ones.
const channels = (color) => color.match(/[\d.]+/g).map(Number);
const luminance = ([r, g, b]) => {
  const [R, G, B] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * R + 0.7152 * G + 0.0722 * B;
};
const behind = (element) => {
  const [r, g, b, alpha = 1] = channels(getComputedStyle(element).backgroundColor);
  return alpha === 1 ? [r, g, b] : element.parentElement ? behind(element.parentElement) : [255, 255, 255];
};
const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
const wrong = [];
for (const element of document.querySelectorAll("body *")) {
  if (element.tagName !== "INPUT" && !hasText(element)) continue;
  const style = getComputedStyle(element);
  const [a, b] = [luminance(channels(style.color)), luminance(behind(element))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (contrast < (isLarge ? 3 : 4.5)) wrong.push(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
}
return wrong;
