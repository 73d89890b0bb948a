// One picture with what its file says of itself.
import { ask, nameOf, thumb } from '/page/api.js';
import { texts } from '/page/texts.js';

const $ = id => document.getElementById(id);
let list = null, at = 0, shown = null;

/** Opens number n of a list: total, want(n), and closed(n) at the end. */
export async function open(pictures, n) {
  [list, at] = [pictures, n];
  const item = await list.want(n);
  if (!item) return;
  shown = item;
  $('name').textContent = nameOf(item.file);
  $('large').src = thumb(item.id, 1280);
  $('large').alt = nameOf(item.file);
  $('original').href = `/picture/${encodeURIComponent(item.id)}`;
  $('before').disabled = n === 0;
  $('after').disabled = n + 1 >= list.total;
  write([[texts.file, item.file], [texts.score, item.score?.toFixed(3)]]);
  if (!$('details').open) $('details').showModal();
  const d = await ask(`/api/pictures/${encodeURIComponent(item.id)}`);
  if (shown !== item) return;
  write([
    [texts.caption, d.caption], [texts.file, d.file], [texts.score, item.score?.toFixed(3)], [texts.pixels, d.width && `${d.width} × ${d.height}`], [texts.bytes, d.bytes && `${(d.bytes / 1e6).toFixed(2)} MB`],
    [texts.taken, d.taken?.replace('T', ' ')], [texts.camera, d.camera], [texts.place, d.latitude != null && `${d.latitude.toFixed(5)}, ${d.longitude.toFixed(5)}`],
  ]);
}

/** Wires the buttons; example(item, wanted) is told of more or less like it. */
export function wire(example) {
  const dialog = $('details'), close = () => dialog.close(), move = by => { if (at + by >= 0 && at + by < list.total) open(list, at + by); };
  $('close').addEventListener('click', close);
  $('before').addEventListener('click', () => move(-1));
  $('after').addEventListener('click', () => move(1));
  $('more').addEventListener('click', () => { close(); example(shown, true); });
  $('less').addEventListener('click', () => { close(); example(shown, false); });
  dialog.addEventListener('click', e => { if (e.target === dialog) close(); });
  dialog.addEventListener('close', () => list.closed?.(at));
  dialog.addEventListener('keydown', e => {
    if (e.key === 'ArrowLeft') move(-1);
    if (e.key === 'ArrowRight') move(1);
  });
}

function write(rows) {
  $('facts').replaceChildren(...rows.filter(([, v]) => v).flatMap(([k, v]) => {
    const [dt, dd] = [document.createElement('dt'), document.createElement('dd')];
    dt.textContent = k;
    dd.textContent = v;
    return [dt, dd];
  }));
}
