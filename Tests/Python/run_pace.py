"""Runs Pace of Scripts/latchkey_rule.py for an hour of simulated time against a server that holds no long poll.

Prints what is wrong and a count of hours. Exit status 1 when anything is."""
import pathlib, random, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "Scripts"))
from latchkey_rule import Pace

seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(2**32)
chance, hours, wrong = random.Random(seed), 0, 0


def hour(name, refuse, expires_in):
    """`refuse(pace, limit)` takes a refused wait in and returns how long it took, the pause, and whether news came."""
    global hours, wrong
    hours += 1
    pace, now, last, waits, polls, oldest = Pace(), 0.0, None, 0, 0, 0.0
    while now < 3600:
        wait = pace.wait()
        if wait:
            waits += 1
            elapsed, pause, good = refuse(pace, wait, pace.limit(), expires_in)
            now += elapsed
            oldest = max(oldest, now - last)
            last = now if good else last
        else:
            polls += 1
            oldest = max(oldest, now - last) if last is not None else 0.0
            pause, last = pace.answered(0, 0.0, False, 5, expires_in), now
        now += pause * chance.uniform(0.5, 1)
    rhythm = min(5, expires_in / 3) * 0.75
    if oldest >= expires_in or waits < 20 or polls > 3600 / rhythm * 1.2 + 20:
        wrong += 1
        print(f"{name}, expires_in {expires_in}: {oldest:.1f} s old, {waits} waits, {polls} polls; seed {seed}")


def fails(share, timed_out=False, retry_after=0):
    def refuse(pace, wait, limit, expires_in):
        elapsed = limit * share
        return elapsed, pace.failed(wait, elapsed, timed_out, retry_after=retry_after), False
    return refuse


def empty(seconds):
    def refuse(pace, wait, limit, expires_in):
        elapsed = min(seconds, limit)
        return elapsed, pace.answered(wait, elapsed, False, 5, expires_in), True
    return refuse


for expires_in in (4, 20, 60, 300):
    hour("503", fails(0), expires_in)
    hour("503 with Retry-After", fails(0, retry_after=30), expires_in)
    hour("503 with a Retry-After of a day", fails(0, retry_after=86400), expires_in)
    hour("cut off half way", fails(0.5), expires_in)
    hour("nothing at all", fails(1, timed_out=True), expires_in)
    hour("empty at once", empty(0), expires_in)
    hour("empty after next_update", empty(5), expires_in)

pace = Pace()
pace.answered(0, 0.0, True, 5, 60)
pauses = [pace.failed(pace.wait()) for _ in range(8)]
if pace.wait() or pauses != [0.5, 1, 2, 4, 8, 16, 20, 20]:
    wrong += 1
    print(f"a server that is away: pauses of {pauses}")
pace.answered(0, 0.0, False, 5, 60)
if not pace.wait():
    wrong += 1
    print("no wait after the return of the server")
print(f"{hours} hours, {wrong} wrong")
sys.exit(wrong > 0)
