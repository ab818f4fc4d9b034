// Draws curves as an SVG that is readable on light and on dark backgrounds.

const WIDTH = 800;
const HEIGHT = 450;
const PLOT = { left: 86, right: 656, top: 44, bottom: 394 };
const COLOURS = ['#e5484d', '#3e8ede', '#30a46c', '#c98a1b', '#8e6fd8', '#12a5a0', '#d6569b', '#7d8590'];
/** Possible ticks for accuracy, so that good accuracies are as far apart as bad ones. */
const TICKS = [0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.997, 0.999];

/**
 * Accuracy (by the logarithm of the error) over work (logarithmic): a line for the median, a band from minimum to maximum,
 * and a dot for the final network.
 *
 * @param title
 * @param series  `{name, points: [{work, median, least, most}]}`, as returned by `joinCurves`.
 * @param most    right end of the work axis.
 */
export function drawCurves(title, series, most) {
  const drawn = series.filter(({ points }) => points.length > 0);
  const points = drawn.flatMap((one) => one.points);
  const errors = points.flatMap(({ least, most: best }) => [1 - least, 1 - best]).map((error) => Math.max(error, 1e-4));
  const x = logScale(Math.min(...points.map(({ work }) => work)), most, PLOT.left, PLOT.right);
  const errorScale = logScale(Math.max(...errors) * 1.05, Math.min(...errors) / 1.05, PLOT.bottom, PLOT.top);
  const y = (accuracy) => errorScale(Math.max(1 - accuracy, 1e-4));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escapeXml(title)}">`,
    `<style>text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-size:15px;fill:#24292f}.grid{stroke:#8884;stroke-width:1}.line{fill:none;stroke-width:2}.band{stroke:none;opacity:.15}@media(prefers-color-scheme:dark){text{fill:#9da7b3}.title{fill:#e6edf3}}</style>`,
    text((PLOT.left + PLOT.right) / 2, 24, title, 'middle', 'title'),
    ...spaced(TICKS.toReversed(), y, [PLOT.top, PLOT.bottom], 18).map(
      (tick) => grid(PLOT.left, y(tick), PLOT.right, y(tick)) + text(PLOT.left - 8, y(tick) + 4, label(tick), 'end'),
    ),
    ...spaced(workTicks(most), x, [PLOT.left, PLOT.right], 46).map(
      (tick) =>
        grid(x(tick), PLOT.top, x(tick), PLOT.bottom) +
        text(x(tick), PLOT.bottom + 18, tick.toExponential().replace('+', ''), 'middle'),
    ),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 42, 'work spent (FLOP equivalents)', 'middle'),
    `<g transform="translate(14 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)">${text(0, 0, 'accuracy on the scoring part', 'middle')}</g>`,
    ...drawn.map((one, i) => drawSeries(one, COLOURS[i % COLOURS.length], x, y, most)),
    ...drawn.map(({ name }, i) => drawKey(name, COLOURS[i % COLOURS.length], PLOT.top + 8 + 22 * i)),
    '</svg>',
    '',
  ].join('\n');
}

/** The ticks between two positions that are far enough from the previous one. */
function spaced(ticks, scale, [first, last], apart) {
  const kept = [];
  for (const tick of ticks) {
    const at = scale(tick);
    const isInside = at >= Math.min(first, last) - 0.5 && at <= Math.max(first, last) + 0.5;
    if (isInside && kept.every((other) => Math.abs(scale(other) - at) >= apart)) kept.push(tick);
  }
  return kept;
}

function drawSeries({ points }, colour, x, y, most) {
  const last = points.at(-1);
  const ends = last.work < most ? [...points, { ...last, work: most }] : points;
  const upper = steps(ends, 'most');
  const lower = steps(ends, 'least').toReversed();
  const path = (corners) => corners.map(([work, value]) => `${round(x(work))},${round(y(value))}`).join(' ');
  return [
    `<polygon class="band" fill="${colour}" points="${path([...upper, ...lower])}"/>`,
    `<polyline class="line" stroke="${colour}" points="${path(steps(ends, 'median'))}"/>`,
    `<circle fill="${colour}" r="4" cx="${round(x(last.work))}" cy="${round(y(last.median))}"/>`,
  ].join('\n');
}

/** Corners of a step function. */
function steps(points, key) {
  return points.flatMap((point, i) =>
    (i === 0 ? [] : [[point.work, points[i - 1][key]]]).concat([[point.work, point[key]]]),
  );
}

function drawKey(name, colour, top) {
  const left = PLOT.right + 20;
  return `<line class="line" stroke="${colour}" x1="${left}" y1="${top}" x2="${left + 20}" y2="${top}"/>${text(left + 28, top + 4, name, 'start')}`;
}

function workTicks(most) {
  const exponent = Math.floor(Math.log10(most));
  return [0, 1, 2, 3, 4].flatMap((less) => [1, 2, 5].map((digit) => Number(`${digit}e${exponent - less}`)));
}

function logScale(from, to, start, end) {
  const span = Math.log(to / from) || 1;
  return (value) => start + ((end - start) * Math.log(value / from)) / span;
}

function grid(x1, y1, x2, y2) {
  return `<line class="grid" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

function text(x, y, content, anchor, style) {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${style ? ` class="${style}"` : ''}>${escapeXml(content)}</text>`;
}

function label(accuracy) {
  return `${Number((100 * accuracy).toPrecision(3))} %`;
}

function round(value) {
  return Math.round(10 * value) / 10;
}

function escapeXml(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
