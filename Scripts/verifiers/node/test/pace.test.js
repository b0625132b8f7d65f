/** An hour of simulated time against servers that hold no long poll, or none at all. */
import assert from "node:assert/strict";
import test from "node:test";
import { Pace } from "../rule.js";

/** `refuse` takes a refused wait in and returns how long it took, the pause, and whether the list was renewed. */
function hour(name, expiresIn, refuse) {
  const pace = new Pace();
  let now = 0, last = null, waits = 0, polls = 0, oldest = 0;
  while (now < 3600 && waits < 5000) {
    const wait = pace.wait();
    let pause;
    if (wait > 0) {
      waits += 1;
      const [elapsed, next, isGood] = refuse(pace, wait);
      pause = next;
      now += elapsed;
      oldest = Math.max(oldest, now - last);
      if (isGood) last = now;
    } else {
      polls += 1;
      if (last !== null) oldest = Math.max(oldest, now - last);
      pause = pace.answered(0, 0, false, 5, expiresIn);
      last = now;
    }
    now += pause * (0.5 + Math.random() / 2);
  }
  const rhythm = Math.min(5, expiresIn / 3) * 0.75, what = `${name}, expires_in ${expiresIn}`;
  assert.ok(oldest < expiresIn, `${oldest} s old: ${what}`);
  assert.ok(waits >= 20 && waits < 2000, `${waits} waits: ${what}`);
  assert.ok(polls <= (3600 / rhythm) * 1.2 + 20, `${polls} polls: ${what}`);
}

test("waits that are refused leave the list fresh", () => {
  const fails = (share, how) => (pace, wait) => {
    const elapsed = pace.limit() * share;
    return [elapsed, pace.failed(wait, { elapsed, ...how }), false];
  };
  for (const expiresIn of [4, 20, 60, 300]) {
    const empty = (seconds) => (pace, wait) => {
      const elapsed = Math.min(seconds, pace.limit());
      return [elapsed, pace.answered(wait, elapsed, false, 5, expiresIn), true];
    };
    hour("503", expiresIn, fails(0));
    hour("503 with Retry-After", expiresIn, fails(0, { retryAfter: 30 }));
    hour("503 with a Retry-After of a day", expiresIn, fails(0, { retryAfter: 86400 }));
    hour("cut off half way", expiresIn, fails(0.5));
    hour("nothing at all", expiresIn, fails(1, { timedOut: true }));
    hour("empty at once", expiresIn, empty(0));
    hour("empty after next_update", expiresIn, empty(5));
    hour("a gap at once", expiresIn, fails(0, { gap: true }));
    hour("a gap half way", expiresIn, fails(0.5, { gap: true }));
  }
});

test("a server that is away is asked ever less", () => {
  const pace = new Pace();
  pace.answered(0, 0, true, 5, 60);
  const pauses = Array.from({ length: 8 }, () => pace.failed(pace.wait()));
  assert.deepEqual(pauses, [0.5, 1, 2, 4, 8, 16, 20, 20]);
  assert.equal(pace.wait(), 0);
  pace.answered(0, 0, false, 5, 60);
  assert.ok(pace.wait() > 0, "a wait follows the return of the server");
});

test("a gap is asked about at once, but not for ever", () => {
  const pace = new Pace();
  pace.answered(0, 0, true, 5, 60);
  assert.equal(pace.failed(pace.wait(), { gap: true }), 0);
  assert.equal(pace.wait(), 0);
  const pauses = Array.from({ length: 3 }, () => pace.failed(0));
  assert.deepEqual(pauses, [1, 2, 4], "everything was asked for and was a gap");
  assert.equal(pace.failed(0, { gap: true }), 0, "to a poll of what is new, which follows a pause");
  assert.equal(pace.failed(0), 8);
});

test("what a server asks for is not shortened", () => {
  const pace = new Pace();
  for (const [asked, least] of [[10, 10], [86400, 30], [0, 0]]) {
    assert.ok(pace.failed(0, { retryAfter: asked }) >= least);
    assert.equal(pace.least, least);
  }
  pace.failed(0, { retryAfter: 10 });
  pace.answered(0, 0, true, 5, 60);
  assert.equal(pace.least, 0);
});

test("epochs that come and go are no news", () => {
  const pace = new Pace();
  assert.equal(pace.isNews("a", 1, 0), true);
  assert.equal(pace.isNews("a", 1, 1), false);
  assert.equal(pace.isNews("a", 2, 1), true);
  assert.deepEqual([..."bab"].map((epoch) => pace.isNews(epoch, 9, 2)), [true, false, false]);
  assert.equal(pace.isNews("b", 9, 9), false);
  assert.equal(pace.isNews("a", 2, 9), true, "a server that was started anew");
});
