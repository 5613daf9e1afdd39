"""
Plan a day of drone work: values in, values out; no Django, no database, no clock.

`model` says what a day and a plan are. `solve.plan_day` plans one; `checker.violations` tells, by
code of its own, whether a plan can be flown; `explain` says why somebody got the work, why work
stayed behind and the smallest change that would serve it; `replan` mends a published plan after
an event; `slot` finds times for one new request; `greedy` is the plain dispatcher to compare with.
"""
