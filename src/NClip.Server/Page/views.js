// Duplicates and map.
import { ask, nameOf } from '/page/api.js';
import { open } from '/page/details.js';
import { tile } from '/page/grid.js';
import { texts } from '/page/texts.js';

const listed = items => ({ total: items.length, want: n => items[n] });

/** Groups of pictures that show the same. */
export async function duplicates(content) {
  const answer = await ask('/api/duplicates');
  content.append(...answer.groups.map(g => {
    const items = [g.keep, ...g.others.map(o => ({ ...o.picture, score: o.score }))];
    const [group, title, strip] = ['section', 'h2', 'div'].map(n => document.createElement(n));
    group.className = 'group';
    strip.className = 'strip';
    title.textContent = `${texts.keep}: ${nameOf(g.keep.file)} (${g.reason})`;
    strip.append(...items.map((p, n) => {
      const t = tile(p, () => open(listed(items), n));
      if (n === 0) t.classList.add('keep');
      return t;
    }));
    group.append(title, strip);
    return group;
  }));
  return answer.total ? texts.groups(answer.total) : texts.none;
}

/** Neighbours are alike. */
export async function map(content) {
  const answer = await ask('/api/map'), cell = Math.max(28, Math.floor(content.clientWidth / Math.max(1, answer.columns)) - 1), side = Math.min(cell, 120), div = document.createElement('div');
  div.className = 'map';
  div.append(...answer.places.map((p, n) => {
    const t = tile(p, () => open(listed(answer.places), n));
    Object.assign(t.style, { left: `${p.column * (side + 1)}px`, top: `${p.row * (side + 1)}px`, width: `${side}px`, height: `${side}px` });
    return t;
  }));
  content.style.height = `${answer.rows * (side + 1)}px`;
  content.append(div);
  return texts.have(answer.places.length);
}
