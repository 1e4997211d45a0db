"""A program that stays in memory and answers each line with one of JSON, so that programs that are
compared can take turns."""
import json
import subprocess
import sys


class Partner:
    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"launch/bench: {' '.join(self.process.args)} ended")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
