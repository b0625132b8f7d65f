"""An hour of simulated time against servers that hold no long poll, or none at all."""
import random, unittest

from latchkey_verifier.rule import Pace


class Servers(unittest.TestCase):
    def setUp(self):
        self.seed = random.randrange(2**32)
        self.chance = random.Random(self.seed)

    def hour(self, name, refuse, expires_in):
        """`refuse(pace, wait)` takes a refused wait in and returns how long it took, the pause, and whether the list
        was renewed."""
        pace, now, last, waits, polls, oldest = Pace(), 0.0, None, 0, 0, 0.0
        while now < 3600 and waits < 5000:
            wait = pace.wait()
            if wait:
                waits += 1
                elapsed, pause, good = refuse(pace, wait)
                now += elapsed
                oldest = max(oldest, now - last)
                last = now if good else last
            else:
                polls += 1
                oldest = max(oldest, now - last) if last is not None else 0.0
                pause, last = pace.answered(0, 0.0, False, 5, expires_in), now
            now += pause * self.chance.uniform(0.5, 1)
        rhythm = min(5, expires_in / 3) * 0.75
        what = f"{name}, expires_in {expires_in}, seed {self.seed}"
        self.assertLess(oldest, expires_in, f"the list stays fresh: {what}")
        self.assertGreaterEqual(waits, 20, f"waits are tried again: {what}")
        self.assertLess(waits, 2000, f"waits are not asked for in a circle: {what}")
        self.assertLessEqual(polls, 3600 / rhythm * 1.2 + 20, f"polls are not too many: {what}")

    def test_waits_that_are_refused_leave_the_list_fresh(self):
        def fails(share, **how):
            def refuse(pace, wait):
                elapsed = pace.limit() * share
                return elapsed, pace.failed(wait, elapsed, **how), False
            return refuse

        def empty(seconds):
            def refuse(pace, wait):
                elapsed = min(seconds, pace.limit())
                return elapsed, pace.answered(wait, elapsed, False, 5, expires_in), True
            return refuse

        for expires_in in (4, 20, 60, 300):
            self.hour("503", fails(0), expires_in)
            self.hour("503 with Retry-After", fails(0, retry_after=30), expires_in)
            self.hour("503 with a Retry-After of a day", fails(0, retry_after=86400), expires_in)
            self.hour("cut off half way", fails(0.5), expires_in)
            self.hour("nothing at all", fails(1, timed_out=True), expires_in)
            self.hour("empty at once", empty(0), expires_in)
            self.hour("empty after next_update", empty(5), expires_in)
            self.hour("a gap at once", fails(0, gap=True), expires_in)
            self.hour("a gap half way", fails(0.5, gap=True), expires_in)

    def test_a_server_that_is_away_is_asked_ever_less(self):
        pace = Pace()
        pace.answered(0, 0.0, True, 5, 60)
        self.assertEqual([pace.failed(pace.wait()) for _ in range(8)], [0.5, 1, 2, 4, 8, 16, 20, 20])
        self.assertEqual(pace.wait(), 0)
        pace.answered(0, 0.0, False, 5, 60)
        self.assertGreater(pace.wait(), 0, "a wait follows the return of the server")

    def test_a_gap_is_asked_about_at_once_but_not_for_ever(self):
        pace = Pace()
        pace.answered(0, 0.0, True, 5, 60)
        self.assertEqual(pace.failed(pace.wait(), gap=True), 0)
        self.assertEqual(pace.wait(), 0)
        self.assertEqual([pace.failed(0) for _ in range(3)], [1, 2, 4], "everything was asked for and was a gap")
        self.assertEqual(pace.failed(0, gap=True), 0, "to a poll of what is new, which follows a pause")
        self.assertEqual(pace.failed(0), 8)

    def test_what_a_server_asks_for_is_not_shortened(self):
        pace = Pace()
        for asked, least in ((10, 10), (86400, 30), (0, 0)):
            self.assertGreaterEqual(pace.failed(0, retry_after=asked), least)
            self.assertEqual(pace.least, least)
        pace.failed(0, retry_after=10)
        pace.answered(0, 0.0, True, 5, 60)
        self.assertEqual(pace.least, 0)

    def test_epochs_that_come_and_go_are_no_news(self):
        pace = Pace()
        self.assertTrue(pace.is_news("a", 1, 0))
        self.assertFalse(pace.is_news("a", 1, 1))
        self.assertTrue(pace.is_news("a", 2, 1))
        self.assertEqual([pace.is_news(epoch, 9, 2) for epoch in "bab"], [True, False, False])
        self.assertFalse(pace.is_news("b", 9, 9))
        self.assertTrue(pace.is_news("a", 2, 9), "a server that was started anew")
