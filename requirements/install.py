"""Make .venv and put the pinned packages into it: `python3 requirements/install.py [--tests] [--tracks]`.

Uses nothing but the standard library, and only syntax that an old Python can still read, so that it can say what is
wrong instead of failing to parse.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = ROOT / ".venv"
LOG = VENV / "install.log"
MINIMUM = (3, 11)
FREE_BYTES = 4 * 1024**3  # the CPU build of PyTorch and everything else, with room for pip to unpack

# What pip says, and what it means for the person: first match wins.
PIP_PROBLEMS = (
    ("No space left on device", "The disk is full: free about 4 GB and run the command again."),
    ("error: command 'gcc'", "A package had to be built and there is no C compiler (Debian: apt-get install gcc)."),
    (
        "Unable to find a compiler",
        "A package had to be built and there is no C compiler (Debian: apt-get install gcc).",
    ),
    ("DO NOT MATCH THE HASHES", "A downloaded package is not the pinned one: look at your package index or proxy."),
    ("No matching distribution found", "The package index has no build of a pinned package for this machine."),
    ("Could not fetch URL", "The package index cannot be reached: look at the network or proxy settings."),
    ("Max retries exceeded", "The package index cannot be reached: look at the network or proxy settings."),
)


class Problem(Exception):
    """Stops the installation. The message is a sentence for the person."""


def say(sentence):
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def use_new_enough_python():
    """Carry on, or start again under a Python that is new enough."""
    if sys.version_info >= MINIMUM:
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])
    raise Problem("Python 3.11 or newer is needed, and this is {}.{}.".format(*sys.version_info[:2]))


def fingerprint(names):
    """Changes when a requirement file, the Python or the place does: then the packages are installed again."""
    digest = hashlib.sha256(repr((sys.version, str(VENV))).encode())
    for name in names:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def venv_python():
    return str(VENV / "bin" / "python")


def pip_answers():
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        return subprocess.run([venv_python(), "-m", "pip", "--version"], check=False, **quiet).returncode == 0
    except OSError:
        return False


def make_venv():
    """A virtual environment with a pip that answers; one that was half made is made again."""
    if pip_answers():
        return
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        raise Problem(
            "This Python cannot make virtual environments: its venv or ensurepip module is missing"
            " (Debian: apt-get install python3-venv)."
        ) from None
    try:
        venv.create(str(VENV), with_pip=True, clear=True, symlinks=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Problem("The virtual environment {} could not be made: {}.".format(VENV, error)) from error


def check_disk():
    free = shutil.disk_usage(str(ROOT)).free
    if free < FREE_BYTES:
        raise Problem("{:.1f} GB are free at {}, and the packages need about 4 GB.".format(free / 1024**3, ROOT))


def pip_install(*arguments):
    """Run pip; on failure say what its messages mean. Everything it printed stays in .venv/install.log."""
    command = [
        venv_python(),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--no-compile",
        *arguments,
    ]
    with LOG.open("w") as log:
        code = subprocess.run(command, cwd=str(ROOT), stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    if code == 0:
        return
    output = LOG.read_text(errors="replace")
    say("\n".join(output.splitlines()[-12:]))
    for sign, meaning in PIP_PROBLEMS:
        if sign in output:
            raise Problem(meaning)
    raise Problem("pip could not install the packages: its last lines are above, all of them in {}.".format(LOG))


def compile_packages():
    """To bytecode, on all cores where pip would use one: otherwise each start compiles PyTorch and transformers again
    wherever PYTHONDONTWRITEBYTECODE is set, and takes ten seconds more. Templates of other Pythons fail: no matter.
    """
    command = [venv_python(), "-m", "compileall", "-q", "-j", "0", str(VENV / "lib")]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def install_once(stamp, names, steps):
    """Run the steps unless the stamp says that just these files are installed already."""
    stamp_file = VENV / stamp
    wanted = fingerprint(names)
    if stamp_file.exists() and stamp_file.read_text() == wanted:
        return
    check_disk()
    make_venv()
    for sentence, arguments in steps:
        say(sentence)
        pip_install(*arguments)
    compile_packages()
    stamp_file.write_text(wanted)


def install(with_tests):
    index = os.environ.get("TORCH_INDEX_URL")
    # --no-deps everywhere but for PyTorch: the lock is complete, so pip has nothing to resolve.
    steps = [
        ("Installing packages into .venv (once, a few minutes)...", ["--no-deps", "-r", str(HERE / "lock.txt")]),
        ("Installing model files...", ["--no-deps", "-r", str(HERE / "no-deps.txt")]),
        ("Installing PyTorch...", ["-r", str(HERE / "torch.txt"), *(["--index-url", index] if index else [])]),
    ]
    install_once("installed", ["lock.txt", "no-deps.txt", "torch.txt"], steps)
    if with_tests:
        names = ["tests.txt", "evaluation.txt"]
        found = [("Installing test tools...", ["--no-deps", "-r", str(HERE / name)]) for name in names]
        install_once("tests-installed", names, found)


def install_tracks():
    """Optional: what writes down what is said and written in videos."""
    step = ("Installing speech and text recognition (about 250 MB)...", ["--no-deps", "-r", str(HERE / "tracks.txt")])
    install_once("tracks-installed", ["tracks.txt"], [step])


def install_chromium():
    """The browser of the browser tests: by apt-get where that may be done; otherwise those tests are skipped."""
    if shutil.which("chromium") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    say("Installing chromium for the browser tests...")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"],
    ):
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            say(done.stdout.decode(errors="replace")[-2000:])
            say("chromium could not be installed: the browser tests are skipped.")
            return


def main():
    try:
        use_new_enough_python()
        install("--tests" in sys.argv)
        if "--tracks" in sys.argv:
            install_tracks()
        if "--tests" in sys.argv:
            install_chromium()
    except Problem as problem:
        say("Seekframe cannot be installed: {}".format(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
