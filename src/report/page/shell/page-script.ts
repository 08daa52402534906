/**
 * The page's behaviour, as it stands in its script element: plain browser code without dependencies. Everything it
 * switches is already in the page, which can be read without it.
 */
export const pageScript = /* js */ `
'use strict';
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const viewer = document.querySelector('.viewer');
const rows = all('.row');
const state = { row: rows.find((row) => row.classList.contains('selected')), difference: false, blink: false };
const differenceGain = 4;

// What the lens enlarges stands in the page once.
for (const pane of all('.pane', viewer)) {
  pane.querySelector('.crop img').src = pane.querySelector('.picture img').src;
}

// Each reconstruction keeps the address of what it can show; the difference is drawn when it is first asked for.
const versions = new Map();
const register = (row) => {
  const cells = all('img', row);
  const original = cells[0].src;
  versions.set(row, cells.map((image) => ({ original, reconstruction: image.src, difference: undefined })));
};
rows.forEach(register);

function drawDifference(original, reconstruction) {
  const { naturalWidth: width, naturalHeight: height } = original;
  const pixelsOf = (image) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return { canvas, context, data: context.getImageData(0, 0, width, height) };
  };
  const [from, to] = [pixelsOf(original), pixelsOf(reconstruction)];
  for (let at = 0; at < to.data.data.length; at++) {
    if (at % 4 < 3) to.data.data[at] = differenceGain * Math.abs(to.data.data[at] - from.data.data[at]);
  }
  to.context.putImageData(to.data, 0, 0);
  return to.canvas.toDataURL();
}

async function prepareDifferences(row) {
  const images = await Promise.all(versions.get(row).map(async (version) => {
    const image = new Image();
    image.src = version.reconstruction;
    await image.decode();
    return image;
  }));
  versions.get(row).forEach((version, index) => {
    version.difference ??= index === 0 ? version.original : drawDifference(images[0], images[index]);
  });
}

const flipped = new Set();
function show(image, version, isFlipped) {
  const source = isFlipped ? version.original : (state.difference && version.difference) || version.reconstruction;
  if (image.src !== source) image.src = source;
}

function render() {
  for (const row of rows) {
    all('.cell', row).forEach((cell, index) => {
      const isFlipped = index > 0 && flipped.has(cell) !== state.blink;
      cell.classList.toggle('showing-original', isFlipped);
      show(cell.querySelector('img'), versions.get(row)[index], isFlipped);
    });
    row.classList.toggle('selected', row === state.row);
  }
  const cells = all('.cell', state.row);
  all('.pane', viewer).forEach((pane, index) => {
    const isFlipped = index > 0 && flipped.has(pane) !== state.blink;
    pane.classList.toggle('showing-original', isFlipped);
    all('img', pane).forEach((image) => show(image, versions.get(state.row)[index], isFlipped));
    pane.querySelector('.figure').textContent = cells[index].dataset.figure;
  });
}

function moveLens(left, top) {
  const style = getComputedStyle(viewer);
  const within = (value, size) => Math.min(1 - size, Math.max(0, value - size / 2));
  viewer.style.setProperty('--lens-left', within(left, Number(style.getPropertyValue('--lens-width'))));
  viewer.style.setProperty('--lens-top', within(top, Number(style.getPropertyValue('--lens-height'))));
}

/** Parts of the picture that an arrow key moves the lens by. */
const lensStep = 0.05;
const lensSteps = {
  ArrowLeft: [-lensStep, 0], ArrowRight: [lensStep, 0], ArrowUp: [0, -lensStep], ArrowDown: [0, lensStep],
};
function nudgeLens(right, down) {
  const style = getComputedStyle(viewer);
  const centre = (edge, size) => Number(style.getPropertyValue(edge)) + Number(style.getPropertyValue(size)) / 2;
  moveLens(centre('--lens-left', '--lens-width') + right, centre('--lens-top', '--lens-height') + down);
}

function select(row) {
  state.row = row;
  viewer.style.setProperty('--lens-left', row.dataset.left);
  viewer.style.setProperty('--lens-top', row.dataset.top);
  render();
}

function flip(element) {
  flipped.has(element) ? flipped.delete(element) : flipped.add(element);
  render();
}

for (const pane of all('.pane', viewer)) {
  const picture = pane.querySelector('.picture');
  const follow = (event) => {
    const box = picture.getBoundingClientRect();
    moveLens((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  picture.addEventListener('pointermove', follow);
  picture.addEventListener('pointerdown', follow);
  picture.addEventListener('click', () => flip(pane));
  picture.addEventListener('keydown', (event) => {
    const step = lensSteps[event.key];
    if (step) nudgeLens(...step);
    else if (event.key === 'Enter' || event.key === ' ') flip(pane);
    else return;
    event.preventDefault();
  });
}
for (const row of rows) {
  all('.cell', row).forEach((cell, index) => {
    cell.addEventListener('click', () => {
      select(row);
      viewer.scrollIntoView({ behavior: 'smooth', block: 'start' });
    });
    if (index === 0) return;
    cell.addEventListener('pointerenter', (event) => event.pointerType === 'mouse' && flip(cell));
    // From the keyboard as by hovering, but only while the focus came by a key.
    cell.addEventListener('focus', () => cell.matches(':focus-visible') && flip(cell));
    cell.addEventListener('blur', () => { if (flipped.has(cell)) flip(cell); });
    cell.addEventListener('pointerleave', (event) => event.pointerType === 'mouse' && flip(cell));
  });
}

const press = (button) => all('button', button.parentElement).forEach((other) => {
  other.setAttribute('aria-pressed', other === button);
});
const actions = {
  pixels: () => document.body.classList.add('pixels'),
  smooth: () => document.body.classList.remove('pixels'),
  pictures: () => { state.difference = false; render(); },
  difference: async () => { await Promise.all(rows.map(prepareDifferences)); state.difference = true; render(); },
  still: () => { clearInterval(state.timer); state.blink = false; render(); },
  blink: () => {
    clearInterval(state.timer);
    state.timer = setInterval(() => { state.blink = !state.blink; render(); }, 700);
  },
};
for (const button of all('.toolbar button')) {
  button.addEventListener('click', () => { press(button); actions[button.dataset.action](); });
}

for (const table of all('table')) {
  const headers = all('thead th', table);
  headers.forEach((header, column) => header.querySelector('button')?.addEventListener('click', () => {
    const order = header.getAttribute('aria-sort');
    const ascending = order === 'descending' || (order === null && header.dataset.first === 'ascending');
    headers.forEach((other) => other.removeAttribute('aria-sort'));
    header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
    const key = (row) => row.cells[column].dataset.value;
    const isWord = (row) => Number.isNaN(Number(key(row)));
    const compare = (a, b) => (isWord(a) ? key(a).localeCompare(key(b)) : Number(key(a)) - Number(key(b)));
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort((a, b) => (ascending ? compare(a, b) : compare(b, a))));
  }));
}
document.documentElement.dataset.ready = 'true';
`;
