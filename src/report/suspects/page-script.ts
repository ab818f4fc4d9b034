// The script of the page of suspects. It builds the page from the data in it, as text only: class names may hold markup.

/**
 * Keeps decisions in the browser's storage under the fingerprint of the data, and saves them as CSV. An image is known by
 * its SHA-256, so that a page that was made again finds them.
 */
export const PAGE_SCRIPT = String.raw`
'use strict';
const { fingerprint, classes, suspects, carried } = JSON.parse(document.getElementById('data').textContent);
const KEY = 'auto-cnn suspects ' + fingerprint;
const list = document.getElementById('list');
const status = document.getElementById('status');
let keeps = true;
let unsaved = false;
let decisions = read();
let history = [];
let current = 0;

function read() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    const isDecision = ([image, { decision, label }]) =>
      /^[0-9a-f]{64}$/.test(image) && (['keep', 'drop'].includes(decision) || (decision === 'relabel' && classes.includes(label)));
    return new Map(Object.entries(stored).filter(isDecision));
  } catch {
    return new Map();
  }
}

function store() {
  unsaved = true;
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(decisions)));
    keeps = true;
  } catch {
    keeps = false;
  }
}

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const percent = (share) => (100 * share).toFixed(1) + ' %';
const nameOf = ({ file, image }) => file ?? 'image ' + image.slice(0, 12);

function button(text, key, act) {
  const element = make('button', { type: 'button' }, text + ' ', make('kbd', {}, key));
  element.addEventListener('click', act);
  return element;
}

function choice(index) {
  const { label } = suspects[index];
  const select = make('select', {}, make('option', { value: '' }, 'Another class…'));
  select.setAttribute('aria-label', 'Another class for ' + nameOf(suspects[index]));
  const fill = () => {
    if (select.options.length > 1) return;
    classes.forEach((name, i) => { if (name !== label) select.append(make('option', { value: String(i) }, name)); });
  };
  select.addEventListener('focus', fill);
  select.addEventListener('mousedown', fill);
  // By keyboard, a value is on its way while it changes; Enter or leaving takes it.
  select.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    if (event.key === 'Escape') select.value = '';
    select.blur();
    focus(index);
  });
  select.addEventListener('blur', () => {
    if (select.value === '') return;
    const name = classes[Number(select.value)];
    select.value = '';
    decide(index, { decision: 'relabel', label: name });
  });
  return select;
}

function picture(source, text) {
  return make('img', { src: source, alt: text, width: 96, height: 96 });
}

function item(suspect, index) {
  const { label, suggested, selfConfidence, otherConfidence, nearCopy, isWrong } = suspect;
  const pictures = make('div', { className: 'pictures' }, picture(suspect.png, 'Image labelled ' + label));
  if (nearCopy) pictures.append(picture(nearCopy.png, 'Near copy labelled ' + nearCopy.label));
  const facts = make('div', { className: 'about' },
    make('p', { className: 'name' }, nameOf(suspect)),
    make('p', {}, 'Labelled ', make('b', {}, label), ' (' + percent(selfConfidence) + '), looks like ', make('b', { className: 'other' }, suggested), ' (' + percent(otherConfidence) + ')'),
  );
  if (nearCopy) facts.append(make('p', { className: 'note' }, 'The second image is almost the same, and is labelled ', make('b', {}, nearCopy.label), '.'));
  else if (!isWrong) facts.append(make('p', { className: 'note' }, 'Unsure rather than wrong.'));
  const buttons = make('div', { className: 'buttons' },
    button('Keep', 'K', () => decide(index, { decision: 'keep' })),
    button('Relabel: ' + suggested, 'R', () => decide(index, { decision: 'relabel', label: suggested })),
    button('Drop', 'D', () => decide(index, { decision: 'drop' })),
    choice(index),
  );
  facts.append(buttons, make('p', { className: 'decision' }));
  const element = make('li', { className: 'suspect', tabIndex: -1 }, pictures, facts);
  element.setAttribute('aria-label', (index + 1) + ' of ' + suspects.length + ': ' + nameOf(suspect));
  element.addEventListener('focusin', () => { current = index; show(); });
  return element;
}

const TEXTS = {
  keep: () => 'Kept as it is',
  drop: () => 'Dropped',
  relabel: ({ label }) => 'Relabelled: ' + label,
};

function show() {
  [...list.children].forEach((element, index) => {
    const decision = decisions.get(suspects[index].image);
    element.querySelector('.decision').textContent = decision ? TEXTS[decision.decision](decision) : 'Undecided';
    element.dataset.decision = decision ? decision.decision : '';
    element.tabIndex = index === current ? 0 : -1;
  });
  const decided = suspects.filter(({ image }) => decisions.has(image)).length;
  const where = keeps ? 'kept in this browser, also when the page is closed' : 'NOT kept when the page is closed: save them';
  status.textContent = decided + ' of ' + suspects.length + ' decided, ' + where;
}

function focus(index) {
  if (suspects.length === 0) return;
  current = Math.max(0, Math.min(suspects.length - 1, index));
  list.children[current].focus();
  list.children[current].scrollIntoView({ block: 'nearest' });
}

function decide(index, decision) {
  const { image, label } = suspects[index];
  history.push([index, image, decisions.get(image)]);
  decisions.set(image, decision.label === label ? { decision: 'keep' } : decision);
  store();
  show();
  const next = suspects.findIndex((suspect, i) => i > index && !decisions.has(suspect.image));
  focus(next < 0 ? index : next);
}

function undo() {
  const [index, image, before] = history.pop() ?? [];
  if (image === undefined) return;
  if (before === undefined) decisions.delete(image);
  else decisions.set(image, before);
  store();
  show();
  focus(index);
}

function csv() {
  const quote = (text) => '"' + text.replaceAll('"', '""') + '"';
  const known = new Map(suspects.map((suspect) => [suspect.image, suspect]));
  const files = new Set([...decisions.keys()].map((image) => known.get(image)?.file));
  const before = carried.filter(({ image }) => !decisions.has(image) && !files.has(image));
  const rows = [
    ...before.map(({ image, label }) => [image, '', '', label === undefined ? 'drop' : 'relabel', label ?? '']),
    ...[...decisions].map(([image, { decision, label }]) => {
      const { file = '', label: was = '' } = known.get(image) ?? {};
      return [image, file, was, decision, decision === 'relabel' ? label : decision === 'keep' ? was : ''];
    }),
  ];
  return ['image,file,was,decision,label', ...rows.map((row) => row.map(quote).join(','))].join('\r\n') + '\r\n';
}

function save() {
  const link = make('a', { href: URL.createObjectURL(new Blob([csv()], { type: 'text/csv' })), download: 'fixed.csv' });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  unsaved = false;
}

const KEYS = {
  ArrowDown: () => focus(current + 1), n: () => focus(current + 1),
  ArrowUp: () => focus(current - 1), p: () => focus(current - 1),
  k: () => suspects.length && decide(current, { decision: 'keep' }),
  r: () => suspects.length && decide(current, { decision: 'relabel', label: suspects[current].suggested }),
  d: () => suspects.length && decide(current, { decision: 'drop' }),
  c: () => list.children[current]?.querySelector('select').focus(),
  u: undo,
  s: save,
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLSelectElement) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});
addEventListener('beforeunload', (event) => { if (unsaved && !keeps) event.preventDefault(); });
document.getElementById('save').addEventListener('click', save);
document.getElementById('undo').addEventListener('click', undo);
list.append(...suspects.map(item));
try { localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(decisions))); } catch { keeps = false; }
show();
const open = suspects.findIndex(({ image }) => !decisions.has(image));
focus(open < 0 ? 0 : open);
`;
