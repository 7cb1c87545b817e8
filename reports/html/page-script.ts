/**
 * What the page can do with script: copy the command, and read the values of all charts at one moment by pointing at any of them. Written
 * for browsers, kept as text because the page carries it as text; it touches only text and style, never markup.
 */
export const pageScript = `
'use strict';
const button = document.getElementById('copy');
const command = document.getElementById('replay');
button.hidden = false;
document.getElementById('pointing').hidden = false;
button.addEventListener('click', async () => {
  let copied = true;
  try {
    await navigator.clipboard.writeText(command.textContent);
  } catch {
    getSelection().selectAllChildren(command);
    copied = document.execCommand('copy');
  }
  button.textContent = copied ? 'Copied' : 'Select and copy';
  setTimeout(() => { button.textContent = 'Copy'; }, 2000);
});
const timeline = document.querySelector('.timeline');
const strip = timeline.querySelector('.strip');
const moment = document.createElement('output');
moment.className = 'moment';
strip.append(moment);
const panels = [...timeline.querySelectorAll('.panel')].map((panel) => ({
  series: JSON.parse(panel.dataset.points),
  unit: panel.dataset.unit,
  outputs: [...panel.querySelectorAll('output')],
}));
const nearest = (points, at) => {
  let best = null;
  for (const point of points) if (best === null || Math.abs(point[0] - at) < Math.abs(best[0] - at)) best = point;
  return best === null ? null : best[1];
};
const words = (value, unit) => {
  if (value === null) return 'none';
  if (unit === 'ms') return value >= 1000 ? (value / 1000).toFixed(2) + ' s' : Math.round(value) + ' ms';
  return String(value);
};
const clear = () => {
  timeline.style.setProperty('--cursor-shown', '0');
  moment.textContent = '';
  for (const { outputs } of panels) for (const output of outputs) output.textContent = '';
};
const point = (event) => {
  const drawing = event.target.closest('.drawing');
  if (drawing === null) return clear();
  const box = drawing.getBoundingClientRect();
  const scale = box.width / drawing.firstElementChild.viewBox.baseVal.width;
  const left = timeline.dataset.left * scale;
  const width = box.width - left - timeline.dataset.right * scale;
  const share = Math.min(1, Math.max(0, (event.clientX - box.left - left) / width));
  const at = (share * timeline.dataset.end) / 1000;
  timeline.style.setProperty('--cursor', left + share * width + 'px');
  timeline.style.setProperty('--cursor-shown', '0.55');
  moment.textContent = at.toFixed(1) + ' s';
  for (const { series, unit, outputs } of panels) {
    outputs.forEach((output, index) => { output.textContent = words(nearest(series[index], at), unit); });
  }
};
timeline.addEventListener('pointermove', point);
timeline.addEventListener('pointerdown', point);
timeline.addEventListener('pointerleave', clear);
`;
