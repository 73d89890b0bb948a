// Pictures in rows of one width, as many as there are: only those in sight are in the page. They come in sections, whose height is guessed until they are there.
import { nameOf, thumb } from '/page/api.js';

/** Pictures that are asked for at once. */
export const Section = 200;

const Gap = 6;

export class Grid {
  #scroller; #content; #open; #sections = []; #total = 0; #load; #tiles = new Map(); #width = 0; #asked = 0; #focus = 0;

  constructor(scroller, content, open) {
    [this.#scroller, this.#content, this.#open] = [scroller, content, open];
    scroller.addEventListener('scroll', () => this.#draw(), { passive: true });
    content.addEventListener('keydown', e => this.#key(e));
    new ResizeObserver(() => { if (this.#total && this.#content.clientWidth !== this.#width) this.#layAll(); }).observe(scroller);
  }

  get total() { return this.#total; }

  /** Shows so many pictures; load(from, count) gives them. */
  show(total, load) {
    this.clear();
    [this.#total, this.#load] = [total, load];
    this.#sections = Array.from({ length: Math.ceil(total / Section) }, () => ({ items: null, rows: null, height: 0, top: 0, asked: false }));
    this.#layAll();
  }

  clear() {
    this.#asked++;
    [this.#total, this.#sections, this.#focus] = [0, [], 0];
    this.#tiles.clear();
    this.#content.replaceChildren();
    this.#content.style.height = '';
    this.#scroller.scrollTop = 0;
  }

  /** The picture of a number, where it is there. */
  item(n) { return this.#sections[Math.floor(n / Section)]?.items?.[n % Section]; }

  /** Loads what is needed for a number, and gives the picture. */
  async want(n) { await this.#fetch(Math.floor(n / Section)); return this.item(n); }

  /** Brings a picture into sight and gives it the focus. */
  async focus(n) {
    if (n < 0 || n >= this.#total) return;
    await this.want(n);
    const box = this.#box(n);
    if (!box) return;
    this.#focus = n;
    const [top, bottom] = [this.#scroller.scrollTop, this.#scroller.scrollTop + this.#scroller.clientHeight];
    if (box.y < top) this.#scroller.scrollTop = box.y - Gap;
    else if (box.y + box.h > bottom) this.#scroller.scrollTop = box.y + box.h - this.#scroller.clientHeight + 2 * Gap;
    this.#draw();
    this.#tiles.get(n)?.focus({ preventScroll: true });
  }

  #rowHeight() { return this.#width < 600 ? 120 : 190; }

  #layAll() {
    this.#width = this.#content.clientWidth;
    for (const [i, s] of this.#sections.entries()) this.#lay(s, this.#count(i));
    for (const t of this.#tiles.values()) t.remove();
    this.#tiles.clear();
    this.#stack();
    this.#draw();
  }

  #count(i) { return Math.min(Section, this.#total - i * Section); }

  #lay(s, count) {
    const target = this.#rowHeight();
    if (!s.items) { s.height = Math.ceil(count * 1.4 * target / Math.max(1, this.#width)) * (target + Gap); return; }
    s.rows = [];
    let [row, sum, y] = [[], 0, 0];
    const close = full => {
      const spare = this.#width - Gap * (row.length - 1), h = full ? spare / sum : Math.min(target * 1.2, spare / sum);
      let x = 0;
      s.rows.push({ y, h, boxes: row.map(r => { const w = r.a * h, b = { n: r.n, x, w }; x += w + Gap; return b; }) });
      y += h + Gap;
      [row, sum] = [[], 0];
    };
    s.items.forEach((p, n) => {
      const a = Math.min(3, Math.max(0.4, p.width && p.height ? p.width / p.height : 1));
      row.push({ n, a });
      sum += a;
      if (sum * target + Gap * (row.length - 1) >= this.#width) close(true);
    });
    if (row.length) close(false);
    s.height = y;
  }

  #stack() {
    let top = 0;
    for (const s of this.#sections) { s.top = top; top += s.height; }
    this.#content.style.height = `${top}px`;
  }

  async #fetch(i) {
    const s = this.#sections[i], asked = this.#asked;
    if (!s || s.items) return;
    s.promise ??= this.#load(i * Section, this.#count(i));
    let items;
    try { items = await s.promise; } catch { s.promise = null; return; }
    if (asked !== this.#asked || s.items) return;
    s.items = items;
    const [old, above] = [s.height, s.top + s.height <= this.#scroller.scrollTop];
    this.#lay(s, items.length);
    this.#stack();
    if (above) this.#scroller.scrollTop += s.height - old;
    this.#draw();
  }

  #box(n) {
    const s = this.#sections[Math.floor(n / Section)];
    for (const r of s?.rows ?? []) for (const b of r.boxes) if (b.n === n % Section) return { x: b.x, y: s.top + r.y, w: b.w, h: r.h };
    return null;
  }

  #draw() {
    const from = this.#scroller.scrollTop - this.#scroller.clientHeight / 2, to = this.#scroller.scrollTop + this.#scroller.clientHeight * 1.5, seen = new Set();
    for (const [i, s] of this.#sections.entries()) {
      if (s.top + s.height < from || s.top > to) continue;
      if (!s.items) { this.#fetch(i); continue; }
      for (const r of s.rows) {
        if (s.top + r.y + r.h < from || s.top + r.y > to) continue;
        for (const b of r.boxes) { const n = i * Section + b.n; seen.add(n); this.#place(n, s.items[b.n], b, s.top + r.y, r.h); }
      }
    }
    for (const [n, t] of this.#tiles) if (!seen.has(n) && t !== document.activeElement) { t.remove(); this.#tiles.delete(n); }
  }

  #place(n, item, b, y, h) {
    let t = this.#tiles.get(n);
    if (!t) {
      t = tile(item, () => this.#open(n));
      t.dataset.n = n;
      this.#tiles.set(n, t);
      this.#content.append(t);
    }
    t.tabIndex = n === this.#focus ? 0 : -1;
    Object.assign(t.style, { left: `${b.x}px`, top: `${y}px`, width: `${b.w}px`, height: `${h}px` });
  }

  #key(e) {
    const n = Number(e.target.dataset?.n);
    if (!Number.isInteger(n)) return;
    const to = { ArrowLeft: () => n - 1, ArrowRight: () => n + 1, ArrowUp: () => this.#beside(n, -1), ArrowDown: () => this.#beside(n, 1), Home: () => 0, End: () => this.#total - 1 }[e.key];
    if (!to) return;
    e.preventDefault();
    this.focus(to());
  }

  // The nearest in the row above or below.
  #beside(n, way) {
    const box = this.#box(n);
    let [best, least] = [-1, Infinity];
    for (let m = n + way; m >= 0 && m < this.#total && Math.abs(m - n) < 60; m += way) {
      const b = this.#box(m);
      if (!b) return m;
      if (Math.abs(b.y - box.y) < 1) continue;
      if (best >= 0 && Math.abs(b.y - this.#box(best).y) >= 1) break;
      const d = Math.abs(b.x + b.w / 2 - box.x - box.w / 2);
      if (d < least) [best, least] = [m, d];
    }
    return best;
  }
}

/** A picture as a button. Names are text, never markup. */
export function tile(item, open) {
  const t = document.createElement('button'), img = document.createElement('img');
  t.type = 'button';
  t.className = 'tile';
  t.title = item.file;
  t.setAttribute('aria-label', nameOf(item.file) + (item.score == null ? '' : ` ${item.score.toFixed(3)}`));
  [img.loading, img.decoding, img.alt, img.src] = ['lazy', 'async', '', thumb(item.id)];
  t.append(img);
  if (item.score != null) {
    const s = document.createElement('span');
    s.textContent = item.score.toFixed(3);
    t.append(s);
  }
  t.addEventListener('click', open);
  return t;
}
