"""simurgh's programs in a folder of their own, for stories that are told in Python."""
import json
import os
import shutil
import subprocess
import tempfile


class Desk:
    """Everything that was started ends, and the folder goes, with the block."""

    def __init__(self, simurgh):
        self.simurgh = os.path.abspath(shutil.which(simurgh) or simurgh)
        self.processes = []
        self.folder = tempfile.TemporaryDirectory()

    def __enter__(self):
        os.chdir(self.folder.name)
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
        os.chdir("/")
        self.folder.cleanup()

    def run(self, *arguments):
        """What it prints; the end of the story when it fails."""
        done = subprocess.run([self.simurgh, *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def serve(self, *arguments):
        """A server that has said where it listens: the process, and that as it says it in JSON."""
        process = subprocess.Popen([self.simurgh, "--json", *arguments], stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("}"):
                return process, json.loads(said)["result"]
        raise SystemExit(f"{' '.join(arguments)} does not start")
