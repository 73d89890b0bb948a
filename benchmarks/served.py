"""nclip serve as the benchmarks start it: on a free port, with a cache folder of its own, and waited for."""
import http.client, json, os, shutil, signal, socket, subprocess, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILT = ["dotnet", os.path.join(ROOT, "src/NClip.Cli/bin/Release/net10.0/nclip.dll")]
STARTS_WITHIN = 120  # seconds


def own_and_command(arguments):
    """A call's own arguments, and the command behind --; default the build's."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:cut], arguments[cut + 1:] or BUILT


class Server:
    def __init__(self, command, gallery, *options):
        self.cache = tempfile.mkdtemp(prefix="nclip-cache-")
        with socket.socket() as s: s.bind(("127.0.0.1", 0)); self.port = s.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(command + ["serve", gallery, "--urls", self.url, *options], env=os.environ | {"XDG_CACHE_HOME": self.cache})
        end = time.time() + STARTS_WITHIN
        while self.get("/readyz")[0] != 200:
            if self.process.poll() is None and time.time() < end: time.sleep(.1); continue
            self.__exit__(); raise SystemExit(f"{' '.join(command)} serve {gallery} did not come up")

    def get(self, path, body=None, kind="application/json", connection=None):
        """Status and body of an answer; 0 where there is none."""
        try:
            c = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            c.request("GET" if body is None else "POST", path, body, {"Content-Type": kind} if body is not None else {})
            r = c.getresponse(); return r.status, r.read()
        except (OSError, http.client.HTTPException):
            if connection: connection.close()
            return 0, b""

    def json(self, path): return json.loads(self.get(path)[1])
    def memory(self): return next(int(l.split()[1]) // 1024 for l in open(f"/proc/{self.process.pid}/status") if l.startswith("VmRSS"))
    def forget_thumbnails(self): shutil.rmtree(os.path.join(self.cache, "nclip", "thumbnails"), ignore_errors=True)
    def __enter__(self): return self

    def __exit__(self, *_):
        if self.process.poll() is None: self.process.send_signal(signal.SIGTERM)
        try: code = self.process.wait(30)
        except subprocess.TimeoutExpired: self.process.kill(); code = self.process.wait()
        if code: print(f"nclip serve ended with {code}", flush=True)
        shutil.rmtree(self.cache, ignore_errors=True)
