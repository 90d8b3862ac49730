"""Runs the AWS CLI over command lines of get-federation-token, against `fedbroker emulate`.

Reads cli.jsonl and prints it with "status", "output" and "error" as the AWS CLI has them: the same file, while it says so.
{endpoint} stands for the emulator's address and {home} for a home directory with the case's "files".

    .venv/bin/python Tests/oracle/cli.py .build/debug/fedbroker Tests/oracle/cli.jsonl
"""

import json
import os
import re
import subprocess
import sys
import tempfile

import awscli.clidriver

DATA_PATH = os.environ["AWS_DATA_PATH"]


def start_emulator(binary, emulator, environment, directory):
    arguments = [binary, "emulate", "--listen", "127.0.0.1:0", "--script", emulator["script"]]
    if "answer" in emulator:
        path = f"{directory}/answer-{len(os.listdir(directory))}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(emulator["answer"])
        arguments += ["--answer", path]
    process = subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE, text=True)
    line = process.stderr.readline()
    return process, re.search(r"listen=(\S+)", line).group(1)


def run_in_child(arguments, environment, output, error):
    """Forks: the AWS CLI takes longer to load than to run."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 255
    try:
        for source, target in ((os.open("/dev/null", os.O_RDONLY), 0), (output.fileno(), 1), (error.fileno(), 2)):
            os.dup2(source, target)
        os.environ.clear()
        os.environ.update(environment, AWS_DATA_PATH=DATA_PATH)
        sys.argv = ["aws", "connect", "get-federation-token"] + arguments
        try:
            status = awscli.clidriver.main()
        except SystemExit as exit_request:
            status = exit_request.code
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def run(case, defaults, address):
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as error:
        places = {"{endpoint}": f"http://{address}", "{home}": home}

        def filled(text):
            for name, value in places.items():
                text = text.replace(name, value)
            return text

        def emptied(file):
            file.seek(0)
            text = file.read().decode()
            for name, value in places.items():
                text = text.replace(value, name)
            return text

        for name, content in case.get("files", {}).items():
            os.makedirs(os.path.dirname(f"{home}/{name}"), exist_ok=True)
            with open(f"{home}/{name}", "w", encoding="utf-8") as file:
                file.write(filled(content))
        environment = {**defaults, **case.get("environment", {})}
        environment = {name: filled(value) for name, value in environment.items() if value is not None}
        arguments = [filled(argument) for argument in case["arguments"]]
        status = run_in_child(arguments, {**environment, "HOME": home}, output, error)
        return {**case, "status": status, "output": emptied(output), "error": emptied(error)}


def main():
    binary, table = sys.argv[1:]
    with open(table, encoding="utf-8") as lines:
        first, *cases = [json.loads(line) for line in lines]
    environment = first["environment"]
    emulators = {}
    with tempfile.TemporaryDirectory() as directory:
        try:
            for case in cases:
                name = case.get("emulator", "ok")
                if name not in emulators:
                    emulators[name] = start_emulator(binary, first["emulators"][name], environment, directory)
            print(json.dumps(first, ensure_ascii=False), flush=True)
            for case in cases:
                recorded = run(case, environment, emulators[case.get("emulator", "ok")][1])
                print(json.dumps(recorded, ensure_ascii=False), flush=True)
        finally:
            for process, _ in emulators.values():
                process.kill()


if __name__ == "__main__":
    main()
