"""The demo account: a made-up company's audit log that looks alive, ends now, and follows from a seed.

    plan = stream.plan(events=60_000, days=90, seed=7, now=now)      how much, of which account, ending when
    frame = stream.frame(plan, plan.start, now)                      the events, one row each, oldest first
    fill.top_up(log, ...)                                            the same, appended to the log of a demo home

Every number is a pure function of (seed, who, when, which draw): see `chance`. So any stretch of time can be made
alone, in any order, on any number of processes, and a stretch made later never changes what came before it.
"""
