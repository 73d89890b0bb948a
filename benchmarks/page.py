#!/usr/bin/env python3
"""Measures the page of `nclip serve` in Chromium (standard library only; Linux; chromium on PATH, or CHROMIUM names it), which is spoken to over a pipe.
usage: page.py GALLERY [--repeats 5] [--model NAME|FOLDER|FILE] [--thumbnails kept|new] [-- COMMAND...]
  prints JSON lines: from the navigation to the first screen's thumbnails, each decoded and the frame after them painted (a new profile each time); while the page is scrolled to twelve places, and a screen at a
  time, tasks above 50 ms (PerformanceObserver) and how long a place's thumbnails take
  --thumbnails new: the first screen's are made, not taken from the cache folder (which is one of its own in any case)"""
import argparse, json, os, select, shutil, signal, statistics, subprocess, sys, tempfile, time
from served import Server, own_and_command

PLACES = [1, .5, .25, .75, .1, .9, .33, .66, .05, .95, .5, 0]
WATCH = "window.__long = []; new PerformanceObserver(l => { for (const e of l.getEntries()) window.__long.push(e.duration); }).observe({ type: 'longtask', buffered: true });"
# Thumbnails in sight are there, decoded, and a frame was painted since: milliseconds since the navigation; null: not yet.
SEEN = """(() => new Promise(done => {
  const scroller = document.getElementById('scroller');
  if (!scroller) { done(null); return; } // the page is not there yet
  const box = scroller.getBoundingClientRect();
  const tiles = [...document.querySelectorAll('#content .tile')].filter(t => { const r = t.getBoundingClientRect(); return r.bottom > box.top && r.top < box.bottom; });
  const images = tiles.map(t => t.querySelector('img'));
  if (!images.length || !images.every(i => i.complete && i.naturalWidth)) { requestAnimationFrame(() => done(null)); return; }
  Promise.all(images.map(i => i.decode())).then(() => requestAnimationFrame(() => setTimeout(() => done([performance.now(), images.length]), 0)), () => done(null));
}))()"""


class Chromium:
    """A browser with a new profile."""
    def __init__(self):
        binary = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None) or sys.exit("there is no chromium on PATH: apt-get install chromium")
        self.profile = tempfile.mkdtemp(prefix="nclip-chromium-")
        (to_read, self.write), (self.read, to_write) = os.pipe(), os.pipe()

        def pipes(): os.dup2(to_read, 100); os.dup2(to_write, 101); os.dup2(100, 3); os.dup2(101, 4)
        self.process = subprocess.Popen([binary, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "--window-size=1200,800"],
                                        preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_read); os.close(to_write)
        self.buffer, self.number = b"", 0
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.page = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self.ask("Page.enable", page=True)
        self.ask("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH}, page=True)

    def ask(self, method, arguments=None, page=False, limit=60):
        self.number += 1
        os.write(self.write, json.dumps({"id": self.number, "method": method, "params": arguments or {}, **({"sessionId": self.page} if page else {})}).encode() + b"\0")
        end = time.time() + limit
        while time.time() < end:
            *whole, self.buffer = self.buffer.split(b"\0")
            for i, message in enumerate(whole):
                answer = json.loads(message)
                if answer.get("id") != self.number: continue  # an event
                self.buffer = b"\0".join(whole[i + 1:] + [self.buffer])
                if "error" in answer: raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            if select.select([self.read], [], [], 1)[0]: self.buffer += os.read(self.read, 1 << 20) or sys.exit("chromium ended")
        raise SystemExit(f"{method}: no answer in {limit} s")

    def value(self, script):
        """What a script gives, its promise awaited."""
        answer = self.ask("Runtime.evaluate", {"expression": script, "awaitPromise": True, "returnByValue": True}, page=True)
        if "exceptionDetails" in answer: raise SystemExit(f"the page: {json.dumps(answer['exceptionDetails'])[:600]}")
        return answer["result"].get("value")

    def seen(self, limit=60):
        """Waits for the thumbnails in sight; milliseconds since the navigation, and how many."""
        end = time.time() + limit
        while time.time() < end:
            if found := self.value(SEEN): return found
        raise SystemExit(f"thumbnails were not there after {limit} s: {self.value('document.body.innerText')}")

    def __enter__(self): return self
    def __exit__(self, *_):
        os.close(self.write)
        if self.process.poll() is None: os.killpg(self.process.pid, signal.SIGKILL)  # the session that it leads
        self.process.wait(); os.close(self.read)
        shutil.rmtree(self.profile, ignore_errors=True)


def report(work, measure, values, **facts):
    print(json.dumps({"work": work, **facts, measure: round(statistics.median(values), 1), "repeats": [round(v, 1) for v in values]}), flush=True)


def measure(gallery, command, model, repeats, thumbnails="kept"):
    with Server(command, gallery, *model) as server:
        count = server.json("/api/status")["pictures"]
        with Chromium() as b: b.ask("Page.navigate", {"url": server.url}, page=True); b.seen()  # the server has answered once
        first, tasks = [], []
        for _ in range(repeats):
            if thumbnails == "new": server.forget_thumbnails()
            with Chromium() as b:
                b.ask("Page.navigate", {"url": server.url}, page=True)
                ms, shown = b.seen()
                first.append(ms); tasks.append(max(b.value("window.__long"), default=0))
        report("the first screen, from navigation to its thumbnails", "ms", first, pictures=count, thumbnails=thumbnails, shown=shown, longest_task_ms=max(tasks))
        with Chromium() as b:
            b.ask("Page.navigate", {"url": server.url}, page=True); b.seen()
            b.value("window.__long.length = 0")
            waits = []
            for place in PLACES:
                start = time.perf_counter()
                b.value(f"(() => {{ const s = document.getElementById('scroller'); s.scrollTop = {place} * (s.scrollHeight - s.clientHeight); }})()")
                b.value("new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
                b.seen(); waits.append(1000 * (time.perf_counter() - start))
            report("scrolling to places, until their thumbnails are there", "ms", waits, pictures=count)
            b.value("(() => new Promise(done => { const s = document.getElementById('scroller'); let n = 0; const step = () => { s.scrollTop += s.clientHeight; if (++n < 60) requestAnimationFrame(step); else setTimeout(done, 200); }; step(); }))()")
            b.seen()
            long = sorted(b.value("window.__long"))
            tiles = b.value("document.querySelectorAll('.tile').length")
        print(json.dumps({"work": "tasks above 50 ms while scrolling", "pictures": count, "tasks": len(long), "longest_ms": round(long[-1], 1) if long else 0, "tiles_in_the_page": tiles}), flush=True)


if __name__ == "__main__":
    own, command = own_and_command(sys.argv[1:])
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("gallery"); p.add_argument("--repeats", type=int, default=5); p.add_argument("--model"); p.add_argument("--thumbnails", choices=["kept", "new"], default="kept")
    a = p.parse_args(own)
    measure(a.gallery, command, ["--model", a.model] if a.model else [], a.repeats, a.thumbnails)
