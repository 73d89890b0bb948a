// The page: what is asked, and which view shows the answer.
import { ask, nameOf, thumb } from '/page/api.js';
import * as details from '/page/details.js';
import { Grid, Section } from '/page/grid.js';
import { texts, write } from '/page/texts.js';
import * as views from '/page/views.js';

const $ = id => document.getElementById(id);
const asked = { words: '', picture: null, like: [], unlike: [], filters: {} };
const Filters = ['after', 'before', 'path', 'near', 'size', 'caption'], Top = 1000, Pause = 150, Anything = 'a photo';
const grid = new Grid($('scroller'), $('content'), n => details.open(pictures, n));
const pictures = { get total() { return grid.total; }, want: n => grid.want(n), closed: n => grid.focus(n) };
let view = 'pictures', stop = new AbortController(), answer = null, waiting = 0, moved = false;

const say = text => { $('say').textContent = text; };
const isQuestion = () => asked.words.trim() || asked.picture || asked.like.length || asked.unlike.length || Object.keys(asked.filters).length;

function address() {
  const p = new URLSearchParams({ top: Top });
  const words = asked.words.trim();
  if (words) p.set('q', words);
  else if (!asked.picture && !asked.like.length && !asked.unlike.length) p.set('q', Anything); // filters alone
  for (const i of asked.like) p.append('like', i.id);
  for (const i of asked.unlike) p.append('unlike', i.id);
  for (const [k, v] of Object.entries(asked.filters)) p.set(k, v);
  return `/api/search?${p}`;
}

async function refresh() {
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  chips();
  $('cut').hidden = true;
  answer = null;
  document.body.dataset.state = 'busy';
  try {
    if (view !== 'pictures') {
      grid.clear();
      say(texts.comparing);
      say(await views[view]($('content')));
    } else if (isQuestion()) {
      say(texts.searching);
      const body = asked.picture && { method: 'POST', body: asked.picture, headers: { 'Content-Type': asked.picture.type || 'application/octet-stream' } };
      answer = await ask(address(), { ...body, signal });
      if (signal.aborted) return;
      if (!moved) $('slider').value = Math.max(0, asked.words.trim() && answer.threshold || 0);
      cut();
    } else {
      const first = await ask(`/api/pictures?count=${Section}`, { signal });
      if (signal.aborted) return;
      say(first.total ? texts.have(first.total) : texts.none);
      grid.show(first.total, async (from, count) => from ? (await ask(`/api/pictures?offset=${from}&count=${count}`)).pictures : first.pictures);
    }
    document.body.dataset.state = 'ready';
  } catch (e) {
    if (e.name === 'AbortError') return;
    grid.clear();
    say(e.message);
    document.body.dataset.state = 'failed';
  }
}

function cut() {
  const least = Number($('slider').value);
  $('cut').hidden = false;
  $('least').textContent = least.toFixed(3);
  let shown = least > 0 ? answer.results.filter(r => r.score >= least) : answer.results;
  say(shown.length ? texts.found(shown.length) : texts.none);
  grid.show(shown.length, async (from, count) => shown.slice(from, from + count));
}

function chips() {
  const chip = (label, remove, image) => {
    const [b, s] = [document.createElement('button'), document.createElement('span')];
    b.type = 'button';
    b.className = 'chip';
    b.setAttribute('aria-label', `${texts.remove}: ${label}`);
    s.textContent = label;
    if (image) { const i = document.createElement('img'); [i.src, i.alt] = [image, '']; b.append(i); }
    b.append(s, '✕');
    b.addEventListener('click', () => { remove(); refresh(); });
    return b;
  };
  const examples = (name, text) => asked[name].map(i => chip(`${text} ${nameOf(i.file)}`, () => { asked[name] = asked[name].filter(x => x !== i); }, thumb(i.id)));
  $('chips').replaceChildren(
    ...(asked.picture ? [chip(`${texts.like} ${asked.picture.name || texts.picture}`, () => { asked.picture = null; })] : []),
    ...examples('like', texts.like), ...examples('unlike', texts.unlike),
    ...Object.entries(asked.filters).map(([k, v]) => chip(`${texts[k]}: ${v}`, () => { delete asked.filters[k]; $('filter').elements[k].value = ''; })));
}

function show(name) {
  view = name;
  for (const b of $('views').children) b.setAttribute('aria-pressed', String(b.dataset.view === name));
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, Pause);
}

function look(file) {
  if (!file) return;
  [asked.picture, moved] = [file, false];
  show('pictures');
  refresh();
}

write();
$('words').addEventListener('input', () => { [asked.words, moved] = [$('words').value, false]; show('pictures'); later(); });
$('search').addEventListener('submit', e => { e.preventDefault(); clearTimeout(waiting); show('pictures'); refresh(); });
$('file').addEventListener('change', () => { look($('file').files[0]); $('file').value = ''; });
$('slider').addEventListener('input', () => { moved = true; if (answer) cut(); });
$('filter').addEventListener('submit', e => { e.preventDefault(); $('filters').open = false; });
$('filter').addEventListener('input', () => {
  asked.filters = Object.fromEntries(Filters.map(k => [k, $('filter').elements[k].value.trim()]).filter(([, v]) => v));
  show('pictures');
  later();
});
$('views').addEventListener('click', e => { const name = e.target.dataset.view; if (name) { show(name); refresh(); } });
details.wire((item, wanted) => {
  const name = wanted ? 'like' : 'unlike';
  if (!asked[name].some(i => i.id === item.id)) asked[name].push(item);
  [moved] = [false];
  show('pictures');
  refresh();
});
document.addEventListener('paste', e => look([...e.clipboardData.files].find(f => f.type.startsWith('image/'))));
document.addEventListener('dragover', e => { e.preventDefault(); $('drop').hidden = false; });
document.addEventListener('dragleave', e => { if (!e.relatedTarget) $('drop').hidden = true; });
document.addEventListener('drop', e => { e.preventDefault(); $('drop').hidden = true; look(e.dataTransfer.files[0]); });
document.addEventListener('keydown', e => {
  const typing = e.target.matches('input'), open = document.querySelector('dialog[open]');
  if (e.key === '/' && !typing && !open) { e.preventDefault(); $('words').focus(); }
  if (e.key === 'Escape' && e.target === $('words')) { $('words').value = asked.words = ''; refresh(); }
  if (e.key === 'ArrowDown' && e.target === $('words')) { e.preventDefault(); grid.focus(0); }
});
refresh();
