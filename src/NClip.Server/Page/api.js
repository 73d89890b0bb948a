// Questions to the server. A key that it wants is asked for once.
import { texts } from '/page/texts.js';

async function enter() {
  const dialog = document.getElementById('login'), field = document.getElementById('key');
  if (!dialog.open) dialog.showModal();
  await new Promise(done => dialog.addEventListener('close', done, { once: true }));
  const key = field.value;
  field.value = '';
  return (await fetch('/api/session', { method: 'POST', headers: { Authorization: `Bearer ${key}` } })).ok;
}

/** Asks, and gives the answer as an object. */
export async function ask(path, options = {}) {
  for (;;) {
    const answer = await fetch(path, options);
    if (answer.status === 401) { await enter(); continue; }
    if (answer.ok) return answer.json();
    let said = texts.failed;
    try { said = (await answer.json()).error.message; } catch { /* no words came with it */ }
    throw new Error(said);
  }
}

export const thumb = (id, size = 320) => `/thumb/${encodeURIComponent(id)}?size=${size}`;

/** The last part of a path. */
export const nameOf = file => file.split(/[\\/]/).pop();
